#include "services/catalog/bulk_updates/bulk_update_rules.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/validation.h"
#include "common/resource/update_mask.h"
#include "google/rpc/error_details.pb.h"

namespace storeops::catalog {
namespace {

using v1::BulkUpdateProductsRequest;
using v1::Product;
using Texts = google::protobuf::RepeatedPtrField<std::string>;
using Violations = std::vector<FieldViolation>;

void CheckDistinct(const Texts& texts, absl::string_view field, Violations& violations) {
  absl::flat_hash_map<absl::string_view, int> seen;
  for (int i = 0; i < texts.size() && violations.size() < kMaxBulkViolations; ++i) {
    const std::string path = absl::StrCat(field, "[", i, "]");
    const auto [first, fresh] = seen.try_emplace(texts[i], i);
    if (texts[i].empty()) {
      violations.push_back({path, "is empty"});
    } else if (!fresh) {
      violations.push_back({path, absl::StrCat("repeats ", field, "[", first->second, "]")});
    }
  }
}

void CheckTarget(const BulkUpdateProductsRequest& request, Violations& violations) {
  const bool filter = !absl::StripAsciiWhitespace(request.filter()).empty();
  const bool selected = filter || !request.collection().empty();
  const bool names = !request.names().empty(), skus = !request.skus().empty();
  if (!selected && !names && !skus) {
    violations.push_back({"filter", "say which products: by filter, collection, names or skus"});
  }
  if (names && selected) violations.push_back({"names", "cannot be combined with filter or collection"});
  if (skus && (selected || names)) {
    violations.push_back({"skus", "cannot be combined with filter, collection or names"});
  }
  CheckDistinct(request.names(), "names", violations);
  CheckDistinct(request.skus(), "skus", violations);
}

// The first part of "variants.sku".
absl::string_view FieldOf(absl::string_view path) { return path.substr(0, path.find_first_of(".[")); }

void CheckMask(const BulkUpdateProductsRequest& request, Violations& violations) {
  for (const std::string& path : request.update_mask().paths()) {
    const absl::string_view field = FieldOf(path);
    if (field == "variants" || field == "options") {
      violations.push_back({"update_mask", absl::StrCat(field, " are each product's own")});
    } else if (path == "*") {
      violations.push_back({"update_mask", "must name its fields"});
    }
  }
  if (!violations.empty()) return;
  Product target;
  const absl::Status masked = resource::ApplyMask(request.update_mask(), request.product(), "", "product.", &target);
  google::rpc::BadRequest bad_request;
  if (!masked.ok() && GetDetail(masked, &bad_request)) {
    for (const auto& wrong : bad_request.field_violations()) violations.push_back({wrong.field(), wrong.description()});
  }
}

// Of the values that the mask names.
void CheckValues(const BulkUpdateProductsRequest& request, Violations& violations) {
  absl::flat_hash_set<std::string> masked;
  for (const std::string& path : request.update_mask().paths()) masked.insert(std::string(FieldOf(path)));
  for (FieldViolation& violation : FindViolations(request.product())) {
    if (!masked.contains(std::string(FieldOf(violation.field)))) continue;
    violation.field = absl::StrCat("product.", violation.field);
    violations.push_back(std::move(violation));
  }
}

bool HasAction(const BulkUpdateProductsRequest& request) {
  return request.has_product() || !request.update_mask().paths().empty() || !request.remove_tags().empty() ||
         !request.add_tags().empty() || !request.remove_categories().empty() || !request.add_categories().empty() ||
         !request.remove_attributes().empty() || !request.set_attributes().empty();
}

void Remove(const Texts& removed, Texts* texts) {
  texts->erase(std::remove_if(texts->begin(), texts->end(),
                              [&](const std::string& text) {
                                return std::find(removed.begin(), removed.end(), text) != removed.end();
                              }),
               texts->end());
}

void Add(const Texts& added, Texts* texts) {
  for (const std::string& text : added) {
    if (std::find(texts->begin(), texts->end(), text) == texts->end()) *texts->Add() = text;
  }
}

}  // namespace

Violations CheckBulkUpdate(const BulkUpdateProductsRequest& request) {
  Violations violations;
  CheckTarget(request, violations);
  if (!HasAction(request)) violations.push_back({"update_mask", "say what is to be done: no action is set"});
  if (request.has_product() && request.update_mask().paths().empty()) {
    violations.push_back({"update_mask", "is required with product"});
  }
  Violations wrong;
  CheckMask(request, wrong);
  if (wrong.empty()) CheckValues(request, wrong);
  std::move(wrong.begin(), wrong.end(), std::back_inserter(violations));
  CheckDistinct(request.add_tags(), "add_tags", violations);
  CheckDistinct(request.add_categories(), "add_categories", violations);
  return violations;
}

void ApplyBulkUpdate(const BulkUpdateProductsRequest& request, Product* product) {
  if (!request.update_mask().paths().empty()) {
    // Checked when it was asked for.
    resource::ApplyMask(request.update_mask(), request.product(), "", "product.", product).IgnoreError();
  }
  Remove(request.remove_tags(), product->mutable_tags());
  Add(request.add_tags(), product->mutable_tags());
  Remove(request.remove_categories(), product->mutable_categories());
  Add(request.add_categories(), product->mutable_categories());
  for (const std::string& key : request.remove_attributes()) product->mutable_attributes()->erase(key);
  for (const auto& [key, value] : request.set_attributes()) (*product->mutable_attributes())[key] = value;
}

}  // namespace storeops::catalog
