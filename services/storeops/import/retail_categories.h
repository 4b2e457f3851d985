// Which kind of goods a product of the retail data is, told from its title.
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_CATEGORIES_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_CATEGORIES_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/storeops/client.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops {

// The rule: words are runs of letters, case does not count, and a word also stands for its plural ("BAG" for "BAGS",
// "BOX" for "BOXES"). The kinds are tried in the order of the table in retail_categories.cc; the first one with a word
// that the title has is the product's kind. None fits: "Other goods".
absl::string_view RetailCategory(absl::string_view title);

// Files all goods among `products`: finds the root categories of their kinds, creates those that are missing, and sets
// the products' categories. Services are not filed. How many categories were created.
absl::StatusOr<int> FileRetailProducts(Client& client, absl::Span<catalog::v1::Product> products);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_CATEGORIES_H_
