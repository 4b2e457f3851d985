// Whoever moves money: a bank, a card processor, or somebody at a counter.
#ifndef STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_PROVIDER_H_
#define STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_PROVIDER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

struct PaymentCommand {
  v1::OrderPayment::Operation::Kind kind = v1::OrderPayment::Operation::KIND_UNSPECIFIED;
  // Names this question for ever: asked again with the same key, the provider does nothing and answers as before.
  std::string idempotency_key;
  std::string order;  // "orders/12"
  int64_t amount_minor = 0;
  std::string currency;
  // Of AUTHORIZE: what to charge, as the caller gave it.
  std::string source;
  // Of the others: the provider's name for the payment.
  std::string payment_reference;
  absl::Time deadline;
};

struct PaymentAnswer {
  bool done = false;
  // The provider's name for what it did.
  std::string reference;
  // Why it refused.
  std::string message;
};

// Thread-safe.
class PaymentProvider {
 public:
  virtual ~PaymentProvider() = default;
  // "manual": small letters, digits and _.
  virtual absl::string_view name() const = 0;
  // An error says that nobody knows whether it happened.
  virtual absl::StatusOr<PaymentAnswer> Execute(const PaymentCommand& command) = 0;
  // What became of a question; nothing if it never arrived.
  virtual absl::StatusOr<std::optional<PaymentAnswer>> Find(const PaymentCommand& command) = 0;
};

using PaymentProviders = std::vector<std::shared_ptr<PaymentProvider>>;

// Nothing moves by itself: staff say that they took or gave back money (cash, a terminal, a bank's statement), and
// `source` is what their paper says. Needs no network.
std::shared_ptr<PaymentProvider> MakeManualProvider();

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_PROVIDER_H_
