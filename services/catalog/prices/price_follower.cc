#include "services/catalog/prices/price_follower.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "services/catalog/prices/price_messages.h"

namespace storeops::catalog {
namespace {

constexpr int kListPage = 500;
constexpr int kPricePage = 10'000;
constexpr absl::Duration kPageLimit = absl::Seconds(30);
constexpr absl::Duration kRefreshLimit = absl::Seconds(5);

absl::Time Soon() { return SteadyNow() + kPageLimit; }

absl::StatusOr<std::vector<PriceListEntry>> ReadLists(resource::Resource& lists, absl::Time deadline) {
  std::vector<PriceListEntry> entries;
  for (int64_t after = 0;;) {
    ASSIGN_OR_RETURN(const auto items, lists.Scan(after, kListPage, /*deleted_too=*/true, deadline));
    if (items.empty()) return entries;
    after = items.back().id;
    for (const auto& item : items) {
      entries.push_back(ToListEntry(static_cast<const v1::PriceList&>(*item.message), item.id, item.version));
    }
  }
}

std::vector<PriceEntry> ToEntries(const std::vector<StoredPrice>& prices) {
  std::vector<PriceEntry> entries;
  entries.reserve(prices.size());
  for (const StoredPrice& price : prices) {
    entries.push_back(
        {price.list_id, price.sku, price.min_quantity, price.start, price.end, price.minor, price.deleted});
  }
  return entries;
}

// Everything, read page by page. Each copy of the book doubles it about, so that all copies together stay small.
absl::StatusOr<std::shared_ptr<const PriceBook>> ReadBook(resource::Resource& lists, db::Database& database,
                                                          absl::FunctionRef<bool()> keep_going, PriceMemory& memory) {
  ASSIGN_OR_RETURN(const int64_t revision, ReadPriceRevision(database, Soon()));
  ASSIGN_OR_RETURN(const auto list_entries, ReadLists(lists, Soon()));
  std::shared_ptr<const PriceBook> book = std::make_shared<PriceBook>();
  if (auto with_lists = book->WithLists(list_entries); with_lists != nullptr) book = std::move(with_lists);
  std::vector<PriceEntry> waiting;
  for (int64_t after = 0;;) {
    if (!keep_going()) return absl::CancelledError("stopping");
    ASSIGN_OR_RETURN(const auto prices, ScanPrices(database, after, kPricePage, Soon()));
    if (prices.empty()) return book->With(waiting, revision);
    after = prices.back().id;
    std::vector<PriceEntry> entries = ToEntries(prices);
    std::move(entries.begin(), entries.end(), std::back_inserter(waiting));
    if (waiting.size() < book->price_count()) continue;
    book = book->With(waiting, revision);
    waiting.clear();
    memory.Replace(book);  // so that its size is seen
  }
}

}  // namespace

PriceFollower::PriceFollower(resource::Resource& lists, db::Database& database, changes::Feed& feed,
                             telemetry::Telemetry* telemetry)
    : lists_(lists), database_(database), feed_(feed), telemetry_(telemetry) {}

void PriceFollower::Start() {
  replica_ = std::make_unique<changes::Replica>(
      changes::Replica::Options{
          .name = "price-memory",
          .types = {lists_.type(), kPriceType},
          .gauge = "storeops_prices_loaded",
          .help = "1: prices are resolved from memory; 0: from the database, until they are loaded.",
          .telemetry = telemetry_},
      feed_,
      changes::Replica::State{.load = [this](absl::FunctionRef<bool()> keep_going) { return Load(keep_going); },
                              .apply = [this](const changes::Batch& batch) { return Apply(batch); },
                              .bytes = [this] { return memory_.Get()->bytes(); },
                              .clear = [this] { memory_.Replace(std::make_shared<PriceBook>()); }});
  replica_->Start();
}

void PriceFollower::Stop() {
  if (replica_ != nullptr) replica_->Stop();
}

absl::Status PriceFollower::Load(absl::FunctionRef<bool()> keep_going) {
  ASSIGN_OR_RETURN(auto book, ReadBook(lists_, database_, keep_going, memory_));
  memory_.Replace(std::move(book));
  // What changed meanwhile, which readers of the database have seen.
  ASSIGN_OR_RETURN(const auto lists, ReadLists(lists_, Soon()));
  memory_.ApplyLists(lists);
  malloc_trim(0);  // what the load needed for itself
  return CatchUp();
}

absl::Status PriceFollower::CatchUp() {
  absl::MutexLock lock(&catch_up_mutex_);
  const absl::Time deadline = SteadyNow() + kRefreshLimit;
  const int64_t known = memory_.Get()->revision();
  // First, so that every revision up to it is visible to the next statements: MariaDB's snapshots can miss one that was
  // committed just before another that they contain.
  ASSIGN_OR_RETURN(const int64_t last, ReadPriceRevision(database_, deadline));
  int64_t revision = known, id = std::numeric_limits<int64_t>::max();
  std::vector<PriceEntry> entries;
  while (true) {
    ASSIGN_OR_RETURN(auto prices, ReadChangedPrices(database_, revision, id, kPricePage, deadline));
    while (!prices.empty() && prices.back().revision > last) prices.pop_back();
    std::vector<PriceEntry> page = ToEntries(prices);
    std::move(page.begin(), page.end(), std::back_inserter(entries));
    if (!prices.empty()) revision = prices.back().revision;
    if (prices.size() < kPricePage) break;
    id = prices.back().id;
  }
  // Only now: a reader sees all prices of a transaction or none.
  if (!entries.empty()) memory_.Apply(entries, revision);
  return absl::OkStatus();
}

void PriceFollower::Refresh() {
  if (replica_ == nullptr || !replica_->active()) return;
  const absl::Status status = CatchUp();
  if (status.ok()) return;
  telemetry::Log(telemetry::LogLevel::kWarning, "prices are refreshed later", {{"error", status.ToString()}});
}

void PriceFollower::ApplyList(const v1::PriceList& list, int64_t id, int64_t version) {
  memory_.ApplyLists({ToListEntry(list, id, version)});
}

absl::Status PriceFollower::Apply(const changes::Batch& batch) {
  bool prices = false;
  for (const changes::Change& change : batch.changes) {
    if (change.type() == kPriceType) {
      prices = true;
      continue;
    }
    ASSIGN_OR_RETURN(const int64_t id, lists_.ParseName(change.subject(), "subject"));
    v1::PriceList list;
    if (!list.ParseFromString(change.resource())) {
      return STOREOPS_BUG(absl::StrCat("change ", change.id(), " carries no price list"));
    }
    ApplyList(list, id, change.version());
  }
  return prices ? CatchUp() : absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const PriceBook>> PriceFollower::BookOf(const std::vector<std::string>& skus,
                                                                       absl::Time deadline) const {
  if (auto book = Book(); book != nullptr) return book;
  // Prices first: a list that is made meanwhile has none among them.
  ASSIGN_OR_RETURN(const auto prices, ReadPricesOfSkus(database_, skus, deadline));
  ASSIGN_OR_RETURN(const auto lists, ReadLists(lists_, deadline));
  std::shared_ptr<const PriceBook> book = PriceBook().With(ToEntries(prices), 0);
  if (auto with_lists = book->WithLists(lists); with_lists != nullptr) book = std::move(with_lists);
  return book;
}

}  // namespace storeops::catalog
