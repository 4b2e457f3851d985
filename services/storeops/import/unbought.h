// Telling planning what is sold but never bought.
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_UNBOUGHT_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_UNBOUGHT_H_

#include <cstdint>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "services/storeops/client.h"

namespace storeops {

// Makes a planning setting `discontinued` for each SKU that has none for all locations, so that no replenishment of
// postage is suggested. How many were made; settings that are there stay as they are.
absl::StatusOr<int64_t> SettleUnbought(Client& client, const std::set<std::string>& skus);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_UNBOUGHT_H_
