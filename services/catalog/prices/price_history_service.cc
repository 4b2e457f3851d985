#include "services/catalog/prices/price_history_service.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/list_cost.h"
#include "common/rpc/json.h"
#include "services/catalog/prices/price_messages.h"
#include "storeops/catalog/v1/price_service.pb.h"

namespace storeops::catalog {
namespace {

using changes::Change;
using v1::PriceHistoryEntry;
using v1::PriceList;

// As the engine's.
constexpr int kFactsPage = 500;
// Rows of one SKU that the lowest price is found from; older ones are not looked at.
constexpr int kMaxRows = 5000;
constexpr int kMinDays = 30;

PriceHistoryEntry ToEntry(const PriceHistoryRow& row) {
  PriceHistoryEntry entry;
  entry.set_sku(row.sku);
  *entry.mutable_time() = ToTimestamp(row.place.time);
  entry.set_source(static_cast<PriceHistoryEntry::Source>(row.place.source));
  if (row.place.source == PriceSource::kList) {
    entry.set_price_list(PriceListName(row.place.list_id));
    entry.set_min_quantity(static_cast<int32_t>(row.place.min_quantity));
    SetTimes(row.place.start, row.end, &entry);
  }
  if (row.old_minor.has_value()) *entry.mutable_old_price() = MoneyFromMinor(*row.old_minor, row.place.currency);
  if (row.new_minor.has_value()) *entry.mutable_new_price() = MoneyFromMinor(*row.new_minor, row.place.currency);
  entry.set_actor(row.actor);
  entry.set_cause(row.cause);
  return entry;
}

std::vector<db::Value> ToKeys(const PriceHistoryPlace& place) {
  return {db::Value(absl::ToUnixMicros(place.time)),
          db::Value(static_cast<int>(place.source)),
          db::Value(place.list_id),
          db::Value(place.min_quantity),
          db::Value(place.start),
          db::Value(place.currency)};
}

std::optional<PriceHistoryPlace> HistoryPlaceOf(const resource::ListPage& page) {
  if (page.first()) return std::nullopt;
  return PriceHistoryPlace{absl::FromUnixMicros(page.Number(0)),
                           static_cast<PriceSource>(page.Number(1)),
                           page.Number(2),
                           page.Number(3),
                           page.Number(4),
                           page.Text(5)};
}

// A field as its history has it: JSON, empty when not set.
absl::Status SetField(const std::string& name, const std::string& json, PriceList* list) {
  const auto* field = PriceList::descriptor()->FindFieldByName(name);
  if (field == nullptr) return absl::OkStatus();  // a field of earlier days
  list->GetReflection()->ClearField(list, field);
  if (json.empty()) return absl::OkStatus();
  PriceList part;
  RETURN_IF_ERROR(rpc::JsonToMessage(absl::StrCat("{\"", name, "\":", json, "}"), &part));
  list->MergeFrom(part);
  return absl::OkStatus();
}

// All rows of what was observed that are new, or other than those that are there.
std::vector<PriceHistoryRow> NewRows(const std::vector<PriceHistoryRow>& present, std::vector<PriceHistoryRow> rows) {
  absl::btree_map<std::tuple<std::string, absl::Time, std::string>, int64_t> known;
  for (const PriceHistoryRow& row : present) {
    known[{row.sku, row.place.time, row.place.currency}] = row.new_minor.value_or(0);
  }
  std::erase_if(rows, [&](const PriceHistoryRow& row) {
    const auto found = known.find({row.sku, row.place.time, row.place.currency});
    return found != known.end() && found->second == *row.new_minor;
  });
  return rows;
}

}  // namespace

absl::Status PriceHistoryService::Bind(rpc::ServiceBuilder& service) {
  ASSIGN_OR_RETURN(filter_fields_, OpenPriceHistoryFilter(environment_.store.database));
  service.Unary("ListPriceHistory", this, &PriceHistoryService::List)
      .CostRaw("ListPriceHistory", resource::ListCost(filter_fields_, "sku"))
      .Unary("RecordPriceHistory", this, &PriceHistoryService::Record)
      .Unary("GetLowestPrices", this, &PriceHistoryService::GetLowest);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<PriceHistoryRow>> PriceHistoryService::FirstBasePrice(const std::string& sku,
                                                                                   absl::Time deadline) {
  ASSIGN_OR_RETURN(const auto ids, products_.products().FindByKey("sku", {sku}, deadline));
  if (ids[0] == 0) return std::nullopt;
  ASSIGN_OR_RETURN(const auto items, products_.products().ReadMany(ids, deadline));
  if (items.empty()) return std::nullopt;
  const auto& product = static_cast<const v1::Product&>(*items[0].message);
  PriceHistoryRow row;
  row.sku = sku;
  row.place.time = FromTimestamp(product.create_time());
  row.place.source = PriceSource::kBase;
  ASSIGN_OR_RETURN(const auto change, ReadFirstBaseChange(environment_.store.database, sku, deadline));
  if (change.has_value()) {
    row.place.currency = change->place.currency;
    row.new_minor = change->old_minor;
  } else {
    for (const v1::Variant& variant : product.variants()) {
      if (variant.sku() != sku || !variant.has_price()) continue;
      ASSIGN_OR_RETURN(const CurrencyAmount price, ReadMoney(variant.price()));
      row.place.currency = price.currency;
      row.new_minor = price.minor;
    }
  }
  if (!row.new_minor.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(row.actor, ReadCreator(environment_.store.database, products_.products().type(), ids[0], deadline));
  return row;
}

absl::StatusOr<v1::ListPriceHistoryResponse> PriceHistoryService::List(rpc::Call& call,
                                                                       const v1::ListPriceHistoryRequest& request) {
  ASSIGN_OR_RETURN(const auto condition, filter_fields_.Compile(request.filter()));
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_.page_tokens.Open(request, "nnnnnt"));
  ASSIGN_OR_RETURN(auto rows, ListPriceHistoryRows(environment_.store.database, request.sku(), condition,
                                                   HistoryPlaceOf(page), page.limit(), call.deadline));
  v1::ListPriceHistoryResponse response;
  page.Close(rows, [](const PriceHistoryRow& last) { return ToKeys(last.place); }, &response);
  if (response.next_page_token().empty() && condition.sql.empty()) {
    // The last page ends with the price that the product was created with. (What was observed may be older.)
    ASSIGN_OR_RETURN(auto first, FirstBasePrice(request.sku(), call.deadline));
    if (first.has_value()) rows.push_back(*std::move(first));
  }
  for (const PriceHistoryRow& row : rows) *response.add_entries() = ToEntry(row);
  return response;
}

absl::StatusOr<v1::RecordPriceHistoryResponse> PriceHistoryService::Record(
    rpc::Call& call, const v1::RecordPriceHistoryRequest& request) {
  const absl::Time now = environment_.store.clock.Now();
  std::vector<PriceHistoryRow> rows;
  std::vector<FieldViolation> violations;
  absl::btree_set<std::string> skus;
  for (const v1::ObservedPrice& price : request.prices()) {
    const absl::Time time = FromTimestamp(price.time());
    if (time > now) {
      violations.push_back({absl::StrCat("prices[", rows.size(), "].time"), "must not be in the future"});
    } else if (time <= absl::UnixEpoch()) {
      violations.push_back({absl::StrCat("prices[", rows.size(), "].time"), "must be after 1970-01-01T00:00:00Z"});
    }
    PriceHistoryRow row;
    row.sku = price.sku();
    row.place.time = time;
    row.place.source = PriceSource::kObserved;
    ASSIGN_OR_RETURN(const CurrencyAmount observed, ReadMoney(price.price()));
    row.place.currency = observed.currency;
    row.new_minor = observed.minor;
    row.actor = call.principal.name;
    row.cause = request.origin();
    rows.push_back(std::move(row));
    skus.insert(price.sku());
  }
  if (!violations.empty()) return InvalidFields(violations);
  v1::RecordPriceHistoryResponse response;
  RETURN_IF_ERROR(resource::RunWrite(environment_.store, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const auto present, ReadObserved(write.session(), {skus.begin(), skus.end()}));
    const std::vector<PriceHistoryRow> fresh = NewRows(present, rows);
    RETURN_IF_ERROR(WritePriceHistory(write.session(), fresh));
    response.set_recorded(static_cast<int32_t>(fresh.size()));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<std::vector<PriceFacts::OfList>> PriceHistoryService::ReadListFacts(const rpc::Call& call,
                                                                                   int64_t list_id) {
  v1::ListPriceListHistoryRequest request;
  request.set_name(PriceListName(list_id));
  request.set_page_size(kFactsPage);
  std::vector<storeops::changes::v1::HistoryEntry> entries;
  do {
    v1::ListPriceListHistoryResponse page;
    RETURN_IF_ERROR(lists_.ListHistory(call, request, &page));
    std::move(page.mutable_entries()->begin(), page.mutable_entries()->end(), std::back_inserter(entries));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  std::vector<PriceFacts::OfList> facts;
  PriceList list;
  bool live = true;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    for (const auto& change : entry->changes()) RETURN_IF_ERROR(SetField(change.field(), change.new_value(), &list));
    if (entry->kind() == Change::DELETED) live = false;
    if (entry->kind() == Change::UNDELETED) live = true;
    facts.push_back({absl::ToUnixMicros(FromTimestamp(entry->time())), ToTerms(list, list_id), live});
  }
  return facts;
}

absl::StatusOr<PriceFacts> PriceHistoryService::ReadFacts(const rpc::Call& call, const std::string& sku,
                                                          const std::string& currency, ListFacts& lists) {
  PriceFacts facts;
  ASSIGN_OR_RETURN(auto rows, ListPriceHistoryRows(environment_.store.database, sku, /*condition=*/{}, std::nullopt,
                                                   kMaxRows, call.deadline));
  ASSIGN_OR_RETURN(auto first, FirstBasePrice(sku, call.deadline));
  if (first.has_value()) rows.push_back(*std::move(first));
  absl::btree_set<int64_t> list_ids;
  for (const PriceHistoryRow& row : rows) {
    if (row.place.currency != currency) continue;
    const int64_t since = absl::ToUnixMicros(row.place.time);
    if (row.place.source == PriceSource::kList) {
      facts.prices.push_back(
          {since, row.place.list_id, row.place.min_quantity, row.place.start, row.end, row.new_minor});
      list_ids.insert(row.place.list_id);
    } else {
      facts.base.push_back({since, row.new_minor});
    }
  }
  for (const int64_t list_id : list_ids) {
    auto list = lists.find(list_id);
    if (list == lists.end()) {
      ASSIGN_OR_RETURN(auto of_list, ReadListFacts(call, list_id));
      list = lists.emplace(list_id, std::move(of_list)).first;
    }
    facts.lists.insert(facts.lists.end(), list->second.begin(), list->second.end());
  }
  const auto by_time = [](const auto& a, const auto& b) { return a.since < b.since; };
  std::stable_sort(facts.lists.begin(), facts.lists.end(), by_time);
  std::stable_sort(facts.prices.begin(), facts.prices.end(), by_time);
  std::stable_sort(facts.base.begin(), facts.base.end(), by_time);
  return facts;
}

absl::StatusOr<v1::GetLowestPricesResponse> PriceHistoryService::GetLowest(rpc::Call& call,
                                                                           const v1::GetLowestPricesRequest& request) {
  const absl::Time now = environment_.store.clock.Now();
  const absl::Time at = request.has_time() ? FromTimestamp(request.time()) : now;
  const int days = request.days() == 0 ? kMinDays : request.days();
  std::vector<FieldViolation> violations;
  if (at > now) violations.push_back({"time", "must not be in the future"});
  if (days < kMinDays) violations.push_back({"days", absl::StrCat("must be at least ", kMinDays)});
  if (!violations.empty()) return InvalidFields(violations);

  const PriceQuestion question{request.currency(), request.channel(), request.customer_group(), 0};
  const int64_t until = absl::ToUnixMicros(at) + 1;  // what begins at the moment counts
  const int64_t window = absl::ToInt64Microseconds(absl::Hours(24) * days);
  ListFacts lists;
  v1::GetLowestPricesResponse response;
  for (const std::string& sku : request.skus()) {
    ASSIGN_OR_RETURN(const PriceFacts facts, ReadFacts(call, sku, request.currency(), lists));
    const LowestPrice found = FindLowestPrice(PriceTimeline(facts, question, until), until, window);
    v1::LowestPrice* price = response.add_prices();
    price->set_sku(sku);
    if (found.present.has_value()) *price->mutable_price() = MoneyFromMinor(*found.present, request.currency());
    price->set_reduced(found.reduced);
    if (found.reduced) {
      *price->mutable_reduced_since() = ToTimestamp(absl::FromUnixMicros(found.reduced_since));
      *price->mutable_price_before() = MoneyFromMinor(*found.before, request.currency());
    }
    if (found.lowest.has_value()) {
      *price->mutable_lowest_price() = MoneyFromMinor(*found.lowest, request.currency());
      *price->mutable_lowest_since() = ToTimestamp(absl::FromUnixMicros(found.lowest_since));
    }
    *price->mutable_window_start() = ToTimestamp(absl::FromUnixMicros(found.window_start));
    *price->mutable_window_end() = ToTimestamp(absl::FromUnixMicros(found.window_end));
    price->set_complete(found.complete);
  }
  return response;
}

}  // namespace storeops::catalog
