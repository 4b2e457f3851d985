#include "services/catalog/prices/price_service.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/resource/list_cost.h"
#include "common/resource/snapshot.h"
#include "services/catalog/prices/price_answers.h"
#include "services/catalog/prices/price_messages.h"

namespace storeops::catalog {
namespace {

using google::protobuf::Message;
using v1::PriceList;

constexpr char kService[] = "storeops.catalog.v1.PriceService";
constexpr int64_t kMaxLists = 1000;
constexpr int kMaxExplained = 50;
// More items are not answered on the network's thread.
constexpr int kMaxInline = kMaxExplained;

// A new list, or one that comes back, must not be one too many.
absl::Status CheckListCount(resource::Write& write) {
  RETURN_IF_ERROR(NextPriceRevision(write.session()).status());  // for its lock: one such write at a time
  ASSIGN_OR_RETURN(const int64_t count, CountPriceLists(write.session()));
  if (count < kMaxLists) return absl::OkStatus();
  return PreconditionFailed("TOO_MANY_PRICE_LISTS", "priceLists",
                            absl::StrCat("there are ", count, " price lists already: delete some first"));
}

// Where the next page goes on, as a page token's keys and back.
std::vector<db::Value> ToKeys(const PricePlace& place) {
  return {db::Value(place.list_id), db::Value(place.sku), db::Value(place.min_quantity), db::Value(place.start)};
}

PricePlace FromPage(const resource::ListPage& page) {
  return {page.Number(0), page.Text(1), page.Number(2), page.Number(3, kEver)};
}

}  // namespace

resource::Hooks PriceService::MakeListHooks() {
  resource::Hooks hooks;
  hooks.before_write = [](resource::Write& write, const Message* before, Message* after) -> absl::Status {
    auto& list = static_cast<PriceList&>(*after);
    FillPriceListDefaults(list);
    const auto violations = CheckPriceList(list);
    if (!violations.empty()) return InvalidFields(violations);
    const bool comes = before == nullptr || static_cast<const PriceList*>(before)->has_delete_time();
    return comes ? CheckListCount(write) : absl::OkStatus();
  };
  hooks.create_uses_session = [](const Message&) { return true; };
  hooks.after_commit = [this](absl::Span<const resource::Hooks::Committed> written) {
    for (const auto& list : written) {
      follower_->ApplyList(static_cast<const PriceList&>(*list.after), list.id, list.version);
    }
  };
  return hooks;
}

absl::Status PriceService::Bind(Environment& environment) {
  environment_ = &environment;
  ASSIGN_OR_RETURN(lists_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                    PriceList::default_instance(), MakeListHooks()));
  follower_ = std::make_unique<PriceFollower>(*lists_, environment.store.database, environment.store.feed,
                                              &environment.telemetry);
  writer_ = std::make_unique<PriceWriter>(*lists_, *follower_);
  ASSIGN_OR_RETURN(price_filter_, OpenPriceFilter(environment.store.database));
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  lists_->Bind(service);
  history_ = std::make_unique<PriceHistoryService>(environment, products_, *lists_);
  RETURN_IF_ERROR(history_->Bind(service));
  staged_ = std::make_unique<StagedPriceService>(environment, products_, *writer_);
  RETURN_IF_ERROR(staged_->Bind(service));
  repricing_ = std::make_unique<RepricingService>(environment, products_, *lists_, *writer_);
  repricing_->Bind(service);
  service.Unary("SetPrices", this, &PriceService::SetPrices)
      .Unary("DeletePrices", this, &PriceService::DeletePrices)
      .Unary("ListPrices", this, &PriceService::ListPrices)
      .CostRaw("ListPrices", resource::ListCost(price_filter_))
      .Inline("ResolvePrices", this, &PriceService::TryResolve)
      .Unary("ResolvePrices", this, &PriceService::Resolve)
      .Replay(&environment.replays);
  resource::OfferSnapshot(
      environment.store.feed, kPriceType,
      [this](int64_t after, int limit, absl::Time deadline) -> absl::StatusOr<std::vector<resource::Page::Item>> {
        ASSIGN_OR_RETURN(const auto prices, ScanPrices(environment_->store.database, after, limit, deadline));
        std::vector<resource::Page::Item> items;
        for (const StoredPrice& price : prices) {
          items.push_back({price.id, price.version, std::make_unique<v1::Price>(ToPriceMessage(price))});
        }
        return items;
      });
  return absl::OkStatus();
}

absl::Status PriceService::Start() {
  follower_->Start();
  staged_->Start();
  return absl::OkStatus();
}

void PriceService::Stop() {
  if (staged_ != nullptr) staged_->Stop();
  if (follower_ != nullptr) follower_->Stop();
}

bool PriceService::ResolveInMemory(const v1::ResolvePricesRequest& request, v1::ResolvePricesResponse* response) {
  const auto book = follower_->Book();
  if (book == nullptr) return false;
  bool complete = true;
  const auto find = [&](absl::string_view sku) {
    std::optional<v1::Variant> variant = products_.FindVariant(sku);
    complete = complete && variant.has_value();
    return variant;
  };
  const auto find_item = [&](absl::string_view sku) {
    std::optional<SoldItem> item = products_.FindSoldItem(sku);
    complete = complete && item.has_value();
    return item;
  };
  AnswerPrices(*book, find, find_item, request, environment_->store.clock.Now(), response);
  return complete;
}

