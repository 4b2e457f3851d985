#include "services/catalog/products/product_follower.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/catalog/products/product_document.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {
namespace {

using changes::Change;
using v1::Product;

constexpr int kPage = 500;
constexpr absl::Duration kPageLimit = absl::Seconds(30);
// Commits are spaced out under load, so that each carries more; well below the second that news may take.
constexpr absl::Duration kCommitInterval = absl::Milliseconds(200);
// A batch of this size waits for nothing: more of them are coming.
constexpr size_t kLargeBatch = 500;
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

ProductFollower::ProductFollower(resource::Resource& products, changes::Feed& feed, ProductMemory& memory,
                                 telemetry::Telemetry* telemetry)
    : products_(products), feed_(feed), memory_(memory), telemetry_(telemetry) {}

ProductFollower::~ProductFollower() { Stop(); }

absl::Status ProductFollower::Start(const std::string& folder) {
  RETURN_IF_ERROR(OpenIndex(folder));
  RETURN_IF_ERROR(LoadMemory());
  // A cursor ahead of the feed belongs to another database, e.g. to the one before a backup was restored.
  if (index_->cursor().value_or(0) > memory_position_) RETURN_IF_ERROR(index_->Reset());

  memory_consumer_ = std::make_unique<changes::Consumer>(
      changes::Consumer::Options{"product-memory", feed_.source(), telemetry_},
      changes::MakeLocalFeedSource(feed_, {products_.type()}),
      [this]() -> absl::StatusOr<int64_t> { return memory_position_.load(); },
      [this](const changes::Batch& batch) -> absl::Status {
        RETURN_IF_ERROR(ApplyToMemory(batch.changes));
        memory_position_ = batch.read_through;
        return absl::OkStatus();
      },
      [this] { return LoadMemory(); });
  index_consumer_ = std::make_unique<changes::Consumer>(
      changes::Consumer::Options{"product-index", feed_.source(), telemetry_},
      changes::MakeLocalFeedSource(feed_, {products_.type()}),
      [this]() -> absl::StatusOr<int64_t> {
        RETURN_IF_ERROR(EnsureIndex());
        return index_->cursor().value_or(0);
      },
      [this](const changes::Batch& batch) { return ApplyToIndex(batch); },
      [this]() -> absl::Status {
        RETURN_IF_ERROR(LoadMemory());
        absl::MutexLock lock(&index_mutex_);
        return BuildIndex();
      });
  memory_consumer_->Start();
  index_consumer_->Start();
  repairs_ = std::thread([this] { RunRepairs(); });
  return absl::OkStatus();
}

void ProductFollower::Stop() {
  {
    absl::MutexLock lock(&repair_mutex_);
    stopping_ = true;
  }
  if (repairs_.joinable()) repairs_.join();
  if (index_consumer_ != nullptr) index_consumer_->Stop();
  if (memory_consumer_ != nullptr) memory_consumer_->Stop();
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

absl::Status ProductFollower::LoadMemory() {
  // Read first: what is committed from now on comes through the feed as well.
  ASSIGN_OR_RETURN(const int64_t position, feed_.LastSequence(absl::Now() + kPageLimit));
  int64_t after = 0;
  while (true) {
    ASSIGN_OR_RETURN(const auto items, products_.Scan(after, kPage, /*deleted_too=*/true, absl::Now() + kPageLimit));
    if (items.empty()) break;
    memory_.Apply(MakeEntries(items));
    after = items.back().id;
  }
  memory_position_ = position;
  return absl::OkStatus();
}

absl::Status ProductFollower::ApplyToMemory(absl::Span<const Change> changes) {
  std::vector<ProductSnapshot::Entry> entries;
  entries.reserve(changes.size());
  Product product;
  for (const Change& change : changes) {
    ASSIGN_OR_RETURN(const int64_t id, products_.ParseName(change.subject(), "subject"));
    if (!product.ParseFromString(change.resource())) {
      return absl::InternalError(absl::StrCat("change ", change.id(), " carries no product"));
    }
    if (change.kind() == Change::EXPUNGED) {
      entries.push_back({id, change.version(), nullptr});
    } else {
      entries.push_back(MakeEntry(id, change.version(), product));
    }
  }
  memory_.Apply(std::move(entries));
  return absl::OkStatus();
}

absl::Status ProductFollower::EnsureIndex() {
  absl::MutexLock lock(&index_mutex_);
  if (!index_->damaged() && index_->cursor().has_value()) return absl::OkStatus();
  return BuildIndex();
}

absl::Status ProductFollower::BuildIndex() {
  const absl::Time start = absl::Now();
  RETURN_IF_ERROR(index_->Reset());
  const int64_t position = memory_position_;
  const std::shared_ptr<const ProductSnapshot> snapshot = memory_.Get();
  std::vector<int64_t> ids;
  int64_t after = 0;
  do {
    {
      absl::MutexLock lock(&repair_mutex_);
      if (stopping_) return absl::CancelledError("stopping");
    }
    ids.clear();
    for (const auto* entry : snapshot->After(after, kPage)) ids.push_back(entry->id);
    RETURN_IF_ERROR(UpdateIndex(ids));
    if (!ids.empty()) after = ids.back();
  } while (!ids.empty());
  RETURN_IF_ERROR(index_->Commit(position));
  telemetry::Log(telemetry::LogLevel::kInfo, "search index is built",
                 {{"products", absl::StrCat(snapshot->live_count())},
                  {"seconds", absl::StrCat(absl::ToDoubleSeconds(absl::Now() - start))}});
  return absl::OkStatus();
}

absl::Status ProductFollower::UpdateIndex(const std::vector<int64_t>& ids) {
  const std::shared_ptr<const ProductSnapshot> snapshot = memory_.Get();
  std::vector<search::Document> documents;
  std::vector<uint32_t> removed;
  Product product;
  for (int64_t id : ids) {
    if (id <= 0 || id > kMaxDocumentId) continue;
    const ProductSnapshot::Entry* entry = snapshot->Find(id);
    if (entry == nullptr || entry->product == nullptr) {
      removed.push_back(static_cast<uint32_t>(id));
    } else if (product.ParseFromString(entry->product->binary())) {
      documents.push_back(MakeProductDocument(id, product));
    }
  }
  return index_->Update(documents, removed);
}

absl::Status ProductFollower::ApplyToIndex(const changes::Batch& batch) {
  if (batch.changes.empty()) return absl::OkStatus();  // the cursor goes along with the next change
  RETURN_IF_ERROR(ApplyToMemory(batch.changes));
  absl::flat_hash_set<int64_t> distinct;
  for (const Change& change : batch.changes) {
    ASSIGN_OR_RETURN(const int64_t id, products_.ParseName(change.subject(), "subject"));
    distinct.insert(id);
  }
  absl::MutexLock lock(&index_mutex_);
  RETURN_IF_ERROR(UpdateIndex({distinct.begin(), distinct.end()}));
  const absl::Duration wait = last_commit_ + kCommitInterval - absl::Now();
  if (batch.changes.size() < kLargeBatch && wait > absl::ZeroDuration()) {
    absl::MutexLock repair_lock(&repair_mutex_);
    repair_mutex_.AwaitWithTimeout(absl::Condition(&stopping_), wait);
  }
  RETURN_IF_ERROR(index_->Commit(batch.read_through));
  last_commit_ = absl::Now();
  return absl::OkStatus();
}

absl::StatusOr<search::Result> ProductFollower::Search(const search::Query& query) {
  absl::StatusOr<search::Result> result =
      index_->cursor().has_value()
          ? index_->Search(query)
          : WithReason(UnavailableRetry("The search index is being built.", absl::Seconds(1)), "SEARCH_INDEX_BUILDING");
  if (index_->damaged()) {
    absl::MutexLock lock(&repair_mutex_);
    repair_wanted_ = true;
  }
  return result;
}

void ProductFollower::RunRepairs() {
  while (true) {
    {
      absl::MutexLock lock(&repair_mutex_);
      const auto needed = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(repair_mutex_) { return stopping_ || repair_wanted_; };
      repair_mutex_.Await(absl::Condition(&needed));
      if (stopping_) return;
      repair_wanted_ = false;
    }
    const absl::Status status = EnsureIndex();
    if (!status.ok()) {
      telemetry::Log(telemetry::LogLevel::kError, "search index could not be built", {{"error", status.ToString()}});
    }
  }
}

absl::StatusOr<bool> ProductFollower::ReindexPage(int64_t* after, int64_t* live) {
  ASSIGN_OR_RETURN(const auto items, products_.Scan(*after, kPage, /*deleted_too=*/true, absl::Now() + kPageLimit));
  memory_.Apply(MakeEntries(items));
  std::vector<int64_t> ids;
  for (const auto& item : items) {
    ids.push_back(item.id);
    *live += !static_cast<const Product&>(*item.message).has_delete_time();
  }
  // Documents without a row have no place between these rows, or behind the last one.
  const int64_t end = items.empty() ? kMaxDocumentId : items.back().id;
  absl::MutexLock lock(&index_mutex_);
  if (*after < kMaxDocumentId) {
    ASSIGN_OR_RETURN(const std::vector<uint32_t> indexed,
                     index_->Ids(static_cast<uint32_t>(*after + 1), static_cast<uint32_t>(std::min(end, kMaxDocumentId))));
    const auto snapshot = memory_.Get();
    for (uint32_t id : indexed) {
      if (snapshot->Find(id) == nullptr) ids.push_back(id);
    }
  }
  RETURN_IF_ERROR(UpdateIndex(ids));
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
      return absl::InternalError("the checkpoint of a reindex is not one");
    }
  }
  RETURN_IF_ERROR(EnsureIndex());
  while (true) {
    ASSIGN_OR_RETURN(const bool more, ReindexPage(&after, &live));
    if (!more) return live;
    const auto total = static_cast<int64_t>(memory_.Get()->live_count());
    RETURN_IF_ERROR(context.Progress(live, std::max(live, total), absl::StrCat(after, " ", live)));
  }
}

bool ProductFollower::AwaitSequence(int64_t sequence, absl::Time deadline) const {
  return memory_consumer_->AwaitPosition(sequence, deadline) && index_consumer_->AwaitPosition(sequence, deadline);
}

}  // namespace storeops::catalog
