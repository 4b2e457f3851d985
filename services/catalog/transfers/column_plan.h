// What the columns of a CSV file mean: our own and those of Shopify.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_COLUMN_PLAN_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_COLUMN_PLAN_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

enum class ColumnKind {
  kIgnored,
  // Of the product; stated on its first row.
  kGroup,
  kTitle,
  kDescription,
  kLanguage,
  kKind,
  kBrand,
  kTags,
  kCategories,
  kProductType,
  kTranslatedTitle,
  kTranslatedDescription,
  // In the product's own language, or in that of `key`.
  kSlug,
  kMetaTitle,
  kMetaDescription,
  kAttribute,
  // Of our own files, for people; passed over by an import.
  kState,
  // Of each variant.
  kOptionName,
  kOptionValue,
  kSku,
  kBarcode,
  kPrice,
  kCost,
  kCurrency,
  kRequiresShipping,
};

struct FileColumn {
  ColumnKind kind = ColumnKind::kIgnored;
  std::string header;
  // Of an option: its number from 0. Else the language or attribute key is in `key`.
  int option = 0;
  std::string key;
  // Of one that is ignored: its number in ColumnPlan::ignored.
  int ignored = -1;
};

struct ColumnPlan {
  v1::TransferFormat format;
  std::vector<FileColumn> columns;
  std::shared_ptr<const StatedFields> stated;
  std::vector<v1::IgnoredColumn> ignored;

  // The first column of this kind, -1 if there is none.
  int Find(ColumnKind kind, const std::string& key = "", int option = 0) const;
};

// True for a header that only Shopify's files have.
bool IsShopifyHeader(absl::Span<const std::string> header);
// INVALID_ARGUMENT naming line 1 and the column: unknown (in our own files), there twice, or missing.
// `without_costs`: a column of costs is ignored.
absl::StatusOr<ColumnPlan> PlanColumns(v1::TransferFormat format, absl::Span<const std::string> header,
                                       bool without_costs = false);

// The header of our own files: fixed columns, then those that depend on what the products have.
struct OwnColumns {
  std::vector<std::string> languages;
  std::vector<std::string> attributes;
  int options = 0;
  bool costs = true;
};
std::vector<std::string> OwnHeader(const OwnColumns& columns);

inline constexpr int kMaxOptions = 10;

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_COLUMN_PLAN_H_
