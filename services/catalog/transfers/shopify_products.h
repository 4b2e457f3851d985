// Products from Shopify's CSV files, as shops have them: written by Shopify, by other programs and by hand. What can be
// understood is; what a product cannot keep is left out of it with a warning.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_SHOPIFY_PRODUCTS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_SHOPIFY_PRODUCTS_H_

#include <string>
#include <vector>

#include "services/catalog/transfers/csv_products.h"

namespace storeops::catalog {

// - The handle is the product's key and slug. Rows without one belong to the product above, or begin one if they have a
//   title, of which the handle is made then.
// - A row is a variant if it is the product's first, or states an option value or a SKU.
// - Of what a product has once the first cell that is not empty counts.
class ShopifyProducts final : public CsvProducts {
 public:
  using CsvProducts::CsvProducts;

 private:
  static constexpr int kOptions = 3;
  struct Row {  // of a variant
    std::string sku;
    std::string values[kOptions];
    int64_t line = 0;
  };

  void PrepareRow() override;
  std::string Group() const override;
  void Begin(ImportedProduct* product) override;
  void AddRow(ImportedProduct* product, bool first) override;
  void Finish(ImportedProduct* product) override;
  void Refuse(int column, std::string message, ImportedProduct* product) override;

  void ReadProductCells(ImportedProduct* product);
  void ReadTags(absl::string_view cell, v1::Product* product) const;
  // The variant of the present row; false if the row is none.
  bool ReadRow(bool first, ImportedProduct* product, Row* row);
  void ReadVariant(bool first, const Row& row, ImportedProduct* product);
  void NameOptions(ImportedProduct* product);
  void ClearNoOption(int option);
  bool HasValues(int option) const;
  std::string NameOf(int option, ImportedProduct* product) const;
  void FillOption(int option, const std::string& name, ImportedProduct* product);
  void TellApart(ImportedProduct* product);
  void ChooseSkus(ImportedProduct* product) const;
  void LeaveOutWrongCells(ImportedProduct* product) const;
  void WarnAt(size_t variant, ColumnKind kind, int option, std::string message, ImportedProduct* product) const;
  int ColumnOf(ColumnKind kind, int option = 0) const { return plan_.Find(kind, "", option); }

  std::string group_;                       // of the present product
  std::vector<std::string> product_cells_;  // by column, as the product has them
  std::vector<int64_t> product_lines_;      // where those stand
  std::string option_names_[kOptions];
  std::vector<Row> variants_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_SHOPIFY_PRODUCTS_H_
