#include "services/catalog/collections/collection_follower.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "services/catalog/availability/availability_store.h"
#include "services/catalog/availability/stock_follower.h"
#include "services/catalog/catalog_names.h"
#include "storeops/changes/v1/changes.pb.h"

namespace storeops::catalog {
namespace {

using changes::Change;
using v1::Product;

constexpr char kConsumer[] = "collections";
constexpr char kCategoryType[] = "catalog.storeops/Category";
constexpr int kPage = 500;
constexpr int kRules = 1000;
constexpr absl::Duration kStepLimit = absl::Seconds(30);
// How soon rules that other processes wrote are found.
constexpr absl::Duration kPollInterval = absl::Seconds(1);
// Under load, changes are gathered so that each commit carries more; well below the second that news may take.
constexpr absl::Duration kApplyInterval = absl::Milliseconds(200);
// After a batch of this size there is no pause: more of them are coming.
constexpr size_t kLargeBatch = 1000;
// Between two pages, so that changes of products that wait have their turn.
constexpr absl::Duration kPagePause = absl::Milliseconds(2);
constexpr int64_t kLastId = std::numeric_limits<int64_t>::max();

void KeepKnown(const RuleIndex& rules, std::vector<Membership>* memberships) {
  memberships->erase(std::remove_if(memberships->begin(), memberships->end(),
                                    [&](const Membership& membership) { return !rules.Knows(membership.collection); }),
                     memberships->end());
}

}  // namespace

CollectionFollower::CollectionFollower(resource::Resource& products, ProductFollower& memory,
                                       const resource::Store& store, telemetry::Telemetry* telemetry)
    : products_(products),
      memory_(memory),
      store_(store),
      telemetry_(telemetry),
      scans_("rules of collections", kPollInterval, [this]() -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const bool more, ScanPage());
        return more && scans_.Rest(kPagePause);
      }) {}

void CollectionFollower::Start() {
  const std::string& source = store_.feed.source();
  changes::Consumer::Apply apply = changes::ApplyInTransaction(
      store_.database, kConsumer, source, [this](db::Session& session, const changes::Batch& batch) {
        mutex_.AssertHeld();
        return ApplyBatch(session, batch);
      });
  consumer_ = std::make_unique<changes::Consumer>(
      changes::Consumer::Options{kConsumer, source, telemetry_},
      changes::MakeLocalFeedSource(store_.feed, {products_.type(), kCategoryType, kSkuAvailabilityType},
                                   changes::Contents::kHeads),
      changes::DatabaseCursor(store_.database, kConsumer, source),
      [this, apply = std::move(apply)](const changes::Batch& batch) -> absl::Status {
        {
          absl::MutexLock lock(&mutex_);
          RETURN_IF_ERROR(apply(batch));
        }
        // Only now, so that what comes meanwhile is in the next batch.
        if (batch.changes.size() < kLargeBatch) consumer_->Rest(kApplyInterval);
        return absl::OkStatus();
      },
      [this] { return Rebuild(); });
  consumer_->Start();
  scans_.Start();
}

void CollectionFollower::Stop() {
  scans_.Stop();
  if (consumer_ != nullptr) consumer_->Stop();
}

absl::Status CollectionFollower::ReviewAges(absl::Time deadline) {
  RETURN_IF_ERROR(store_.database.Transact(
      deadline, [](db::Session& session) { return MakeRulesPending(session, RulesThat::kUseAge); }));
  Notify();
  return absl::OkStatus();
}

