#include "services/catalog/products/product_follower.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "prometheus/gauge.h"
#include "services/catalog/availability/stock_follower.h"
#include "services/catalog/products/product_document.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {
namespace {

using changes::Change;
using v1::Product;

constexpr int kPage = 500;
constexpr absl::Duration kPageLimit = absl::Seconds(30);
// Commits are spaced out under load, so that each carries more; well below the second that news may take.
constexpr absl::Duration kCommitInterval = absl::Milliseconds(350);
// After a batch of this size there is no pause: more of them are coming.
constexpr size_t kLargeBatch = 1000;
constexpr int kAvailabilityPage = 2000;
// How often the database is asked whether the stock is known, until it is.
constexpr absl::Duration kKnownInterval = absl::Seconds(1);
// How often work that waits says that it is alive.
constexpr absl::Duration kReportInterval = absl::Seconds(1);
// Processes that share a folder each take an index of their own.
constexpr int kMaxIndexes = 16;
constexpr int64_t kMaxDocumentId = std::numeric_limits<uint32_t>::max();

std::vector<ProductSnapshot::Entry> MakeEntries(const std::vector<resource::Page::Item>& items) {
  std::vector<ProductSnapshot::Entry> entries;
  entries.reserve(items.size());
  for (const auto& item : items) {
    entries.push_back(MakeEntry(item.id, item.version, static_cast<const Product&>(*item.message)));
  }
  return entries;
}

}  // namespace

ProductFollower::ProductFollower(resource::Resource& products, const resource::Store& store, ProductMemory& memory,
                                 telemetry::Telemetry* telemetry, size_t max_bytes)
    : products_(products),
      database_(store.database),
      feed_(store.feed),
      memory_(memory),
      telemetry_(telemetry),
      replica_({.name = "product-memory",
                .types = {products.type(), kSkuAvailabilityType},
                .contents = changes::Contents::kHeads,
                .gauge = "storeops_product_snapshot_loaded",
                .help = "1: products are read from memory; 0: from the database, until they are loaded.",
                .max_bytes = max_bytes,
                .telemetry = telemetry},
               store.feed,
               {.load = [this](absl::FunctionRef<bool()> keep_going) { return LoadMemory(keep_going); },
                .apply = [this](const changes::Batch& batch) { return ApplyToMemory(batch); },
                .bytes = [this] { return memory_.Get()->bytes() + availability_.bytes(); },
                .clear =
                    [this] {
                      memory_.Clear();
                      availability_.Clear();
                    }}),
      repairs_({.name = "index-repair", .body = [this] { RunRepairs(); }}),
      stock_known_poller_("whether the stock is known", kKnownInterval, [this]() -> absl::StatusOr<bool> {
        RETURN_IF_ERROR(LearnStockKnown());
        return false;
      }) {}

absl::Status ProductFollower::Open(const std::string& folder) {
  RETURN_IF_ERROR(OpenIndex(folder));
  RETURN_IF_ERROR(LearnStockKnown());
  // A cursor ahead of the feed belongs to another database, e.g. to the one before a backup was restored.
  ASSIGN_OR_RETURN(const int64_t last, feed_.LastSequence(SteadyNow() + kPageLimit));
  return index_->cursor().value_or(0) > last ? index_->Reset() : absl::OkStatus();
}

void ProductFollower::Start() {
  index_consumer_ = std::make_unique<changes::Consumer>(
      changes::Consumer::Options{"product-index", feed_.source(), telemetry_, /*gives_way=*/true},
      changes::MakeLocalFeedSource(feed_, {products_.type(), kSkuAvailabilityType}, changes::Contents::kHeads),
      [this]() -> absl::StatusOr<int64_t> {
        RETURN_IF_ERROR(EnsureIndex());
        return index_->cursor().value_or(0);
      },
      [this](const changes::Batch& batch) { return ApplyToIndex(batch); },
      // Built when it is to go on.
      [this] {
        absl::MutexLock lock(&index_mutex_);
        return index_->Reset();
      });
  replica_.Start();
  index_consumer_->Start();
  repairs_.Start();
  stock_known_poller_.Start();
}

