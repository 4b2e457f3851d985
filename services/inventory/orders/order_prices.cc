#include "services/inventory/orders/order_prices.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "services/inventory/catalog_items/catalog_item_store.h"
#include "storeops/catalog/v1/price_service.pb.h"

namespace storeops::inventory {
namespace {

using catalog::v1::ResolvedPrice;
using catalog::v1::ResolvePricesRequest;
using catalog::v1::ResolvePricesResponse;

constexpr char kMethod[] = "storeops.catalog.v1.PriceService/ResolvePrices";
constexpr absl::Duration kLimit = absl::Seconds(3);
// So many the catalogue answers at once from memory.
constexpr size_t kItemsAtOnce = 50;
constexpr size_t kMaxTitle = 200;

// Several callers share a question, and who may place orders need not be let into the catalogue.
rpc::PeerCall MakeCall(absl::Time deadline) {
  rpc::PeerCall call;
  call.method = kMethod;
  call.principal = {"services/inventory", "Inventory", {"catalog.prices.read"}};
  call.deadline = std::min(deadline, SteadyNow() + kLimit);
  call.retry = true;
  return call;
}

// A line that is asked about.
struct Item {
  PriceInquiry* inquiry;
  int line;

  v1::OrderLine& Line() const { return *inquiry->order->mutable_lines(line); }
};
using Items = absl::Span<const Item>;

std::string WhyNot(const ResolvedPrice& price, const std::string& currency) {
  if (price.source() == ResolvedPrice::NO_PRICE) return absl::StrCat("has no price in ", currency);
  return "is not sold: the catalogue has no such SKU";
}

// `items` are of orders that are alike.
absl::StatusOr<ResolvePricesResponse> Ask(rpc::Peer* catalog, absl::Time deadline, Items items) {
  if (catalog == nullptr) return WithReason(absl::UnavailableError("this process knows no catalogue"), "NO_CATALOG");
  const PriceInquiry& first = *items[0].inquiry;
  ResolvePricesRequest request;
  request.set_show_product(true);
  request.set_currency(first.order->currency());
  request.set_channel(first.order->channel());
  request.set_customer_group(first.customer_group);
  for (const Item& item : items) {
    auto* asked = request.add_items();
    asked->set_sku(item.Line().sku());
    asked->set_quantity(static_cast<int32_t>(item.Line().quantity()));
  }
  ResolvePricesResponse response;
  RETURN_IF_ERROR(catalog->CallBlocking(MakeCall(deadline), request, &response));
  if (response.prices_size() == request.items_size()) return response;
  return absl::InternalError("the catalogue answered with another number of prices");
}

using Violations = std::map<PriceInquiry*, std::vector<FieldViolation>>;

void Describe(const std::string& title, bool service, v1::OrderLine& line) {
  line.set_service(service);
  if (line.title().empty()) line.set_title(std::string(TruncateCodePoints(title, kMaxTitle)));
}

void TakeAnswer(const Item& item, const ResolvedPrice& answer, Violations& violations) {
  v1::OrderLine& line = item.Line();
  Describe(answer.title(), answer.kind() == catalog::v1::Product::SERVICE, line);
  if (!WantsPrice(line)) return;
  if (!MinorIn(answer.price(), item.inquiry->order->currency()).has_value()) {
    violations[item.inquiry].push_back(
        {absl::StrCat("lines[", item.line, "].sku"), WhyNot(answer, item.inquiry->order->currency())});
    return;
  }
  *line.mutable_unit_price() = answer.price();
  line.set_price_source(answer.price_list());
}

void Fail(const absl::Status& status, Items items) {
  for (const Item& item : items) {
    if (WantsPrice(item.Line())) item.inquiry->status = status;
  }
}

}  // namespace

bool WantsPrice(const v1::OrderLine& line) { return !line.sku().empty() && !line.has_unit_price(); }

// Lines that carry a price and are of SKUs known here need nothing of the catalog.
absl::Status OrderPrices::DescribeKnown(absl::Time deadline, absl::Span<PriceInquiry> inquiries,
                                        absl::flat_hash_set<const v1::OrderLine*>& described) const {
  std::vector<v1::OrderLine*> lines;
  std::vector<std::string> skus;
  for (PriceInquiry& inquiry : inquiries) {
    if (!inquiry.status.ok()) continue;
    for (v1::OrderLine& line : *inquiry.order->mutable_lines()) {
      if (line.sku().empty() || WantsPrice(line)) continue;
      lines.push_back(&line);
      skus.push_back(line.sku());
    }
  }
  if (lines.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto items, ReadCatalogItems(database_, skus, deadline));
  for (v1::OrderLine* line : lines) {
    const auto item = items.find(line->sku());
    if (item == items.end()) continue;
    Describe(item->second.title, item->second.service, *line);
    described.insert(line);
  }
  return absl::OkStatus();
}

void OrderPrices::Resolve(absl::Time deadline, absl::Span<PriceInquiry> inquiries) const {
  absl::flat_hash_set<const v1::OrderLine*> described;
  // A failure of the database shows soon enough; until then the catalog can answer.
  (void)DescribeKnown(deadline, inquiries, described);
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<Item>> alike;
  for (PriceInquiry& inquiry : inquiries) {
    if (!inquiry.status.ok()) continue;
    auto& items = alike[{inquiry.order->currency(), inquiry.order->channel(), inquiry.customer_group}];
    for (int i = 0; i < inquiry.order->lines_size(); ++i) {
      const v1::OrderLine& line = inquiry.order->lines(i);
      if (!line.sku().empty() && !described.contains(&line)) items.push_back({&inquiry, i});
    }
  }
  rpc::Peer* const catalog = find_peer_ == nullptr ? nullptr : find_peer_("catalog");
  Violations violations;
  for (const auto& [key, items] : alike) {
    for (size_t begin = 0; begin < items.size(); begin += kItemsAtOnce) {
      const Items part = Items(items).subspan(begin, kItemsAtOnce);
      const auto response = Ask(catalog, deadline, part);
      if (!response.ok()) {
        Fail(response.status(), Items(items).subspan(begin));
        break;
      }
      for (size_t i = 0; i < part.size(); ++i) TakeAnswer(part[i], response->prices(static_cast<int>(i)), violations);
    }
  }
  for (const auto& [inquiry, fields] : violations) inquiry->status = WithReason(InvalidFields(fields), "NO_PRICE");
}

}  // namespace storeops::inventory
