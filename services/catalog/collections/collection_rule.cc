#include "services/catalog/collections/collection_rule.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/status_macros.h"

namespace storeops::catalog {
namespace {

using resource::FilterNode;

// Of several things that must all hold, the one that fewest products have.
RequiredTerms Best(std::vector<RequiredTerms> all) {
  RequiredTerms best;
  for (RequiredTerms& one : all) {
    if (!one.terms.empty() && (best.terms.empty() || one.cost < best.cost)) best = std::move(one);
  }
  return best;
}

// Of several things one of which must hold: none, if nothing is known of one of them.
RequiredTerms Any(std::vector<RequiredTerms> all) {
  RequiredTerms any;
  for (RequiredTerms& one : all) {
    if (one.terms.empty()) return {};
    any.cost += one.cost;
    std::move(one.terms.begin(), one.terms.end(), std::back_inserter(any.terms));
  }
  return any;
}

}  // namespace

absl::StatusOr<CollectionRule> CollectionRule::Parse(absl::string_view text) {
  ASSIGN_OR_RETURN(const FilterNode filter, resource::ParseFilter(text, "rule"));
  CollectionRule rule;
  ASSIGN_OR_RETURN(rule.root_, Compile(filter));
  rule.required_terms_ = Required(rule.root_).terms;
  std::sort(rule.required_terms_.begin(), rule.required_terms_.end());
  rule.required_terms_.erase(std::unique(rule.required_terms_.begin(), rule.required_terms_.end()),
                             rule.required_terms_.end());
  for (const RuleCondition* condition : rule.Conditions()) {
    rule.uses_category_ |= condition->field() == RuleField::kCategory;
    rule.uses_age_ |= condition->field() == RuleField::kAgeDays;
    rule.uses_stock_ |= condition->field() == RuleField::kInStock;
  }
  return rule;
}

absl::StatusOr<CollectionRule::Node> CollectionRule::Compile(const FilterNode& filter) {
  Node node;
  switch (filter.kind) {
    case FilterNode::Kind::kRestriction: {
      ASSIGN_OR_RETURN(node.condition, RuleCondition::Compile(filter));
      return node;
    }
    case FilterNode::Kind::kAnd:
      node.kind = Node::Kind::kAnd;
      break;
    case FilterNode::Kind::kOr:
      node.kind = Node::Kind::kOr;
      break;
    case FilterNode::Kind::kNot:
      node.kind = Node::Kind::kNot;
      break;
  }
  for (const FilterNode& child : filter.children) {
    ASSIGN_OR_RETURN(Node compiled, Compile(child));
    node.children.push_back(std::move(compiled));
  }
  return node;
}

bool CollectionRule::Matches(const RuleSubject& subject, absl::Time now) const { return Matches(root_, subject, now); }

bool CollectionRule::Matches(const Node& node, const RuleSubject& subject, absl::Time now) {
  const auto matches = [&](const Node& child) { return Matches(child, subject, now); };
  switch (node.kind) {
    case Node::Kind::kAnd:
      return std::all_of(node.children.begin(), node.children.end(), matches);
    case Node::Kind::kOr:
      return std::any_of(node.children.begin(), node.children.end(), matches);
    case Node::Kind::kNot:
      return !matches(node.children[0]);
    case Node::Kind::kCondition:
      break;
  }
  return node.condition.Matches(subject, now);
}

RequiredTerms CollectionRule::Required(const Node& node) {
  std::vector<RequiredTerms> children;
  for (const Node& child : node.children) children.push_back(Required(child));
  switch (node.kind) {
    case Node::Kind::kAnd:
      return Best(std::move(children));
    case Node::Kind::kOr:
      return Any(std::move(children));
    case Node::Kind::kNot:
      return {};
    case Node::Kind::kCondition:
      break;
  }
  return node.condition.Required();
}

std::vector<const RuleCondition*> CollectionRule::Conditions() const {
  std::vector<const RuleCondition*> conditions;
  Collect(root_, &conditions);
  return conditions;
}

void CollectionRule::Collect(const Node& node, std::vector<const RuleCondition*>* conditions) {
  if (node.kind == Node::Kind::kCondition) conditions->push_back(&node.condition);
  for (const Node& child : node.children) Collect(child, conditions);
}

}  // namespace storeops::catalog
