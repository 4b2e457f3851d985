#include "services/catalog/prices/price_follower.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "prometheus/gauge.h"
#include "services/catalog/prices/price_messages.h"

namespace storeops::catalog {
namespace {

constexpr int kListPage = 500;
constexpr int kPricePage = 10'000;
constexpr absl::Duration kPageLimit = absl::Seconds(30);
constexpr absl::Duration kRefreshLimit = absl::Seconds(5);

absl::Time Soon() { return absl::Now() + kPageLimit; }

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
                                                          const changes::Consumer& reader) {
  ASSIGN_OR_RETURN(const int64_t revision, ReadPriceRevision(database, Soon()));
  ASSIGN_OR_RETURN(const auto list_entries, ReadLists(lists, Soon()));
  std::shared_ptr<const PriceBook> book = std::make_shared<PriceBook>();
  if (auto with_lists = book->WithLists(list_entries); with_lists != nullptr) book = std::move(with_lists);
  std::vector<PriceEntry> waiting;
  for (int64_t after = 0;;) {
    if (reader.Stopping()) return absl::CancelledError("stopping");
    ASSIGN_OR_RETURN(const auto prices, ScanPrices(database, after, kPricePage, Soon()));
    if (prices.empty()) return book->With(waiting, revision);
    after = prices.back().id;
    std::vector<PriceEntry> entries = ToEntries(prices);
    std::move(entries.begin(), entries.end(), std::back_inserter(waiting));
    if (waiting.size() < book->price_count()) continue;
    book = book->With(waiting, revision);
    waiting.clear();
  }
}

}  // namespace

PriceFollower::PriceFollower(resource::Resource& lists, db::Database& database, changes::Feed& feed,
                             telemetry::Telemetry* telemetry)
    : lists_(lists), database_(database), feed_(feed), telemetry_(telemetry) {
  if (telemetry_ == nullptr) return;
  loaded_gauge_ = &telemetry_->Gauge(
      "storeops_prices_loaded", "1: prices are resolved from memory; 0: from the database, until they are loaded.");
}

void PriceFollower::Start() {
  consumer_ = std::make_unique<changes::Consumer>(
      changes::Consumer::Options{"price-memory", feed_.source(), telemetry_},
      changes::MakeLocalFeedSource(feed_, {lists_.type(), kPriceType}),
      [this]() -> absl::StatusOr<int64_t> {
        if (!loaded_) RETURN_IF_ERROR(Load());
        return position_.load();
      },
      [this](const changes::Batch& batch) -> absl::Status {
        RETURN_IF_ERROR(Apply(batch));
        position_ = batch.read_through;
        return absl::OkStatus();
      },
      // Loaded again when it is to go on.
      [this] {
        SetLoaded(false);
        return absl::OkStatus();
      });
  consumer_->Start();
}

void PriceFollower::Stop() {
  if (consumer_ != nullptr) consumer_->Stop();
}

void PriceFollower::SetLoaded(bool loaded) {
  loaded_ = loaded;
  if (loaded_gauge_ != nullptr) loaded_gauge_->Set(loaded ? 1 : 0);
}

absl::Status PriceFollower::Load() {
  const absl::Time start = absl::Now();
  // Read first: what is committed from now on comes through the feed as well.
  ASSIGN_OR_RETURN(position_, feed_.LastSequence(Soon()));
  ASSIGN_OR_RETURN(auto book, ReadBook(lists_, database_, *consumer_));
  memory_.Replace(std::move(book));
  // What changed meanwhile, which readers of the database have seen.
  ASSIGN_OR_RETURN(const auto lists, ReadLists(lists_, Soon()));
  memory_.ApplyLists(lists);
  RETURN_IF_ERROR(CatchUp());
  SetLoaded(true);
  Refresh();
  malloc_trim(0);  // what the load needed for itself
  telemetry::Log(telemetry::LogLevel::kInfo, "prices are loaded",
                 {{"prices", absl::StrCat(memory_.Get()->price_count())},
                  {"bytes", absl::StrCat(memory_.Get()->bytes())},
                  {"seconds", absl::StrCat(absl::ToDoubleSeconds(absl::Now() - start))}});
  return absl::OkStatus();
}

absl::Status PriceFollower::CatchUp() {
  absl::MutexLock lock(&catch_up_mutex_);
  const absl::Time deadline = absl::Now() + kRefreshLimit;
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
  if (!loaded_) return;
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
