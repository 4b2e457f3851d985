// Products from CSV files: rows that follow each other with the same group are one product. As our own files have them;
// shopify_products.h has what is different in Shopify's.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_CSV_PRODUCTS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_CSV_PRODUCTS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/catalog/transfers/column_plan.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

// A row as it is read, with the places of its cells.
struct FileRow {
  std::vector<std::string> cells;
  std::vector<TextPlace> places;
  int64_t line = 0;              // where it begins
  std::optional<TextPlace> bad;  // its first byte that is no text
  struct Change {
    int column;
    std::string what;
  };
  std::vector<Change> changes;  // of cells that are not as the file has them

  size_t bytes() const;
};

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
  // whether it is passed over here, because it is one of a product further up,
  virtual bool IsElsewhere() const { return false; }
  // whether it begins a product though the row before has the same group,
  virtual bool BeginsProduct() const { return false; }
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

  // Reads the next row into `row_`; false at the end.
  absl::StatusOr<bool> ReadRow();
  // Adds a row that does not stand here; `row_` is left as it was.
  void AddOtherRow(FileRow row, ImportedProduct* product);
  absl::string_view Cell(int column) const;
  absl::string_view CellOf(ColumnKind kind) const { return Cell(plan_.Find(kind)); }
  int64_t line() const { return row_.line; }
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
  FileRow row_;
  std::string currency_;  // of the amounts that follow

 private:
  // Takes out of the cells what NormalizeText would refuse.
  void CleanCells();
  void WarnOfChanges(ImportedProduct* product);
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
