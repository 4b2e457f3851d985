// Files of any bytes as imports: every format of products, merged into a product that is there and into none; and
// categories, planned on a tree. What comes out is a product with as many origins as variants, a plan in which parents
// come first, and errors that can be sent.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "common/base/text.h"
#include "services/catalog/transfers/category_plan.h"
#include "services/catalog/transfers/product_merge.h"

namespace storeops::catalog {
namespace {

const CategoryTree& Tree() {
  static const auto& tree = *[] {
    v1::Category home, mugs;
    home.set_name("categories/1");
    home.set_title("Home");
    mugs.set_name("categories/2");
    mugs.set_title("Mugs");
    mugs.set_parent("categories/1");
    return new CategoryTree({home, mugs});
  }();
  return tree;
}

const FilingNames& Names() {
  static const auto& names = *[] {
    v1::ProductType type;
    type.set_name("productTypes/1");
    type.set_title("Mug");
    type.add_attributes()->set_key("capacity");
    type.mutable_attributes(0)->set_type(v1::AttributeDefinition::NUMBER);
    return new FilingNames(Tree(), {type});
  }();
  return names;
}

void CheckMerged(const ImportedProduct& imported, const v1::Product* existing) {
  const MergedProduct merged = MergeProduct(imported, existing, Names(), "en", false);
  if (merged.origins.size() != static_cast<size_t>(merged.product.variants_size())) std::abort();
  for (const int origin : merged.origins) {
    if (origin < -1 || origin >= imported.product.variants_size()) std::abort();
  }
  if (!IsValidUtf8(merged.product.title())) std::abort();
  for (const FieldViolation& violation : merged.violations) {
    if (!IsValidUtf8(violation.field) || !IsValidUtf8(violation.description)) std::abort();
  }
  (void)FindMissing(imported.categories, Names());
}

void CheckErrors(const std::vector<v1::ImportError>& errors) {
  for (const v1::ImportError& error : errors) {
    if (error.line() < 1 || !IsValidUtf8(error.message()) || !IsValidUtf8(error.field())) std::abort();
  }
}

void PlanTree(absl::string_view text) {
  const CategoryFile file = ReadCategoryFile(text);
  const CategoryPlan plan = PlanCategories(file, Tree());
  CheckErrors(file.errors);
  CheckErrors(plan.errors);
  if (!plan.errors.empty()) return;
  if (plan.categories.size() != file.rows.size()) std::abort();
  std::vector<bool> seen(file.rows.size());
  for (const PlannedCategory& planned : plan.categories) {
    if (planned.parent_row >= 0 && !seen[planned.parent_row]) std::abort();
    if (planned.path.empty() || planned.path.size() > kMaxCategoryDepth) std::abort();
    seen[planned.row] = true;
    v1::Category category;
    MergeCategory(file, file.rows[planned.row], &category);
  }
}

void Import(absl::string_view text, v1::TransferFormat format) {
  ReaderOptions options;
  options.format = format;
  options.currency = "EUR";
  auto reader = OpenProductReader(
      [text](char* buffer, size_t size) mutable -> absl::StatusOr<size_t> {
        const size_t count = std::min({size, text.size(), size_t{5}});
        std::copy_n(text.data(), count, buffer);
        text.remove_prefix(count);
        return count;
      },
      options);
  if (!reader.ok()) {
    if (reader.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return;
  }
  v1::Product existing;
  existing.set_title("Mug");
  existing.add_options()->set_name("Colour");
  existing.add_variants()->set_sku("A-1");
  while (true) {
    ImportedProduct product;
    const auto more = (*reader)->Next(&product);
    if (!more.ok() && more.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    if (!more.ok() || !*more) return;
    for (const v1::ImportError& error : product.errors) {
      if (!IsValidUtf8(error.message()) || !IsValidUtf8(error.field())) std::abort();
    }
    for (const v1::ImportError& warning : product.warnings) {
      if (!IsValidUtf8(warning.message()) || !IsValidUtf8(warning.field()) || !IsValidUtf8(warning.sku())) std::abort();
    }
    if (!product.errors.empty()) continue;
    if (!product.skus.empty() && product.skus.size() != static_cast<size_t>(product.product.variants_size())) {
      std::abort();
    }
    CheckMerged(product, nullptr);
    CheckMerged(product, &existing);
  }
}

}  // namespace
}  // namespace storeops::catalog

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace storeops::catalog;  // NOLINT: one subject
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto format : {v1::TRANSFER_FORMAT_UNSPECIFIED, v1::TRANSFER_FORMAT_CSV, v1::TRANSFER_FORMAT_SHOPIFY_CSV,
                            v1::TRANSFER_FORMAT_JSON_LINES}) {
    Import(text, format);
  }
  PlanTree(text);
  return 0;
}