void ProductFollower::Stop() {
  stock_known_poller_.Stop();
  replica_.Stop();  // first: the others wait for it
  repairs_.Stop();
  if (index_consumer_ != nullptr) index_consumer_->Stop();
}

absl::Status ProductFollower::OpenIndex(const std::string& folder) {
  absl::Status status;
  for (int number = 1; number <= kMaxIndexes; ++number) {
    auto index = search::Index::Open(absl::StrCat(folder, "/product-index-", number), kProductIndexFormat);
    status = index.status();
    if (status.ok()) {
      index_ = *std::move(index);
      return absl::OkStatus();
    }
    if (!absl::IsUnavailable(status)) return status;
  }
  return status;
}

void ProductFollower::Committed(std::vector<ProductSnapshot::Entry> entries) {
  if (replica_.active()) memory_.Apply(std::move(entries));
}

std::shared_ptr<const ProductSnapshot> ProductFollower::Snapshot() const {
  return replica_.loaded() ? memory_.Get() : nullptr;
}

absl::StatusOr<std::shared_ptr<const ProductSnapshot>> ProductFollower::SnapshotOf(const std::vector<int64_t>& ids,
                                                                                   absl::Time deadline) const {
  if (auto snapshot = Snapshot(); snapshot != nullptr) return snapshot;
  return ReadSnapshot(ids, deadline);
}

absl::StatusOr<std::shared_ptr<const ProductSnapshot>> ProductFollower::SnapshotWith(const changes::Batch& heads) {
  if (replica_.loaded()) {
    RETURN_IF_ERROR(ApplyToMemory(heads));  // they may have come here first
    return memory_.Get();
  }
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, IdsIn(heads));
  return ReadSnapshot(ids, SteadyNow() + kPageLimit);
}

absl::StatusOr<std::shared_ptr<const ProductSnapshot>> ProductFollower::ReadSnapshot(const std::vector<int64_t>& ids,
                                                                                     absl::Time deadline) const {
  ASSIGN_OR_RETURN(const auto items, products_.ReadMany(ids, deadline));
  ProductMemory few;
  few.Apply(MakeEntries(items));
  return few.Get();
}

absl::Status ProductFollower::LearnStockKnown() {
  if (stock_known()) return absl::OkStatus();
  ASSIGN_OR_RETURN(stock_known_, ReadStockKnown(database_, SteadyNow() + kPageLimit));
  return absl::OkStatus();
}

absl::StatusOr<InStock> ProductFollower::InStockOf(const std::vector<std::string>& skus, absl::Time deadline) const {
  if (!stock_known()) return InStock();
  return StoredInStock(skus, deadline);
}

absl::StatusOr<InStock> ProductFollower::StoredInStock(const std::vector<std::string>& skus,
                                                       absl::Time deadline) const {
  if (replica_.loaded()) {
    InStock in_stock(availability_.FindInStock(skus));
    if (replica_.loaded()) return in_stock;  // otherwise it may have been cleared meanwhile
  }
  ASSIGN_OR_RETURN(const SkuAvailabilities stored, ReadAvailability(database_, skus, deadline));
  absl::flat_hash_set<std::string> in_stock;
  for (const auto& [sku, availability] : stored) {
    if (availability.in_stock) in_stock.insert(sku);
  }
  return InStock(std::move(in_stock));
}

absl::Status ProductFollower::LoadMemory(absl::FunctionRef<bool()> keep_going) {
  RETURN_IF_ERROR(LoadProducts(keep_going));
  return LoadAvailability(keep_going);
}

absl::Status ProductFollower::LoadAvailability(absl::FunctionRef<bool()> keep_going) {
  std::string after;
  while (keep_going()) {
    ASSIGN_OR_RETURN(const auto page, ScanAvailability(database_, after, kAvailabilityPage, SteadyNow() + kPageLimit));
    for (const SkuAvailability& availability : page) availability_.Put(availability);
    if (page.size() < kAvailabilityPage) break;
    after = page.back().sku;
  }
  return absl::OkStatus();
}