PriceService::InlineReply PriceService::TryResolve(rpc::Call&, const v1::ResolvePricesRequest& request) {
  if (request.items_size() > kMaxInline) return std::nullopt;
  if (request.explain()) {  // of any size
    v1::ResolvePricesResponse response;
    if (!ResolveInMemory(request, &response)) return std::nullopt;
    return rpc::Reply::FromBinary(response.SerializeAsString());
  }
  // Kept, because to make it anew takes longer than to resolve the prices.
  thread_local v1::ResolvePricesResponse response;
  response.Clear();
  if (!ResolveInMemory(request, &response)) return std::nullopt;
  return rpc::Reply::FromBinary(response.SerializeAsString());
}

absl::StatusOr<v1::ResolvePricesResponse> PriceService::Resolve(rpc::Call& call,
                                                                const v1::ResolvePricesRequest& request) {
  if (request.explain() && request.items_size() > kMaxExplained) {
    return InvalidField("items", absl::StrCat("must have at most ", kMaxExplained, " items with explain"));
  }
  v1::ResolvePricesResponse response;
  if (ResolveInMemory(request, &response)) return response;
  response.Clear();
  std::vector<std::string> skus;
  for (const auto& item : request.items()) skus.push_back(item.sku());
  ASSIGN_OR_RETURN(const auto book, follower_->BookOf(skus, call.deadline));
  ASSIGN_OR_RETURN(const auto variants, products_.ReadVariants(skus, call.deadline));
  const auto find = [&](absl::string_view sku) -> std::optional<v1::Variant> {
    const auto found = variants.find(sku);
    return found == variants.end() ? std::nullopt : std::optional<v1::Variant>(found->second.variant);
  };
  const auto find_item = [&](absl::string_view sku) -> std::optional<SoldItem> {
    const auto found = variants.find(sku);
    return found == variants.end() ? std::nullopt : std::optional<SoldItem>(found->second.item);
  };
  AnswerPrices(*book, find, find_item, request, environment_->store.clock.Now(), &response);
  return response;
}

absl::StatusOr<v1::SetPricesResponse> PriceService::SetPrices(rpc::Call& call, const v1::SetPricesRequest& request) {
  std::vector<PriceEdit> edits;
  std::vector<std::string> skus;
  std::vector<FieldViolation> violations;
  for (const v1::Price& price : request.prices()) {
    const std::string field = absl::StrCat("prices[", edits.size(), "]");
    CheckPriceTimes(price, field + ".", violations);
    edits.push_back({field, ToPlace(price), EndMicros(price.has_end_time(), price.end_time()), price.price()});
    skus.push_back(price.sku());
  }
  ASSIGN_OR_RETURN(const auto product_ids, products_.products().FindByKey("sku", skus, call.deadline));
  for (size_t i = 0; i < skus.size(); ++i) {
    if (product_ids[i] == 0) violations.push_back({edits[i].field + ".sku", "no product has a variant with this SKU"});
  }
  if (!violations.empty()) return InvalidFields(violations);
  v1::SetPricesResponse response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const auto written, writer_->Apply(write, edits, ""));
    for (const StoredPrice& price : written) {
      *response.add_prices() = ToPriceMessage(price);
    }
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::DeletePricesResponse> PriceService::DeletePrices(rpc::Call& call,
                                                                    const v1::DeletePricesRequest& request) {
  std::vector<PriceEdit> edits;
  for (const v1::PriceKey& key : request.prices()) {
    edits.push_back({absl::StrCat("prices[", edits.size(), "]"), ToPlace(key), kForever, std::nullopt});
  }
  v1::DeletePricesResponse response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response, [&](resource::Write& write) {
    return writer_->Apply(write, edits, "").status();
  }));
  return response;
}

absl::StatusOr<v1::ListPricesResponse> PriceService::ListPrices(rpc::Call& call, const v1::ListPricesRequest& request) {
  PricePage wanted;
  ASSIGN_OR_RETURN(auto filter, resource::ParseOptionalFilter(request.filter()));
  if (const auto list = resource::TakeDemand(filter, "price_list")) {
    ASSIGN_OR_RETURN(wanted.list_id, lists_->ParseName(list->value.text, "filter"));
  }
  if (const auto sku = resource::TakeDemand(filter, "sku")) wanted.sku = sku->value.text;
  if (filter.has_value()) {
    ASSIGN_OR_RETURN(wanted.condition, price_filter_.Compile(*filter));
  }
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "ntnn"));
  wanted.after = FromPage(page);
  wanted.limit = page.limit();
  ASSIGN_OR_RETURN(auto prices, ListStoredPrices(environment_->store.database, wanted, call.deadline));
  v1::ListPricesResponse response;
  page.Close(prices, [](const StoredPrice& last) { return ToKeys(PlaceOf(last)); }, &response);
  for (const StoredPrice& price : prices) *response.add_prices() = ToPriceMessage(price);
  return response;
}

}  // namespace storeops::catalog
