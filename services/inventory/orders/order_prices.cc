#include "services/inventory/orders/order_prices.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/text.h"
#include "storeops/catalog/v1/price_service.pb.h"

namespace storeops::inventory {
namespace {

using catalog::v1::ResolvedPrice;
using catalog::v1::ResolvePricesRequest;
using catalog::v1::ResolvePricesResponse;

constexpr char kMethod[] = "storeops.catalog.v1.PriceService/ResolvePrices";
constexpr absl::Duration kLimit = absl::Seconds(3);
// So many the catalogue answers from memory at once. In one process it shares its worker threads with the callers who
// wait here, so a question that needs one may find none.
constexpr int kMaxItems = 50;
constexpr size_t kMaxTitle = 200;

// Several callers share a question, and who may place orders need not be let into the catalogue.
rpc::PeerCall MakeCall(absl::Time deadline) {
  rpc::PeerCall call;
  call.method = kMethod;
  call.principal = {"services/inventory", "Inventory", {"catalog.prices.read"}};
  call.deadline = std::min(deadline, absl::Now() + kLimit);
  call.retry = true;
  return call;
}

std::string WhyNot(const ResolvedPrice& price, const std::string& currency) {
  if (price.source() == ResolvedPrice::NO_PRICE) return absl::StrCat("has no price in ", currency);
  return "is not sold: the catalogue has no such SKU";
}

void TakePrices(const ResolvePricesResponse& response, int first, Unpriced& unpriced) {
  std::vector<FieldViolation> violations;
  for (size_t i = 0; i < unpriced.lines.size(); ++i) {
    const ResolvedPrice& price = response.prices(first + static_cast<int>(i));
    if (!price.has_price()) {
      violations.push_back({absl::StrCat("lines[", unpriced.lines[i], "].sku"),
                            WhyNot(price, unpriced.order->currency())});
      continue;
    }
    v1::OrderLine& line = *unpriced.order->mutable_lines(unpriced.lines[i]);
    *line.mutable_unit_price() = price.price();
    line.set_price_source(price.price_list());
    if (line.title().empty()) line.set_title(std::string(TruncateCodePoints(price.title(), kMaxTitle)));
  }
  if (!violations.empty()) unpriced.status = WithReason(InvalidFields(violations), "NO_PRICE");
}

}  // namespace

void OrderPrices::Resolve(absl::Time deadline, absl::Span<Unpriced> orders) const {
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<Unpriced*>> alike;
  for (Unpriced& unpriced : orders) {
    if (unpriced.lines.empty() || !unpriced.status.ok()) continue;
    alike[{unpriced.order->currency(), unpriced.order->channel(), unpriced.customer_group}].push_back(&unpriced);
  }
  for (const auto& [key, group] : alike) {
    for (size_t begin = 0; begin < group.size();) {
      size_t end = begin, items = 0;
      while (end < group.size() && (end == begin || items + group[end]->lines.size() <= kMaxItems)) {
        items += group[end++]->lines.size();
      }
      ResolveAlike(deadline, absl::MakeConstSpan(group).subspan(begin, end - begin));
      begin = end;
    }
  }
}

void OrderPrices::ResolveAlike(absl::Time deadline, absl::Span<Unpriced* const> orders) const {
  ResolvePricesRequest request;
  request.set_show_title(true);
  request.set_currency(orders[0]->order->currency());
  request.set_channel(orders[0]->order->channel());
  request.set_customer_group(orders[0]->customer_group);
  for (const Unpriced* unpriced : orders) {
    for (const int line : unpriced->lines) {
      auto* item = request.add_items();
      item->set_sku(unpriced->order->lines(line).sku());
      item->set_quantity(static_cast<int32_t>(unpriced->order->lines(line).quantity()));
    }
  }
  ResolvePricesResponse response;
  rpc::Peer* const catalog = find_peer_("catalog");
  absl::Status status = catalog == nullptr
                            ? WithReason(absl::UnavailableError("this process knows no catalogue"), "NO_CATALOG")
                            : catalog->CallBlocking(MakeCall(deadline), request, &response);
  if (status.ok() && response.prices_size() != request.items_size()) {
    status = absl::InternalError("the catalogue answered with another number of prices");
  }
  int first = 0;
  for (Unpriced* unpriced : orders) {
    unpriced->status = status;
    if (status.ok()) TakePrices(response, first, *unpriced);
    first += static_cast<int>(unpriced->lines.size());
  }
}

}  // namespace storeops::inventory