absl::Status ProductFollower::LoadProducts(absl::FunctionRef<bool()> keep_going) {
  int64_t after = 0;
  while (keep_going()) {
    ASSIGN_OR_RETURN(const auto items, products_.Scan(after, kPage, /*deleted_too=*/true, SteadyNow() + kPageLimit));
    if (items.empty()) break;
    memory_.Apply(MakeEntries(items));
    after = items.back().id;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> ProductFollower::IdsIn(const changes::Batch& heads) const {
  absl::btree_set<int64_t> ids;
  std::vector<std::string> skus;
  for (const Change& change : heads.changes) {
    if (change.type() == kSkuAvailabilityType) skus.push_back(SkuOfAvailability(change.subject()));
    if (change.type() != products_.type()) continue;
    ASSIGN_OR_RETURN(const int64_t id, products_.ParseName(change.subject(), "subject"));
    ids.insert(id);
  }
  if (!skus.empty()) {
    // By the database: a SKU that moved since comes with the changes of its products as well.
    ASSIGN_OR_RETURN(const std::vector<int64_t> owners, products_.FindByKey("sku", skus, SteadyNow() + kPageLimit));
    ids.insert(owners.begin(), owners.end());
    ids.erase(0);  // SKUs of no product
  }
  return std::vector<int64_t>(ids.begin(), ids.end());
}

bool ProductFollower::Knows(const Change& head, const ProductSnapshot& present) const {
  // Even if nothing is left of it: deleted products are dropped after a while.
  if (head.sequence() <= replica_.position()) return true;
  if (head.type() == kSkuAvailabilityType) {
    return availability_.Version(SkuOfAvailability(head.subject())) >= head.version();
  }
  if (head.type() != products_.type()) return true;
  const absl::StatusOr<int64_t> id = products_.ParseName(head.subject(), "subject");
  const auto* entry = id.ok() ? present.Find(*id) : nullptr;
  return entry != nullptr && entry->version >= head.version();
}

absl::Status ProductFollower::ApplyToMemory(const changes::Batch& heads) {
  // Most often all of them are here already, from the writer itself or from the other consumer.
  const std::shared_ptr<const ProductSnapshot> present = memory_.Get();
  int64_t first_product = 0;
  int products = 0;
  std::vector<std::string> skus;
  for (const Change& head : heads.changes) {
    const bool known = Knows(head, *present);
    if (head.type() == kSkuAvailabilityType && !known) skus.push_back(SkuOfAvailability(head.subject()));
    if (head.type() != products_.type()) continue;
    if (first_product == 0 && !known) first_product = head.sequence();
    products += first_product != 0;
  }
  if (products > 0) RETURN_IF_ERROR(ApplyProducts(first_product, products));
  return ApplyAvailability(skus);
}

absl::Status ProductFollower::ApplyAvailability(const std::vector<std::string>& skus) {
  if (skus.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const SkuAvailabilities stored, ReadAvailability(database_, skus, SteadyNow() + kPageLimit));
  for (const auto& [sku, availability] : stored) availability_.Put(availability);
  return absl::OkStatus();
}

absl::Status ProductFollower::ApplyProducts(int64_t first_sequence, int count) {
  ASSIGN_OR_RETURN(const changes::Batch batch,
                   feed_.Read(first_sequence - 1, count, {products_.type()}, SteadyNow() + kPageLimit));
  std::vector<ProductSnapshot::Entry> entries;
  entries.reserve(batch.changes.size());
  Product product;
  for (const Change& change : batch.changes) {
    ASSIGN_OR_RETURN(const int64_t id, products_.ParseName(change.subject(), "subject"));
    if (!product.ParseFromString(change.resource())) {
      return STOREOPS_BUG(absl::StrCat("change ", change.id(), " carries no product"));
    }
    if (change.kind() == Change::EXPUNGED) {
      entries.push_back({id, change.version(), {}});
    } else {
      entries.push_back(MakeEntry(id, change.version(), product));
    }
  }
  memory_.Apply(std::move(entries));
  return absl::OkStatus();
}

absl::Status ProductFollower::EnsureIndex() {
  const auto sound = [this] { return !index_->damaged() && index_->cursor().has_value(); };
  if (sound()) return absl::OkStatus();
  if (!replica_.AwaitSettled(absl::InfiniteFuture())) return absl::CancelledError("stopping");
  absl::MutexLock lock(&index_mutex_);
  return sound() ? absl::OkStatus() : BuildIndex();
}

absl::StatusOr<std::vector<int64_t>> ProductFollower::LiveIds(const ProductSnapshot* memory, int64_t after) const {
  std::vector<int64_t> ids;
  if (memory != nullptr) {
    for (const auto* entry : memory->After(after, kPage)) ids.push_back(entry->id);
    return ids;
  }
  ASSIGN_OR_RETURN(const auto items, products_.Scan(after, kPage, /*deleted_too=*/false, SteadyNow() + kPageLimit));
  for (const auto& item : items) ids.push_back(item.id);
  return ids;
}

absl::Status ProductFollower::BuildIndex() {
  const absl::Time start = SteadyNow();
  RETURN_IF_ERROR(index_->Reset());
  // First: what is written from now on comes through the feed as well.
  int64_t position = replica_.position();
  const std::shared_ptr<const ProductSnapshot> memory = Snapshot();
  if (memory == nullptr) {
    ASSIGN_OR_RETURN(position, feed_.LastSequence(start + kPageLimit));
  }
  int64_t products = 0;
  for (int64_t after = 0;;) {
    if (repairs_.Stopping()) return absl::CancelledError("stopping");
    ASSIGN_OR_RETURN(const std::vector<int64_t> ids, LiveIds(memory.get(), after));
    if (ids.empty()) break;
    auto page = memory;
    if (page == nullptr) {
      ASSIGN_OR_RETURN(page, ReadSnapshot(ids, SteadyNow() + kPageLimit));
    }
    RETURN_IF_ERROR(UpdateIndex(ids, *page));
    products += static_cast<int64_t>(ids.size());
    after = ids.back();
  }
  RETURN_IF_ERROR(index_->Commit(position));
  telemetry::Log(
      telemetry::LogLevel::kInfo, "search index is built",
      {{"products", absl::StrCat(products)}, {"seconds", absl::StrCat(absl::ToDoubleSeconds(SteadyNow() - start))}});
  return absl::OkStatus();
}

absl::Status ProductFollower::UpdateIndex(const std::vector<int64_t>& ids, const ProductSnapshot& snapshot) {
  std::vector<std::pair<int64_t, Product>> live;
  std::vector<uint32_t> removed;
  std::vector<std::string> skus;
  live.reserve(ids.size());
  for (int64_t id : ids) {
    if (id <= 0 || id > kMaxDocumentId) continue;
    const ProductSnapshot::Entry* entry = snapshot.Find(id);
    if (entry == nullptr || !entry->live()) {
      removed.push_back(static_cast<uint32_t>(id));
    } else if (entry->product.ParseTo(&live.emplace_back(id, Product()).second)) {
      AppendStockedSkus(live.back().second, &skus);
    } else {
      live.pop_back();
    }
  }
  ASSIGN_OR_RETURN(const InStock in_stock, StoredInStock(skus, SteadyNow() + kPageLimit));
  std::vector<search::Document> documents;
  documents.reserve(live.size());
  for (const auto& [id, product] : live) documents.push_back(MakeProductDocument(id, product, in_stock.Has(product)));
  return index_->Update(documents, removed);
}

absl::Status ProductFollower::ApplyToIndex(const changes::Batch& batch) {
  if (batch.changes.empty()) return absl::OkStatus();  // the cursor goes along with the next change
  RETURN_IF_ERROR(WriteToIndex(batch));
  // Only now, so that what comes meanwhile is in the next batch.
  if (batch.changes.size() < kLargeBatch) repairs_.WaitFor(kCommitInterval);
  return absl::OkStatus();
}

absl::Status ProductFollower::WriteToIndex(const changes::Batch& batch) {
  absl::MutexLock lock(&index_mutex_);
  ASSIGN_OR_RETURN(const auto snapshot, SnapshotWith(batch));
  // In order of id: new documents are added fastest at the end.
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, IdsIn(batch));
  RETURN_IF_ERROR(UpdateIndex(ids, *snapshot));
  return index_->Commit(batch.read_through);
}

absl::StatusOr<search::Result> ProductFollower::Search(const search::Query& query) {
  absl::StatusOr<search::Result> result =
      index_->cursor().has_value()
          ? index_->Search(query)
          : WithReason(UnavailableRetry("The search index is being built.", absl::Seconds(1)), "SEARCH_INDEX_BUILDING");
  if (index_->damaged()) repairs_.Wake();
  return result;
}

void ProductFollower::RunRepairs() {
  while (repairs_.AwaitWake()) {
    const absl::Status status = EnsureIndex();
    if (!status.ok()) {
      telemetry::Log(telemetry::LogLevel::kError, "search index could not be built", {{"error", status.ToString()}});
    }
  }
}

absl::StatusOr<bool> ProductFollower::ReindexPage(int64_t* after, int64_t* live) {
  ASSIGN_OR_RETURN(const auto items, products_.Scan(*after, kPage, /*deleted_too=*/true, SteadyNow() + kPageLimit));
  Committed(MakeEntries(items));
  std::vector<int64_t> ids;
  for (const auto& item : items) {
    ids.push_back(item.id);
    *live += !static_cast<const Product&>(*item.message).has_delete_time();
  }
  // Documents without a row have no place between these rows, or behind the last one.
  const int64_t end = items.empty() ? kMaxDocumentId : items.back().id;
  absl::MutexLock lock(&index_mutex_);
  if (*after < kMaxDocumentId) {
    ASSIGN_OR_RETURN(
        const std::vector<uint32_t> indexed,
        index_->Ids(static_cast<uint32_t>(*after + 1), static_cast<uint32_t>(std::min(end, kMaxDocumentId))));
    const size_t rows = ids.size();
    for (uint32_t id : indexed) {
      if (!std::binary_search(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(rows), id)) ids.push_back(id);
    }
  }
  // Newer than the index, which nobody else writes now: what was created since the rows were read stays in it.
  ASSIGN_OR_RETURN(const auto snapshot, SnapshotOf(ids, SteadyNow() + kPageLimit));
  RETURN_IF_ERROR(UpdateIndex(ids, *snapshot));
  RETURN_IF_ERROR(index_->Commit(std::nullopt));
  *after = end;
  return !items.empty();
}

absl::StatusOr<int64_t> ProductFollower::Reindex(jobs::OperationContext& context) {
  int64_t after = 0;
  int64_t live = 0;
  if (!context.checkpoint().empty()) {
    const std::pair<std::string, std::string> place = absl::StrSplit(context.checkpoint(), absl::MaxSplits(' ', 1));
    if (!absl::SimpleAtoi(place.first, &after) || !absl::SimpleAtoi(place.second, &live)) {
      return STOREOPS_BUG("the checkpoint of a reindex is not one");
    }
  }
  while (!replica_.AwaitSettled(SteadyNow() + kReportInterval)) RETURN_IF_ERROR(context.Progress(live, live));
  RETURN_IF_ERROR(EnsureIndex());
  while (true) {
    ASSIGN_OR_RETURN(const bool more, ReindexPage(&after, &live));
    if (!more) return live;
    const auto total = static_cast<int64_t>(memory_.Get()->live_count());
    RETURN_IF_ERROR(context.Progress(live, std::max(live, total), absl::StrCat(after, " ", live)));
  }
}

}  // namespace storeops::catalog
