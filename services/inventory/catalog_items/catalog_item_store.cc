#include "services/inventory/catalog_items/catalog_item_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/db/in_parts.h"

namespace storeops::inventory {

absl::StatusOr<absl::flat_hash_map<std::string, CatalogItem>> ReadCatalogItems(db::Database& database,
                                                                               const std::vector<std::string>& skus,
                                                                               absl::Time deadline) {
  absl::flat_hash_map<std::string, CatalogItem> items;
  RETURN_IF_ERROR(db::InParts(skus, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows,
                     database.Query(deadline,
                                    absl::StrCat("SELECT sku, product, title, service FROM catalog_items "
                                                 "WHERE sku IN (",
                                                 marks, ")"),
                                    absl::MakeConstSpan(values)));
    for (size_t row = 0; row < rows.size(); ++row) {
      items[rows.Text(row, 0)] = {rows.Text(row, 0), rows.Text(row, 1), rows.Text(row, 2), rows.Int(row, 3) != 0};
    }
    return absl::OkStatus();
  }));
  return items;
}

absl::Status ReplaceCatalogItems(db::Session& session, const std::vector<std::string>& products,
                                 absl::Span<const CatalogItem> items) {
  RETURN_IF_ERROR(db::InParts(products, [&](const std::string& marks, std::vector<db::Value> values) {
    return session
        .Execute(absl::StrCat("DELETE FROM catalog_items WHERE product IN (", marks, ")"), absl::MakeConstSpan(values))
        .status();
  }));
  std::vector<db::Value> values;
  for (const CatalogItem& item : items) {
    values.insert(values.end(),
                  {db::Value(item.sku), db::Value(item.product), db::Value(item.title), db::Value(item.service)});
  }
  // A SKU can have moved from another product whose change is still to come.
  return session.InsertRows("catalog_items (sku, product, title, service)", 4, values,
                            "ON DUPLICATE KEY UPDATE product = VALUES(product), title = VALUES(title), "
                            "service = VALUES(service)");
}

}  // namespace storeops::inventory
