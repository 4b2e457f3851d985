#include "services/catalog/transfers/error_places.h"

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace storeops::catalog {

int VariantIndexOf(absl::string_view field) {
  int index = 0;
  if (!absl::ConsumePrefix(&field, "variants[")) return -1;
  const size_t end = field.find(']');
  return end != absl::string_view::npos && absl::SimpleAtoi(field.substr(0, end), &index) ? index : -1;
}

v1::ImportError PlaceViolation(const ImportedProduct& imported, const v1::Product& product,
                               absl::Span<const int> origins, const ProductReader& reader,
                               const FieldViolation& violation) {
  v1::ImportError error;
  error.set_line(imported.line);
  error.set_field(violation.field);
  error.set_message(violation.description);
  const int variant = VariantIndexOf(violation.field);
  const int row = variant < 0 ? 0 : static_cast<size_t>(variant) < origins.size() ? origins[variant] : -1;
  if (row < 0) {  // a variant that is there and not in the file
    if (variant < product.variants_size()) error.set_sku(product.variants(variant).sku());
    if (!imported.cells.empty()) error.set_field(violation.field.substr(violation.field.find("].") + 2));
    return error;
  }
  if (row < imported.product.variants_size()) error.set_sku(imported.product.variants(row).sku());
  if (static_cast<size_t>(row) < imported.cells.size() && !imported.cells[row].empty()) {
    // A table has no lists: its line and SKU say which variant it is.
    error.set_line(imported.cells[row].front().line);
    if (variant >= 0) error.set_field(violation.field.substr(violation.field.find("].") + 2));
  }
  const ProductReader::FieldColumn column = reader.FindColumn(violation.field, product);
  if (column.column < 0 || static_cast<size_t>(row) >= imported.cells.size()) return error;
  if (static_cast<size_t>(column.column) >= imported.cells[row].size()) return error;
  error.set_field(column.header);
  error.set_line(imported.cells[row][column.column].line);
  error.set_column(imported.cells[row][column.column].column);
  return error;
}

}  // namespace storeops::catalog
