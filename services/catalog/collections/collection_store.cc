#include "services/catalog/collections/collection_store.h"

#include <algorithm>

#include "absl/container/btree_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"

namespace storeops::catalog {
namespace {

// Ids are asked for in these numbers, filled up by repeating the last, so that few statements serve all.
constexpr size_t kListSizes[] = {1, 16, 256};
constexpr size_t kMaxList = 256;

using Values = absl::Span<const db::Value>;

// Calls `ask` with "?, ?, ?" and the values for it, `first` in front, as often as it takes.
absl::Status ForEachList(const std::vector<db::Value>& first, const std::vector<int64_t>& ids,
                         absl::FunctionRef<absl::Status(const std::string& marks, Values)> ask) {
  for (size_t at = 0; at < ids.size(); at += kMaxList) {
    const size_t count = std::min(kMaxList, ids.size() - at);
    const size_t size =
        *std::find_if(std::begin(kListSizes), std::end(kListSizes), [&](size_t size) { return size >= count; });
    std::string marks = "?";
    std::vector<db::Value> values = first;
    values.emplace_back(ids[at]);
    for (size_t i = 1; i < size; ++i) {
      marks += ", ?";
      values.emplace_back(ids[at + std::min(i, count - 1)]);
    }
    RETURN_IF_ERROR(ask(marks, values));
  }
  return absl::OkStatus();
}

void AppendMemberships(const db::Rows& rows, std::vector<Membership>* memberships) {
  for (size_t row = 0; row < rows.size(); ++row) memberships->push_back({rows.Int(row, 0), rows.Int(row, 1)});
}

// An edit takes one product out of many collections, a new rule many products out of one: either is few statements.
absl::Status Remove(db::Session& session, const std::vector<Membership>& memberships) {
  using Groups = absl::btree_map<int64_t, std::vector<int64_t>>;
  Groups by_collection, by_product;
  for (const Membership& membership : memberships) {
    by_collection[membership.collection].push_back(membership.product);
    by_product[membership.product].push_back(membership.collection);
  }
  const bool products = by_product.size() < by_collection.size();
  const absl::string_view sql = products
                                    ? "DELETE FROM collection_products WHERE product_id = ? AND collection_id IN ("
                                    : "DELETE FROM collection_products WHERE collection_id = ? AND product_id IN (";
  for (const auto& [id, others] : products ? by_product : by_collection) {
    RETURN_IF_ERROR(ForEachList({id}, others, [&](const std::string& marks, Values values) {
      return session.Execute(absl::StrCat(sql, marks, ")"), values).status();
    }));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status StoreRule(db::Session& session, int64_t collection, const StoredRule& rule) {
  RETURN_IF_ERROR(session.Execute("UPDATE collection_marks SET value = value + 1 WHERE name = 'rules'").status());
  ASSIGN_OR_RETURN(const db::Rows mark, session.Query("SELECT value FROM collection_marks WHERE name = 'rules'"));
  if (mark.empty()) return STOREOPS_BUG("collection_marks has no rules");
  return session
      .Execute(
          "INSERT INTO collection_rules (collection_id, revision, rule, uses_category, uses_age, pending, "
          "scan_start, wrapped) VALUES (?, ?, ?, ?, ?, 1, NULL, 0) ON DUPLICATE KEY UPDATE "
          "revision = VALUES(revision), rule = VALUES(rule), uses_category = VALUES(uses_category), "
          "uses_age = VALUES(uses_age), pending = 1, scan_start = NULL, wrapped = 0",
          {collection, mark.Int(0, 0), rule.text, rule.uses_category, rule.uses_age})
      .status();
}

absl::StatusOr<std::vector<RevisedRule>> ReadRulesAfter(db::Session& session, int64_t revision, int limit) {
  // First, so that every revision up to it is visible to the next statement: MariaDB's snapshots can miss one that was
  // committed just before another that they contain.
  ASSIGN_OR_RETURN(const db::Rows mark, session.Query("SELECT value FROM collection_marks WHERE name = 'rules'"));
  if (mark.empty()) return STOREOPS_BUG("collection_marks has no rules");
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT collection_id, revision, rule FROM collection_rules WHERE revision > ? "
                                 "AND revision <= ? ORDER BY revision LIMIT ?",
                                 {revision, mark.Int(0, 0), limit}));
  std::vector<RevisedRule> rules;
  for (size_t row = 0; row < rows.size(); ++row) {
    rules.push_back({rows.Int(row, 0), rows.Int(row, 1), rows.Text(row, 2)});
  }
  return rules;
}

absl::StatusOr<bool> AnyRulePending(db::Database& database, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, "SELECT collection_id FROM collection_rules WHERE pending = 1 LIMIT 1"));
  return !rows.empty();
}

absl::StatusOr<bool> IsRulePending(db::Database& database, int64_t collection, absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline, "SELECT pending FROM collection_rules WHERE collection_id = ?", {collection}));
  return !rows.empty() && rows.Int(0, 0) != 0;
}

absl::Status MakeRulesPending(db::Session& session, RulesThat which) {
  switch (which) {
    case RulesThat::kUseCategory:
      return session
          .Execute("UPDATE collection_rules SET pending = 1, scan_start = NULL, wrapped = 0 WHERE uses_category = 1")
          .status();
    case RulesThat::kUseAge:
      // What is in the round already looks at the time, too.
      return session
          .Execute(
              "UPDATE collection_rules SET pending = 1, scan_start = NULL, wrapped = 0 "
              "WHERE uses_age = 1 AND pending = 0")
          .status();
    case RulesThat::kAll:
      break;
  }
  return session.Execute("UPDATE collection_rules SET pending = 1, scan_start = NULL, wrapped = 0").status();
}

