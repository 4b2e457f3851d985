#include "services/catalog/collections/rule_index.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace storeops::catalog {

void RuleIndex::Put(int64_t collection, Rule rule) {
  Rule& place = rules_[collection];
  if (place != nullptr) Remove(collection, *place);
  place = std::move(rule);
  if (place == nullptr) return;
  stock_rules_ += place->uses_stock();
  if (place->required_terms().empty()) without_terms_.insert(collection);
  for (const std::string& term : place->required_terms()) by_term_[term].insert(collection);
}

void RuleIndex::Remove(int64_t collection, const CollectionRule& rule) {
  stock_rules_ -= rule.uses_stock();
  without_terms_.erase(collection);
  for (const std::string& term : rule.required_terms()) {
    const auto found = by_term_.find(term);
    found->second.erase(collection);
    if (found->second.empty()) by_term_.erase(found);
  }
}

void RuleIndex::AppendMatches(const Collections& candidates, const RuleSubject& subject, absl::Time now,
                              std::vector<int64_t>* matches) const {
  for (const int64_t collection : candidates) {
    if (rules_.find(collection)->second->Matches(subject, now)) matches->push_back(collection);
  }
}

std::vector<int64_t> RuleIndex::Matches(const RuleSubject& subject, absl::Time now) const {
  std::vector<int64_t> matches;
  AppendMatches(without_terms_, subject, now, &matches);
  if (!by_term_.empty()) {
    for (const std::string& term : TermsOf(subject)) {
      const auto found = by_term_.find(term);
      if (found != by_term_.end()) AppendMatches(found->second, subject, now, &matches);
    }
  }
  std::sort(matches.begin(), matches.end());
  matches.erase(std::unique(matches.begin(), matches.end()), matches.end());
  return matches;
}

RuleIndex RuleIndex::Only(const std::vector<int64_t>& collections) const {
  RuleIndex few;
  for (const int64_t collection : collections) {
    const auto found = rules_.find(collection);
    if (found != rules_.end()) few.Put(collection, found->second);
  }
  return few;
}

MembershipDifference Difference(std::vector<Membership> present, std::vector<Membership> wanted) {
  std::sort(present.begin(), present.end());
  std::sort(wanted.begin(), wanted.end());
  MembershipDifference difference;
  std::set_difference(wanted.begin(), wanted.end(), present.begin(), present.end(),
                      std::back_inserter(difference.added));
  std::set_difference(present.begin(), present.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(difference.removed));
  return difference;
}

}  // namespace storeops::catalog
