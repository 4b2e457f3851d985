// Rules, members and the round of evaluation in the database.
#ifndef STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_STORE_H_
#define STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/resource/filter_sql.h"
#include "services/catalog/collections/rule_index.h"
#include "services/catalog/collections/rule_subject.h"

namespace storeops::catalog {

// Rules, written in the transaction of the collection.
struct StoredRule {
  std::string text;  // empty: the collection matches nothing any more
  bool uses_category = false;
  bool uses_age = false;
};
// Gives the rule the next revision, and every product is to be held against it.
absl::Status StoreRule(db::Session& session, int64_t collection, const StoredRule& rule);

struct RevisedRule {
  int64_t collection;
  int64_t revision;
  std::string text;
};
// In order of revision.
absl::StatusOr<std::vector<RevisedRule>> ReadRulesAfter(db::Session& session, int64_t revision, int limit);

// Rules against which not every product was held yet.
absl::StatusOr<bool> AnyRulePending(db::Database& database, absl::Time deadline);
absl::StatusOr<bool> IsRulePending(db::Database& database, int64_t collection, absl::Time deadline);
// Every product is to be held against these again.
enum class RulesThat { kAll, kUseCategory, kUseAge };
absl::Status MakeRulesPending(db::Session& session, RulesThat which);

// Until the end of the transaction nobody else decides about members of rule-based collections. How far the round is.
absl::StatusOr<int64_t> LockScan(db::Session& session);
absl::Status MoveScan(db::Session& session, int64_t position);
// Rules in the round, after those that wait have joined it at `position`.
struct PendingRule {
  int64_t collection;
  int64_t revision;
  int64_t scan_start;
  bool wrapped;
};
absl::StatusOr<std::vector<PendingRule>> JoinRound(db::Session& session, int64_t position);
// All in the round begin again with the first product.
absl::Status WrapRound(db::Session& session);
// They are pending no more, unless they were written meanwhile.
absl::Status FinishRules(db::Session& session, const std::vector<PendingRule>& rules);

absl::StatusOr<std::vector<Membership>> ReadMemberships(db::Session& session, const std::vector<int64_t>& products);
// Of products with after < id <= through.
absl::StatusOr<std::vector<Membership>> ReadMembershipsBetween(db::Session& session, int64_t after, int64_t through);
absl::Status WriteMemberships(db::Session& session, const MembershipDifference& difference);

// Those of these products that exist and are not deleted.
absl::StatusOr<absl::flat_hash_set<int64_t>> FindLiveProducts(db::Session& session, const std::vector<int64_t>& ids);
// Whether this is the name of a live category.
absl::StatusOr<bool> CategoryExists(db::Session& session, int64_t id);

// The tree's revision grows with every change of its shape.
absl::StatusOr<int64_t> ReadTreeRevision(db::Session& session);
absl::StatusOr<CategoryParents> ReadCategoryParents(db::Session& session);
// Serialised HistoryEntry with `changes`, of one version of a resource; empty if there is none.
absl::StatusOr<std::string> ReadHistoryFields(db::Session& session, const std::string& type, int64_t id,
                                              int64_t version);

// For lists: products that are in a collection; collections that a product is in.
resource::Condition IsInCollection(int64_t collection);
resource::Condition HoldsProduct(int64_t product);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_STORE_H_