absl::StatusOr<int64_t> LockScan(db::Session& session) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT value FROM collection_marks WHERE name = 'scan' FOR UPDATE"));
  if (rows.empty()) return STOREOPS_BUG("collection_marks has no scan");
  return rows.Int(0, 0);
}

absl::Status MoveScan(db::Session& session, int64_t position) {
  return session.Execute("UPDATE collection_marks SET value = ? WHERE name = 'scan'", {position}).status();
}

absl::StatusOr<std::vector<PendingRule>> JoinRound(db::Session& session, int64_t position) {
  RETURN_IF_ERROR(session
                      .Execute("UPDATE collection_rules SET scan_start = ?, wrapped = 0 "
                               "WHERE pending = 1 AND scan_start IS NULL",
                               {position})
                      .status());
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT collection_id, revision, scan_start, wrapped FROM collection_rules "
                                 "WHERE pending = 1 AND scan_start IS NOT NULL"));
  std::vector<PendingRule> rules;
  for (size_t row = 0; row < rows.size(); ++row) {
    rules.push_back({rows.Int(row, 0), rows.Int(row, 1), rows.Int(row, 2), rows.Int(row, 3) != 0});
  }
  return rules;
}

absl::Status WrapRound(db::Session& session) {
  return session.Execute("UPDATE collection_rules SET wrapped = 1 WHERE pending = 1 AND scan_start IS NOT NULL")
      .status();
}

absl::Status FinishRules(db::Session& session, const std::vector<PendingRule>& rules) {
  for (const PendingRule& rule : rules) {
    RETURN_IF_ERROR(session
                        .Execute("UPDATE collection_rules SET pending = 0, scan_start = NULL, wrapped = 0 "
                                 "WHERE collection_id = ? AND revision = ? AND scan_start IS NOT NULL",
                                 {rule.collection, rule.revision})
                        .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Membership>> ReadMemberships(db::Session& session, const std::vector<int64_t>& products) {
  std::vector<Membership> memberships;
  RETURN_IF_ERROR(ForEachList({}, products, [&](const std::string& marks, Values values) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows,
                     session.Query(absl::StrCat("SELECT collection_id, product_id FROM collection_products "
                                                "WHERE product_id IN (",
                                                marks, ")"),
                                   values));
    AppendMemberships(rows, &memberships);
    return absl::OkStatus();
  }));
  return memberships;
}

absl::StatusOr<std::vector<Membership>> ReadMembershipsBetween(db::Session& session, int64_t after, int64_t through) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT collection_id, product_id FROM collection_products "
                                                      "WHERE product_id > ? AND product_id <= ?",
                                                      {after, through}));
  std::vector<Membership> memberships;
  AppendMemberships(rows, &memberships);
  return memberships;
}

absl::Status WriteMemberships(db::Session& session, const MembershipDifference& difference) {
  RETURN_IF_ERROR(Remove(session, difference.removed));
  std::vector<db::Value> values;
  for (const Membership& membership : difference.added) {
    values.emplace_back(membership.collection);
    values.emplace_back(membership.product);
  }
  return session.InsertRows("collection_products (collection_id, product_id)", 2, values);
}

absl::StatusOr<absl::flat_hash_set<int64_t>> FindLiveProducts(db::Session& session, const std::vector<int64_t>& ids) {
  absl::flat_hash_set<int64_t> live;
  RETURN_IF_ERROR(ForEachList({}, ids, [&](const std::string& marks, Values values) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows, session.Query(absl::StrCat("SELECT id FROM products WHERE id IN (", marks,
                                                                     ") AND delete_time IS NULL"),
                                                        values));
    for (size_t row = 0; row < rows.size(); ++row) live.insert(rows.Int(row, 0));
    return absl::OkStatus();
  }));
  return live;
}

absl::StatusOr<bool> CategoryExists(db::Session& session, int64_t id) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT id FROM categories WHERE id = ? AND delete_time IS NULL", {id}));
  return !rows.empty();
}

absl::StatusOr<int64_t> ReadTreeRevision(db::Session& session) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT revision FROM category_tree WHERE id = 1"));
  if (rows.empty()) return STOREOPS_BUG("category_tree has no row");
  return rows.Int(0, 0);
}

absl::StatusOr<CategoryParents> ReadCategoryParents(db::Session& session) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT id, parent FROM categories WHERE delete_time IS NULL AND parent <> ''"));
  CategoryParents parents;
  for (size_t row = 0; row < rows.size(); ++row) {
    parents.emplace(absl::StrCat("categories/", rows.Int(row, 0)), rows.Text(row, 1));
  }
  return parents;
}

absl::StatusOr<std::string> ReadHistoryFields(db::Session& session, const std::string& type, int64_t id,
                                              int64_t version) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT fields FROM history WHERE type = ? AND resource_id = ? AND version = ?",
                                 {type, id, version}));
  return rows.empty() ? std::string() : rows.Text(0, 0);
}

resource::Condition IsInCollection(int64_t collection) {
  return {"id IN (SELECT product_id FROM collection_products WHERE collection_id = ?)", {collection}};
}

resource::Condition HoldsProduct(int64_t product) {
  return {"id IN (SELECT collection_id FROM collection_products WHERE product_id = ?)", {product}};
}

}  // namespace storeops::catalog
