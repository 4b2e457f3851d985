// The list of a hand-picked collection: adding, removing, moving. Pure functions of the list.
#ifndef STOREOPS_SERVICES_CATALOG_COLLECTIONS_PICKS_H_
#define STOREOPS_SERVICES_CATALOG_COLLECTIONS_PICKS_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/repeated_field.h"

namespace storeops::catalog {

using Picks = google::protobuf::RepeatedPtrField<std::string>;

// INVALID_ARGUMENT naming each wrong field of the request: "products[i]", "product", "before". `before` is the pick in
// front of which they come; empty: the end. On an error the list stays as it was.
absl::Status AddPicks(const Picks& products, const std::string& before, Picks* picks);
absl::Status RemovePicks(const Picks& products, Picks* picks);
absl::Status MovePick(const std::string& product, const std::string& before, Picks* picks);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_COLLECTIONS_PICKS_H_
