// Values of products as the cells of a table have them, and back.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_CELL_TEXT_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_CELL_TEXT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "google/type/money.pb.h"
#include "storeops/catalog/v1/product.pb.h"
#include "storeops/catalog/v1/product_type.pb.h"

namespace storeops::catalog {

// Several values in one cell stand between '|', the levels of a category path between '>'. Blanks around a value do not
// count, empty values are none, and a backslash takes the character behind it as it is.
inline constexpr char kListSeparator = '|';
inline constexpr char kPathSeparator = '>';
std::vector<std::string> SplitCell(absl::string_view cell, char separator);
// Escapes what SplitCell would not give back.
std::string JoinCell(const google::protobuf::RepeatedPtrField<std::string>& values, char separator);

// The path of a category, from the root: "Home > Mugs".
using CategoryPath = std::vector<std::string>;
std::string FormatPath(const CategoryPath& path);
// "Home > Mugs | Sale" as a list of paths.
std::vector<CategoryPath> ParsePaths(absl::string_view cell);

// "2.55"; empty if the amount is none that the currency has.
std::string FormatAmount(const google::type::Money& money);
// INVALID_ARGUMENT with a plain message: not a decimal, more decimal places than the currency has, or negative.
absl::StatusOr<google::type::Money> ParseAmount(absl::string_view text, absl::string_view currency);

absl::StatusOr<bool> ParseBool(absl::string_view text);

std::string FormatAttribute(const v1::AttributeValue& value);
// As the definition says; INVALID_ARGUMENT with a plain message if the text is no such value.
absl::StatusOr<v1::AttributeValue> ParseAttribute(const v1::AttributeDefinition& definition, absl::string_view text);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_CELL_TEXT_H_
