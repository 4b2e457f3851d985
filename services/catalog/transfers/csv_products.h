// Products from CSV files: rows that follow each other with the same group are one product. As our own files have them;
// shopify_products.h has what is different in Shopify's.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_CSV_PRODUCTS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_CSV_PRODUCTS_H_

#include <memory>
#include <string>
#include <vector>

#include "services/catalog/transfers/column_plan.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

class CsvProducts : public ProductReader {
 public:
  // `reader` has given the header; `options.dialect` is that of the file.
  CsvProducts(std::unique_ptr<CsvReader> reader, ColumnPlan plan, const ReaderOptions& options)
      : options_(options), plan_(std::move(plan)), reader_(std::move(reader)) {}

  absl::StatusOr<bool> Next(ImportedProduct* product) final;
  int64_t bytes() const final { return reader_->bytes(); }
  v1::TransferFormat format() const final { return plan_.format; }
  CsvDialect dialect() const final { return options_.dialect; }
  std::vector<v1::IgnoredColumn> ignored_columns() const final { return plan_.ignored; }
  FieldColumn FindColumn(const std::string& field, const v1::Product& product) const final;

 protected:
  // As many variants as a product may have, and one that makes it wrong: rows of one product are all kept in memory.
  static constexpr int kMaxVariants = 501;

  // What a format does its own way. Called for each row that was read,
  virtual void PrepareRow() {}
  // for what the rows of a product have in common,
  virtual std::string Group() const;
  // for the first row of a product, for each of its rows, and behind its last one.
  virtual void Begin(ImportedProduct* product);
  virtual void AddRow(ImportedProduct* product, bool first);
  virtual void Finish(ImportedProduct* /*product*/) {}
  // About a cell that cannot be read.
  virtual void Refuse(int column, std::string message, ImportedProduct* product) {
    AddError(column, std::move(message), product);
  }

  absl::string_view Cell(int column) const;
  absl::string_view CellOf(ColumnKind kind) const { return Cell(plan_.Find(kind)); }
  int64_t line() const { return reader_->line(); }
  static bool IsOfProduct(ColumnKind kind) { return kind >= ColumnKind::kTitle && kind <= ColumnKind::kAttribute; }
  // False, and an error noted, for a row that cannot be read cell by cell.
  bool CheckRow(ImportedProduct* product);
  void CountIgnored(ImportedProduct* product) const;
  void ReadProductCell(size_t column, ImportedProduct* product);
  void ReadBarcode(ImportedProduct* product, v1::Variant* variant);
  void ReadAmount(ColumnKind kind, ImportedProduct* product, google::type::Money* (v1::Variant::*mutable_amount)(),
                  v1::Variant* variant);
  void ReadKind(ImportedProduct* product);
  // About a cell of the present row; -1: about the row.
  void AddError(int column, std::string message, ImportedProduct* product) const;
  void AddWarning(int column, std::string message, ImportedProduct* product) const;

  const ReaderOptions options_;
  const ColumnPlan plan_;
  std::vector<std::string> row_;
  std::vector<TextPlace> places_;  // of its cells
  std::string currency_;           // of the amounts that follow

 private:
  // Reads the next row into `row_`; false at the end.
  absl::StatusOr<bool> ReadRow();
  void CheckRepeatedCell(size_t column, ImportedProduct* product);
  void ReadOptions(ImportedProduct* product, v1::Variant* variant, bool first);
  void ReadVariant(ImportedProduct* product, bool first);
  v1::ImportError Note(int column, std::string message) const;

  const std::unique_ptr<CsvReader> reader_;
  bool pending_ = false;                // `row_` belongs to the next product
  std::vector<std::string> first_row_;  // of the present product
  int64_t first_line_ = 0;
  std::vector<std::string> option_names_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_CSV_PRODUCTS_H_
