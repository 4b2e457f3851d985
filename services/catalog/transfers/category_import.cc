#include "services/catalog/transfers/category_import.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "google/rpc/error_details.pb.h"
#include "services/catalog/transfers/file_errors.h"

namespace storeops::catalog {
namespace {

using resource::UpsertResult;
using v1::Category;
using v1::CategoryChange;

constexpr size_t kMaxErrors = 100;
constexpr int kMaxChanges = 100;
// Of categories that are only checked: such that no other has, of the 18 digits that a name can have.
constexpr int64_t kLastId = 999'999'999'999'999'999;

std::string PlaceOf(const v1::ImportError& error) {
  std::string place = absl::StrCat("file:", error.line());
  if (error.column() > 0) absl::StrAppend(&place, ":", error.column());
  if (!error.field().empty()) absl::StrAppend(&place, ":", error.field());
  return place;
}

absl::Status InvalidFile(std::vector<v1::ImportError> errors) {
  std::stable_sort(errors.begin(), errors.end(), [](const v1::ImportError& a, const v1::ImportError& b) {
    return std::make_pair(a.line(), a.column()) < std::make_pair(b.line(), b.column());
  });
  std::vector<FieldViolation> violations;
  for (size_t i = 0; i < std::min(errors.size(), kMaxErrors); ++i) {
    violations.push_back({PlaceOf(errors[i]), errors[i].message()});
  }
  return WithReason(InvalidFields(violations), "INVALID_FIELDS", {{"errors", absl::StrCat(errors.size())}});
}

const Category& CategoryOf(const resource::Page::Item& item) { return static_cast<const Category&>(*item.message); }

CategoryChange::Kind KindOf(const UpsertResult& result, const Category* before, const Category& after) {
  if (result.kind == UpsertResult::kCreated) return CategoryChange::CREATED;
  if (result.kind == UpsertResult::kUnchanged) return CategoryChange::KIND_UNSPECIFIED;
  return before->parent() == after.parent() ? CategoryChange::UPDATED : CategoryChange::MOVED;
}

void Count(CategoryChange::Kind kind, v1::ImportCategoriesResponse* response) {
  switch (kind) {
    case CategoryChange::CREATED:
      return response->set_created(response->created() + 1);
    case CategoryChange::MOVED:
      return response->set_moved(response->moved() + 1);
    case CategoryChange::UPDATED:
      return response->set_updated(response->updated() + 1);
    default:
      return response->set_unchanged(response->unchanged() + 1);
  }
}

std::string PathIn(const CategoryTree& tree, const std::string& name) {
  CategoryPath path;
  for (const Category* category : tree.Path(name)) path.push_back(category->title());
  return FormatPath(path);
}

}  // namespace

absl::Status CategoryImport::Run(resource::Write& write, v1::ImportCategoriesResponse* response) const {
  ASSIGN_OR_RETURN(const CategoryTree tree, categories_.LockTree(write.session()));
  CategoryPlan plan = PlanCategories(file_, tree);
  plan.errors.insert(plan.errors.end(), file_.errors.begin(), file_.errors.end());
  if (!plan.errors.empty()) return InvalidFile(std::move(plan.errors));
  ASSIGN_OR_RETURN(const Batch batch, Write(write, plan));
  std::vector<v1::ImportError> refusals = Refusals(plan, batch);
  if (!refusals.empty()) return InvalidFile(std::move(refusals));
  Report(plan, tree, batch, response);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> CategoryImport::TakeIds(resource::Write& write, int count) const {
  if (count == 0) return std::vector<int64_t>();
  if (!options_.validate_only) return write.TakeIds(categories_.arranged().singular(), count);
  std::vector<int64_t> ids;
  for (int i = 0; i < count; ++i) ids.push_back(kLastId - i);
  return ids;
}

Category CategoryImport::Merge(const PlannedCategory& planned, const Category* before,
                               const std::vector<std::string>& names) const {
  Category category;
  if (before != nullptr) category = *before;
  MergeCategory(file_, file_.rows[planned.row], &category);
  if (category.language().empty()) category.set_language(options_.language);
  category.set_parent(planned.parent_row >= 0 ? names[planned.parent_row] : planned.parent);
  return category;
}

absl::StatusOr<CategoryImport::Batch> CategoryImport::Write(resource::Write& write, const CategoryPlan& plan) const {
  resource::Resource& categories = categories_.arranged();
  Batch batch;
  std::vector<int64_t> known;
  for (const PlannedCategory& planned : plan.categories) {
    if (planned.existing.empty()) continue;
    ASSIGN_OR_RETURN(const int64_t id, categories.ParseName(planned.existing, "name"));
    known.push_back(id);
  }
  const size_t created = plan.categories.size() - known.size();
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, TakeIds(write, static_cast<int>(created)));
  ASSIGN_OR_RETURN(batch.before, categories.Lock(write.session(), std::move(known)));
  absl::flat_hash_map<std::string, const resource::Page::Item*> by_name;
  for (const auto& item : batch.before) by_name.emplace(CategoryOf(item).name(), &item);
  batch.names.resize(file_.rows.size());
  std::vector<resource::Upsert> upserts;
  size_t taken = 0;
  for (const PlannedCategory& planned : plan.categories) {
    resource::Upsert& upsert = upserts.emplace_back();
    if (planned.existing.empty()) {
      upsert.id = ids[taken++];
      batch.names[planned.row] = categories.FormatName(upsert.id);
    } else {
      const auto found = by_name.find(planned.existing);
      if (found == by_name.end()) return absl::AbortedError("a category has gone while the tree was held");
      upsert.before = found->second;
      batch.names[planned.row] = planned.existing;
    }
    const Category* before = upsert.before == nullptr ? nullptr : &CategoryOf(*upsert.before);
    batch.merged.push_back(Merge(planned, before, batch.names));
    upsert.message = std::make_unique<Category>(batch.merged.back());
  }
  ASSIGN_OR_RETURN(batch.results, categories.WriteMany(write, std::move(upserts), options_.validate_only));
  return batch;
}

std::vector<v1::ImportError> CategoryImport::Refusals(const CategoryPlan& plan, const Batch& batch) const {
  std::vector<v1::ImportError> errors;
  for (size_t i = 0; i < batch.results.size(); ++i) {
    google::rpc::BadRequest bad_request;
    if (batch.results[i].refusal.ok() || !GetDetail(batch.results[i].refusal, &bad_request)) continue;
    const CategoryRow& row = file_.rows[plan.categories[i].row];
    for (const auto& violation : bad_request.field_violations()) {
      const int column = file_.FindField(violation.field(), batch.merged[i]);
      errors.push_back(file_.ErrorAt(
          row, column,
          column >= 0 ? violation.description() : absl::StrCat(violation.field(), ": ", violation.description())));
    }
  }
  return errors;
}

void CategoryImport::Report(const CategoryPlan& plan, const CategoryTree& tree, const Batch& batch,
                            v1::ImportCategoriesResponse* response) const {
  response->set_rows(static_cast<int32_t>(file_.rows.size()));
  response->set_validate_only(options_.validate_only);
  response->set_encoding(ToEncodingProto(file_.dialect));
  response->set_delimiter(ToDelimiterText(file_.dialect));
  response->set_warnings(static_cast<int32_t>(file_.warnings.size()));
  for (const v1::ImportError& warning : file_.warnings) {
    if (response->first_warnings_size() == kMaxChanges) break;
    *response->add_first_warnings() = warning;
  }
  absl::flat_hash_map<absl::string_view, const Category*> before;
  for (const auto& item : batch.before) before.emplace(CategoryOf(item).name(), &CategoryOf(item));
  std::vector<size_t> by_row(file_.rows.size());
  for (size_t i = 0; i < plan.categories.size(); ++i) by_row[plan.categories[i].row] = i;
  for (const size_t i : by_row) {
    const PlannedCategory& planned = plan.categories[i];
    const auto found = before.find(planned.existing);
    const CategoryChange::Kind kind =
        KindOf(batch.results[i], found == before.end() ? nullptr : found->second, batch.merged[i]);
    Count(kind, response);
    if (kind == CategoryChange::KIND_UNSPECIFIED || response->changes_size() == kMaxChanges) continue;
    CategoryChange& change = *response->add_changes();
    change.set_kind(kind);
    change.set_line(file_.rows[planned.row].line);
    const bool is_real = !planned.existing.empty() || !options_.validate_only;
    if (is_real) change.set_category(batch.names[planned.row]);
    if (!planned.existing.empty()) change.set_old_path(PathIn(tree, planned.existing));
    change.set_path(FormatPath(planned.path));
  }
}

}  // namespace storeops::catalog
