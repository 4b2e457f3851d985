// Brings products that are known by their SKU into the catalogue through its API: creates what is missing, updates what
// differs, leaves the rest alone. Can be repeated and interrupted at will.
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_PRODUCT_SYNC_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_PRODUCT_SYNC_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "services/storeops/client.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops {

struct SyncReport {
  int64_t created = 0;
  int64_t updated = 0;
  int64_t unchanged = 0;
};

// `products`: each with one variant. Title, kind, and the variant's price are brought to what is given; a product
// without a price keeps the one it has, and one that is filed already stays where it is. `on_progress` gets the number
// of products looked at so far.
absl::Status SyncProducts(Client& client, absl::Span<const catalog::v1::Product> products, SyncReport* report,
                          const std::function<void(int64_t)>& on_progress = nullptr);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_PRODUCT_SYNC_H_
