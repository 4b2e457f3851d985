// Products from Shopify's CSV files, as shops have them: written by Shopify, by other programs and by hand. What can be
// understood is; what a product cannot keep is left out of it with a warning.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_SHOPIFY_PRODUCTS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_SHOPIFY_PRODUCTS_H_

#include <memory>
#include <string>
#include <vector>

#include "services/catalog/transfers/csv_products.h"
#include "services/catalog/transfers/scattered_rows.h"

namespace storeops::catalog {

// - The handle is the product's key and slug. Rows without one belong to the product above, or begin one if they have a
//   title, of which the handle is made then.
// - A row is a variant if it is the product's first, or states an option value or a SKU.
// - Of what a product has once the first cell that is not empty counts.
// - A first row that states nothing of a variant is none if others are.
class ShopifyProducts final : public CsvProducts {
 public:
  // `scattered`: rows of the file that do not stand with those of their product; null: there are none.
  ShopifyProducts(std::unique_ptr<CsvReader> reader, ColumnPlan plan, const ReaderOptions& options,
                  std::shared_ptr<ScatteredRows> scattered = nullptr);

  // Reads all rows for ScatteredRows, and no products. Nothing is wrong with a file that breaks off: what is behind the
  // place is not read then.
  absl::Status Survey(bool first_reading, ScatteredRows* rows);

 private:
  // Shopify's files have three.
  static constexpr int kOptions = kMaxOptions;
  struct Row {  // of a variant
    std::string sku;
    std::string values[kOptions];
    int64_t line = 0;
    bool bare = false;  // nothing in it is of a variant
  };

  void PrepareRow() override;
  bool IsElsewhere() const override { return scattered_ != nullptr && scattered_->IsElsewhere(line()); }
  bool BeginsProduct() const override { return scattered_ != nullptr && scattered_->BeginsAnother(line()); }
  std::string Group() const override;
  void Begin(ImportedProduct* product) override;
  void AddRow(ImportedProduct* product, bool first) override;
  void Finish(ImportedProduct* product) override;
  void Refuse(int column, std::string message, ImportedProduct* product) override;

  void ReadProductCells(ImportedProduct* product);
  void ReadTags(absl::string_view cell, v1::Product* product) const;
  // The variant of the present row; false if the row is none.
  bool ReadVariantRow(bool first, ImportedProduct* product, Row* row);
  void ReadVariant(const Row& row, ImportedProduct* product);
  // Rows of the product from further down; makes a handle of its own for another product with this handle.
  void AddScatteredRows(ImportedProduct* product);
  void DropBareFirst(ImportedProduct* product);
  void CutTitle(ImportedProduct* product);
  void CutValues(ImportedProduct* product);
  void LimitValues(ImportedProduct* product);
  void RemoveVariant(size_t index, ImportedProduct* product);
  // Without a title the product keeps the one it has, or gets one made from its handle or first SKU.
  void AllowNoTitle(ImportedProduct* product) const;
  void NameOptions(ImportedProduct* product);
  void ClearNoOption(int option);
  bool HasValues(int option) const;
  std::string NameOf(int option, ImportedProduct* product) const;
  void FillOption(int option, const std::string& name, ImportedProduct* product);
  void TellApart(ImportedProduct* product);
  void ChooseSkus(ImportedProduct* product) const;
  void LeaveOutWrongCells(ImportedProduct* product) const;
  // About what a product has once: at the cell that stated it.
  void WarnOfProduct(ColumnKind kind, std::string message, ImportedProduct* product) const;
  void WarnAt(size_t variant, ColumnKind kind, int option, std::string message, ImportedProduct* product) const;
  int ColumnOf(ColumnKind kind, int option = 0) const;

  const std::shared_ptr<ScatteredRows> scattered_;
  int name_columns_[kOptions];
  int value_columns_[kOptions];
  std::string group_;                       // of the present product
  bool another_ = false;                    // it has the handle of one further up
  std::vector<std::string> product_cells_;  // by column, as the product has them
  std::vector<TextPlace> product_places_;   // where those stand
  std::string option_names_[kOptions];
  std::vector<Row> variants_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_SHOPIFY_PRODUCTS_H_
