#include "services/catalog/transfers/json_products.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/rpc/json.h"
#include "google/rpc/error_details.pb.h"
#include "services/catalog/costs.h"

namespace storeops::catalog {
namespace {

constexpr size_t kBufferBytes = 64 << 10;
constexpr size_t kMaxLineBytes = 4 << 20;
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::shared_ptr<const StatedFields> FindStated(const v1::Product& product) {
  auto stated = std::make_shared<StatedFields>();
  stated->title = !product.title().empty();
  stated->description = !product.description().empty();
  stated->language = !product.language().empty();
  stated->kind = product.kind() != v1::Product::KIND_UNSPECIFIED;
  stated->brand = !product.brand().empty();
  stated->tags = product.tags_size() > 0;
  stated->categories = product.categories_size() > 0;
  stated->product_type = !product.product_type().empty();
  stated->options = product.options_size() > 0;
  stated->whole_variants = product.variants_size() > 0;
  stated->whole_translations = product.translations_size() > 0;
  stated->whole_attributes = product.attributes_size() > 0;
  return stated;
}

}  // namespace

absl::StatusOr<bool> JsonProducts::ReadLine() {
  line_.clear();
  while (true) {
    if (position_ == buffer_.size()) {
      buffer_.resize(kBufferBytes);
      const auto read = ended_ ? absl::StatusOr<size_t>(0) : source_(buffer_.data(), buffer_.size());
      buffer_.resize(read.ok() ? *read : 0);
      position_ = 0;
      RETURN_IF_ERROR(read.status());
      ended_ = *read == 0;
      if (ended_ && line_.empty()) return false;
    }
    const size_t end = buffer_.find('\n', position_);
    const size_t length = std::min(end, buffer_.size()) - position_;
    line_.append(buffer_, position_, length);
    position_ += length;
    bytes_ += static_cast<int64_t>(length);
    if (line_.size() > kMaxLineBytes) {
      return absl::InvalidArgumentError(absl::StrCat("line ", line_number_ + 1, ", column ", kMaxLineBytes + 1,
                                                     ": the line is longer than ", kMaxLineBytes, " bytes"));
    }
    if (end == std::string::npos && !ended_) continue;
    if (!ended_) {
      ++position_;
      ++bytes_;
    }
    if (++line_number_ == 1 && absl::StartsWith(line_, kByteOrderMark)) line_.erase(0, kByteOrderMark.size());
    if (!absl::StripAsciiWhitespace(line_).empty()) return true;
    line_.clear();
    if (ended_) return false;
  }
}

absl::StatusOr<bool> JsonProducts::Next(ImportedProduct* product) {
  ASSIGN_OR_RETURN(const bool more, ReadLine());
  if (!more) return false;
  *product = ImportedProduct();
  product->line = line_number_;
  Parse(product);
  return true;
}

void JsonProducts::Parse(ImportedProduct* imported) const {
  const auto error = [&](std::string field, std::string message) -> v1::ImportError& {
    v1::ImportError& added = imported->errors.emplace_back();
    added.set_line(line_number_);
    added.set_field(std::move(field));
    added.set_message(std::move(message));
    return added;
  };
  imported->stated = std::make_shared<StatedFields>();
  if (const size_t bad = FindInvalidUtf8(line_); bad != std::string::npos) {
    const auto characters = CountCodePoints(absl::string_view(line_).substr(0, bad));
    error("", "this byte is not UTF-8 text").set_column(static_cast<int64_t>(characters.value_or(bad)) + 1);
    return;
  }
  v1::Product& product = imported->product;
  if (const absl::Status status = rpc::JsonToMessage(line_, &product); !status.ok()) {
    google::rpc::BadRequest bad_request;
    const bool named = GetDetail(status, &bad_request) && bad_request.field_violations_size() > 0;
    error(named ? bad_request.field_violations(0).field() : "",
          named ? bad_request.field_violations(0).description() : std::string(status.message()));
    product.Clear();
    return;
  }
  if (without_costs_) LeaveOutCosts(imported);
  imported->stated = FindStated(product);
  for (const std::string& category : product.categories()) {
    imported->categories.push_back(SplitCell(category, kPathSeparator));
  }
  product.clear_categories();
  imported->product_type = product.product_type();
  product.clear_product_type();
  for (auto* field : {product.mutable_name(), product.mutable_etag()}) field->clear();
  product.clear_create_time();
  product.clear_update_time();
  product.clear_delete_time();
}

void JsonProducts::LeaveOutCosts(ImportedProduct* imported) const {
  for (int i = 0; i < imported->product.variants_size(); ++i) {
    v1::Variant& variant = *imported->product.mutable_variants(i);
    if (!variant.has_cost()) continue;
    variant.clear_cost();
    v1::ImportError& warning = imported->warnings.emplace_back();
    warning.set_line(line_number_);
    warning.set_field(absl::StrCat("variants[", i, "].cost"));
    warning.set_message(CostsNeed());
    if (IsValidUtf8(variant.sku())) warning.set_sku(variant.sku());
  }
}

ProductReader::FieldColumn JsonProducts::FindColumn(const std::string& field, const v1::Product&) const {
  FieldColumn found;
  found.header = field;
  return found;
}

}  // namespace storeops::catalog
