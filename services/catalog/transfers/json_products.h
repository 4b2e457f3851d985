// Products from JSON lines: the API's Product, one on each line.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_JSON_PRODUCTS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_JSON_PRODUCTS_H_

#include <string>

#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

class JsonProducts final : public ProductReader {
 public:
  JsonProducts(CsvReader::Source source, bool without_costs)
      : source_(std::move(source)), without_costs_(without_costs) {}

  absl::StatusOr<bool> Next(ImportedProduct* product) override;
  int64_t bytes() const override { return bytes_; }
  v1::TransferFormat format() const override { return v1::TRANSFER_FORMAT_JSON_LINES; }
  FieldColumn FindColumn(const std::string& field, const v1::Product& product) const override;

 private:
  // The next line that is not blank; false at the end of the file.
  absl::StatusOr<bool> ReadLine();
  void Parse(ImportedProduct* product) const;
  void LeaveOutCosts(ImportedProduct* product) const;

  const CsvReader::Source source_;
  const bool without_costs_;
  std::string buffer_;
  size_t position_ = 0;
  bool ended_ = false;
  std::string line_;
  int64_t line_number_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_JSON_PRODUCTS_H_