absl::Status CollectionFollower::Refresh(db::Session& session) {
  while (true) {
    ASSIGN_OR_RETURN(const auto rules, ReadRulesAfter(session, knowledge_.rules_revision, kRules));
    for (const RevisedRule& revised : rules) {
      RuleIndex::Rule rule;
      if (!revised.text.empty()) {
        // Checked when it was written, by this version of the program or by another.
        auto parsed = CollectionRule::Parse(revised.text);
        if (parsed.ok()) {
          rule = std::make_shared<const CollectionRule>(*std::move(parsed));
        } else {
          telemetry::Log(telemetry::LogLevel::kError, "a collection's rule cannot be read",
                         {{"collection", absl::StrCat(revised.collection)}, {"error", parsed.status().ToString()}});
        }
      }
      knowledge_.rules.Put(revised.collection, std::move(rule));
      knowledge_.rules_revision = revised.revision;
    }
    if (rules.size() < kRules) break;
  }
  if (knowledge_.rules.empty()) return absl::OkStatus();
  if (knowledge_.rules.uses_stock() && !knowledge_.stock_known) {
    ASSIGN_OR_RETURN(knowledge_.stock_known, ReadStockKnown(session));
  }
  ASSIGN_OR_RETURN(const int64_t tree_revision, ReadTreeRevision(session));
  if (tree_revision == knowledge_.tree_revision) return absl::OkStatus();
  ASSIGN_OR_RETURN(knowledge_.parents, ReadCategoryParents(session));
  knowledge_.tree_revision = tree_revision;
  return absl::OkStatus();
}

// From the database, not from memory: this process may be behind the one that applied the changes so far.
absl::StatusOr<InStock> CollectionFollower::ReadInStock(db::Session& session, const std::vector<Candidate>& candidates,
                                                        const RuleIndex& rules) const {
  if (!rules.uses_stock() || !knowledge_.stock_known) return InStock();
  std::vector<std::string> skus;
  for (const Candidate& candidate : candidates) AppendStockedSkus(*candidate.product, &skus);
  ASSIGN_OR_RETURN(const SkuAvailabilities stored, ReadAvailability(session, skus));
  absl::flat_hash_set<std::string> in_stock;
  for (const auto& [sku, availability] : stored) {
    if (availability.in_stock) in_stock.insert(sku);
  }
  return InStock(std::move(in_stock));
}

absl::StatusOr<std::vector<Membership>> CollectionFollower::Judge(db::Session& session,
                                                                  const std::vector<Candidate>& candidates,
                                                                  const RuleIndex& rules) const {
  ASSIGN_OR_RETURN(const InStock in_stock, ReadInStock(session, candidates, rules));
  std::vector<Membership> wanted;
  for (const auto& [id, product] : candidates) {
    const RuleSubject subject(*product, knowledge_.parents, in_stock.Has(*product));
    for (const int64_t collection : rules.Matches(subject, store_.clock.Now())) wanted.push_back({collection, id});
  }
  return wanted;
}

absl::Status CollectionFollower::ApplyBatch(db::Session& session, const changes::Batch& batch) {
  if (batch.changes.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(LockScan(session).status());
  RETURN_IF_ERROR(Refresh(session));
  if (knowledge_.rules.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool moved, MovedCategory(session, batch));
  if (moved) {
    RETURN_IF_ERROR(MakeRulesPending(session, RulesThat::kUseCategory));
    Notify();
  }
  return ApplyProducts(session, batch);
}

absl::Status CollectionFollower::ApplyProducts(db::Session& session, const changes::Batch& batch) {
  ASSIGN_OR_RETURN(const auto snapshot, memory_.SnapshotWith(batch));
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, memory_.IdsIn(batch));
  if (ids.empty()) return absl::OkStatus();
  std::vector<Product> products;
  products.reserve(ids.size());  // candidates point to them
  std::vector<Candidate> candidates;
  for (const int64_t id : ids) {
    const ProductSnapshot::Entry* entry = snapshot->Find(id);
    if (entry == nullptr || !entry->live()) continue;
    Product& product = products.emplace_back();
    if (!entry->product.ParseTo(&product)) return STOREOPS_BUG(absl::StrCat("product ", id, " cannot be read"));
    candidates.push_back({id, &product});
  }
  ASSIGN_OR_RETURN(std::vector<Membership> wanted, Judge(session, candidates, knowledge_.rules));
  ASSIGN_OR_RETURN(std::vector<Membership> present, ReadMemberships(session, ids));
  KeepKnown(knowledge_.rules, &present);
  return WriteMemberships(session, Difference(std::move(present), std::move(wanted)));
}

