// Open payment operations as messages of the outbound queue "payments": target is the provider, key is the operation's
// idempotency key, payload is the name of the order. What to charge (`source`) is never stored.
#ifndef STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_MESSAGES_H_
#define STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_MESSAGES_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/outbound/queues.h"
#include "common/resource/write.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

inline constexpr char kPaymentQueue[] = "payments";
// Until then the call that opened an operation sends it by itself.
inline constexpr absl::Duration kSendAgainAfter = absl::Minutes(2);

// Enqueues a message for each operation that is open in `after` and was not in `before`. INVALID_ARGUMENT with reason
// REQUEST_ID_REUSED if another order has an open operation of the same key; other errors as of Queues::Enqueue.
absl::Status EnqueueOpened(const v1::Order& before, const v1::Order& after, resource::Write& write,
                           outbound::Queues& outbound);

// Enqueues a message for each open operation that has none: of orders changed by versions before the queue.
absl::Status EnqueueMissing(const v1::Order& order, absl::Duration delay, resource::Write& write,
                            outbound::Queues& outbound);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_MESSAGES_H_
