// The rule of a collection: an AIP-160 expression over one product, decided without a database.
#ifndef STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_RULE_H_
#define STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_RULE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/catalog/collections/rule_condition.h"
#include "services/catalog/collections/rule_subject.h"

namespace storeops::catalog {

class CollectionRule {
 public:
  // INVALID_ARGUMENT naming "rule" with the column of what is wrong. Limits are those of filters.
  static absl::StatusOr<CollectionRule> Parse(absl::string_view text);

  bool Matches(const RuleSubject& subject, absl::Time now) const;

  // Every product that the rule matches has one of these terms at least. Empty: no such terms are known, and any
  // product may match.
  const std::vector<std::string>& required_terms() const { return required_terms_; }
  // What it matches changes with the category tree, with time, with the stock.
  bool uses_category() const { return uses_category_; }
  bool uses_age() const { return uses_age_; }
  bool uses_stock() const { return uses_stock_; }
  // Its conditions in the order of the text.
  std::vector<const RuleCondition*> Conditions() const;

 private:
  struct Node {
    enum class Kind { kAnd, kOr, kNot, kCondition };
    Kind kind = Kind::kCondition;
    std::vector<Node> children;
    RuleCondition condition;
  };
  static absl::StatusOr<Node> Compile(const resource::FilterNode& filter);
  static bool Matches(const Node& node, const RuleSubject& subject, absl::Time now);
  static RequiredTerms Required(const Node& node);
  static void Collect(const Node& node, std::vector<const RuleCondition*>* conditions);

  Node root_;
  std::vector<std::string> required_terms_;
  bool uses_category_ = false;
  bool uses_age_ = false;
  bool uses_stock_ = false;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_RULE_H_