absl::StatusOr<bool> CollectionFollower::MovedCategory(db::Session& session, const changes::Batch& batch) const {
  for (const Change& change : batch.changes) {
    const int64_t id = kCategoryNames.IdIn(change.subject());
    // Others have no products below them.
    if (id == 0 || change.type() != kCategoryType || change.kind() != Change::UPDATED) continue;
    ASSIGN_OR_RETURN(const std::string fields, ReadHistoryFields(session, kCategoryType, id, change.version()));
    storeops::changes::v1::HistoryEntry entry;
    if (!entry.ParseFromString(fields)) return absl::DataLossError("a history entry cannot be read");
    for (const auto& field : entry.changes()) {
      if (field.field() == "parent") return true;
    }
  }
  return false;
}

absl::Status CollectionFollower::Rebuild() {
  const absl::Time deadline = SteadyNow() + kStepLimit;
  // Read first: what is committed from now on comes through the feed as well.
  ASSIGN_OR_RETURN(const int64_t last, store_.feed.LastSequence(deadline));
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(store_.database.Transact(deadline, [&](db::Session& session) -> absl::Status {
    RETURN_IF_ERROR(changes::SetDatabaseCursor(session, kConsumer, store_.feed.source(), last, WallNow()));
    RETURN_IF_ERROR(LockScan(session).status());
    return MakeRulesPending(session, RulesThat::kAll);
  }));
  Notify();
  return absl::OkStatus();
}

absl::StatusOr<bool> CollectionFollower::ScanPage() {
  const absl::Time deadline = SteadyNow() + kStepLimit;
  ASSIGN_OR_RETURN(const bool pending, AnyRulePending(store_.database, deadline));
  if (!pending) return false;
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(store_.database.Transact(deadline, [this](db::Session& session) {
    mutex_.AssertHeld();
    return ScanPageIn(session);
  }));
  return true;
}

absl::Status CollectionFollower::ScanPageIn(db::Session& session) {
  ASSIGN_OR_RETURN(const int64_t position, LockScan(session));
  ASSIGN_OR_RETURN(const std::vector<PendingRule> pending, JoinRound(session, position));
  // Afterwards, so that the rules are at least as new as those in the round.
  RETURN_IF_ERROR(Refresh(session));
  std::vector<int64_t> collections;
  for (const PendingRule& rule : pending) collections.push_back(rule.collection);
  const RuleIndex rules = knowledge_.rules.Only(collections);

  ASSIGN_OR_RETURN(const auto items, products_.Scan(session, position, kPage));
  const bool last_page = items.size() < kPage;
  const int64_t through = last_page ? kLastId : items.back().id;
  std::vector<Candidate> candidates;
  for (const auto& item : items) candidates.push_back({item.id, static_cast<const Product*>(item.message.get())});
  ASSIGN_OR_RETURN(std::vector<Membership> wanted, Judge(session, candidates, rules));
  ASSIGN_OR_RETURN(std::vector<Membership> present, ReadMembershipsBetween(session, position, through));
  KeepKnown(rules, &present);
  RETURN_IF_ERROR(WriteMemberships(session, Difference(std::move(present), std::move(wanted))));

  std::vector<PendingRule> finished;
  for (const PendingRule& rule : pending) {
    const bool round = rule.wrapped ? through >= rule.scan_start : last_page && rule.scan_start == 0;
    if (round) finished.push_back(rule);
  }
  RETURN_IF_ERROR(FinishRules(session, finished));
  if (last_page) RETURN_IF_ERROR(WrapRound(session));
  return MoveScan(session, last_page ? 0 : through);
}

}  // namespace storeops::catalog
