// Refusals that name what they are about: each line, each field of the request.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_REFUSALS_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_REFUSALS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "services/inventory/stock/stock_level.h"

namespace storeops::inventory {

struct Refusal {
  // OUT_OF_STOCK: not so many can be spared. NOT_RESERVED, NOT_EXPECTED: more is given back than was promised or on its
  // way. TOO_MANY_PIECES: a counter would pass 1,000,000,000. LOT_DATE_DIFFERS: the lot has another date.
  // LOT_EXPIRED: expired units do not go back for sale.
  std::string reason;
  StockKey key;
  int64_t wanted = 0;
  int64_t available = 0;
  std::string description;
  std::vector<std::string> fields;  // lines of the request: "lines[3]"
};

// FAILED_PRECONDITION with the first one's reason (ErrorInfo: sku, location, wanted, available), a PreconditionFailure
// that names each, and a BadRequest that names each line. `refusals` must not be empty.
absl::Status RefuseStock(const std::vector<Refusal>& refusals);

// FAILED_PRECONDITION that names fields of the request, with `subject` as what forbids them.
absl::Status FailedFields(absl::string_view reason, const std::string& subject,
                          const std::vector<FieldViolation>& violations);
// The same for a refusal that is made already.
absl::Status NameFields(absl::Status refusal, const std::vector<FieldViolation>& violations);

// `known`, `stated`: days; InfiniteFuture: none.
Refusal LotDateDiffers(StockKey key, const std::string& lot, absl::Time known, absl::Time stated,
                       std::vector<std::string> fields);
Refusal OutOfStock(StockKey key, int64_t wanted, int64_t available, std::vector<std::string> fields);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_REFUSALS_H_
