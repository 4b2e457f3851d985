// Products from CSV files, our own and Shopify's: rows that follow each other with the same group are one product.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_CSV_PRODUCTS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_CSV_PRODUCTS_H_

#include <memory>
#include <string>
#include <vector>

#include "services/catalog/transfers/column_plan.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

class CsvProducts final : public ProductReader {
 public:
  // `reader` has given the header.
  CsvProducts(std::unique_ptr<CsvReader> reader, ColumnPlan plan, const ReaderOptions& options)
      : reader_(std::move(reader)), plan_(std::move(plan)), options_(options) {}

  absl::StatusOr<bool> Next(ImportedProduct* product) override;
  int64_t bytes() const override { return reader_->bytes(); }
  v1::TransferFormat format() const override { return plan_.format; }
  std::vector<v1::IgnoredColumn> ignored_columns() const override { return plan_.ignored; }
  FieldColumn FindColumn(const std::string& field, const v1::Product& product) const override;

 private:
  bool shopify() const { return plan_.format == v1::TRANSFER_FORMAT_SHOPIFY_CSV; }
  // Reads the next row into `row_`; false at the end.
  absl::StatusOr<bool> ReadRow();
  absl::string_view Cell(int column) const;
  std::string Group() const;
  // False, and an error noted, for a row that cannot be read cell by cell.
  bool CheckRow(ImportedProduct* product);
  void Begin(ImportedProduct* product);
  void AddRow(ImportedProduct* product, bool first);
  void CountIgnored(ImportedProduct* product) const;
  void ReadProductCell(size_t column, ImportedProduct* product);
  void CheckRepeatedCell(size_t column, ImportedProduct* product);
  void ReadOptions(ImportedProduct* product, v1::Variant* variant, bool first);
  void ReadVariant(ImportedProduct* product, bool first);
  void ReadAmount(int column, ImportedProduct* product, google::type::Money* (v1::Variant::*mutable_amount)(),
                  v1::Variant* variant);
  // Shopify: a row that only has another image.
  bool IsVariant() const;
  void AddError(int column, std::string message, ImportedProduct* product) const;

  const std::unique_ptr<CsvReader> reader_;
  const ColumnPlan plan_;
  const ReaderOptions options_;

  std::vector<std::string> row_;
  std::vector<TextPlace> places_;
  bool pending_ = false;                // `row_` belongs to the next product
  std::vector<std::string> first_row_;  // of the present product
  int64_t first_line_ = 0;
  std::vector<std::string> option_names_;
  std::string currency_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_CSV_PRODUCTS_H_
