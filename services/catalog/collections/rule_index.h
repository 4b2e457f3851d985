// All rules, arranged so that a product is held only against those that it has a chance to match.
#ifndef STOREOPS_SERVICES_CATALOG_COLLECTIONS_RULE_INDEX_H_
#define STOREOPS_SERVICES_CATALOG_COLLECTIONS_RULE_INDEX_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "services/catalog/collections/collection_rule.h"

namespace storeops::catalog {

class RuleIndex {
 public:
  // Null: a collection that matches nothing any more.
  using Rule = std::shared_ptr<const CollectionRule>;

  // In place of the rule that the collection had.
  void Put(int64_t collection, Rule rule);

  bool empty() const { return rules_.empty(); }
  // Whether a rule asks what is in stock.
  bool uses_stock() const { return stock_rules_ > 0; }
  bool Knows(int64_t collection) const { return rules_.contains(collection); }
  // The collections whose rules match, ascending.
  std::vector<int64_t> Matches(const RuleSubject& subject, absl::Time now) const;
  // Those of these collections that are known.
  RuleIndex Only(const std::vector<int64_t>& collections) const;

 private:
  using Collections = absl::flat_hash_set<int64_t>;
  void Remove(int64_t collection, const CollectionRule& rule);
  void AppendMatches(const Collections& candidates, const RuleSubject& subject, absl::Time now,
                     std::vector<int64_t>* matches) const;

  absl::flat_hash_map<int64_t, Rule> rules_;
  absl::flat_hash_map<std::string, Collections> by_term_;
  Collections without_terms_;  // held against every product
  int stock_rules_ = 0;
};

// A product in a collection.
struct Membership {
  int64_t collection;
  int64_t product;

  friend bool operator==(const Membership& a, const Membership& b) {
    return a.collection == b.collection && a.product == b.product;
  }
  friend bool operator<(const Membership& a, const Membership& b) {
    return a.collection != b.collection ? a.collection < b.collection : a.product < b.product;
  }
};

// What must be written so that `present` becomes `wanted`; any order, none twice.
struct MembershipDifference {
  std::vector<Membership> added;
  std::vector<Membership> removed;
};
MembershipDifference Difference(std::vector<Membership> present, std::vector<Membership> wanted);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_COLLECTIONS_RULE_INDEX_H_
