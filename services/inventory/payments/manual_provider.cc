#include "absl/strings/str_cat.h"
#include "services/inventory/payments/payment_provider.h"

namespace storeops::inventory {
namespace {

class ManualProvider final : public PaymentProvider {
 public:
  absl::string_view name() const override { return "manual"; }

  absl::StatusOr<PaymentAnswer> Execute(const PaymentCommand& command) override {
    PaymentAnswer answer;
    answer.done = true;
    answer.reference =
        command.kind == v1::OrderPayment::Operation::AUTHORIZE ? command.source : command.payment_reference;
    return answer;
  }

  // Nothing happens outside this house, so what is not noted here did not happen.
  absl::StatusOr<std::optional<PaymentAnswer>> Find(const PaymentCommand&) override { return std::nullopt; }
};

}  // namespace

std::shared_ptr<PaymentProvider> MakeManualProvider() { return std::make_shared<ManualProvider>(); }

}  // namespace storeops::inventory
