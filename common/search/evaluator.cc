#include "common/search/evaluator.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace storeops::search {
namespace {

std::string TermOf(const Xapian::Query& leaf) { return *leaf.get_terms_begin(); }

// Of two ascending lists what is in either, with the sum of weights.
Matches Sum(const Matches& a, const Matches& b) {
  Matches sum;
  sum.reserve(a.size() + b.size());
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() && right != b.end()) {
    if (left->id < right->id) {
      sum.push_back(*left++);
    } else if (right->id < left->id) {
      sum.push_back(*right++);
    } else {
      sum.push_back({left->id, left->weight + right->weight});
      ++left;
      ++right;
    }
  }
  sum.insert(sum.end(), left, a.end());
  sum.insert(sum.end(), right, b.end());
  return sum;
}

// Neighbours first, so that each match is copied about log2(lists) times.
Matches SumAll(std::vector<Matches> lists) {
  while (lists.size() > 1) {
    std::vector<Matches> fewer;
    for (size_t i = 0; i + 1 < lists.size(); i += 2) fewer.push_back(Sum(lists[i], lists[i + 1]));
    if (lists.size() % 2 == 1) fewer.push_back(std::move(lists.back()));
    lists = std::move(fewer);
  }
  return lists.empty() ? Matches() : std::move(lists[0]);
}

// Leaves in `matches` what is (`wanted`) or is not in `others`; weights of others are added.
void Keep(Matches& matches, const Matches& others, bool wanted) {
  auto other = others.begin();
  auto kept = matches.begin();
  for (const Match& match : matches) {
    while (other != others.end() && other->id < match.id) ++other;
    const bool both = other != others.end() && other->id == match.id;
    if (both == wanted) *kept++ = {match.id, match.weight + (both ? other->weight : 0)};
  }
  matches.erase(kept, matches.end());
}

// Some documents, for the library's matcher.
class IdSource final : public Xapian::PostingSource {
 public:
  // Ascending; outlives this.
  explicit IdSource(const std::vector<uint32_t>& ids) : ids_(ids) {}

  Xapian::doccount get_termfreq_min() const override { return get_termfreq_est(); }
  Xapian::doccount get_termfreq_est() const override { return static_cast<Xapian::doccount>(ids_.size()); }
  Xapian::doccount get_termfreq_max() const override { return get_termfreq_est(); }
  void init(const Xapian::Database&) override {
    at_ = 0;
    started_ = false;
  }
  void next(double) override {
    at_ += started_;
    started_ = true;
  }
  void skip_to(Xapian::docid id, double) override {
    started_ = true;
    at_ = std::lower_bound(ids_.begin() + at_, ids_.end(), id) - ids_.begin();
  }
  bool at_end() const override { return started_ && at_ == ids_.size(); }
  Xapian::docid get_docid() const override { return ids_[at_]; }

 private:
  const std::vector<uint32_t>& ids_;
  size_t at_ = 0;
  bool started_ = false;
};

}  // namespace

Matches Evaluator::Evaluate(const Xapian::Query& query) { return Evaluate(query, Phrases::kLater); }

void Evaluator::Prefer(Matches& matches, const Xapian::Query& query) {
  if (query.empty()) return;
  const Matches preferred = Evaluate(query, Phrases::kNow);
  auto other = preferred.begin();
  for (Match& match : matches) {
    while (other != preferred.end() && other->id < match.id) ++other;
    if (other == preferred.end()) return;
    if (other->id == match.id) match.weight += other->weight;
  }
}

std::vector<uint32_t> Evaluator::Confirm(std::vector<uint32_t> ids) const {
  std::sort(ids.begin(), ids.end());
  for (const Xapian::Query& phrase : phrases_) KeepWithPhrase(phrase, ids);
  return ids;
}

Matches Evaluator::Evaluate(const Xapian::Query& query, Phrases phrases) {
  switch (query.get_type()) {
    case Xapian::Query::LEAF_MATCH_NOTHING:
      return {};
    case Xapian::Query::LEAF_MATCH_ALL: {
      Matches matches = Postings("");
      for (Match& match : matches) match.weight = 0;
      return matches;
    }
    case Xapian::Query::LEAF_TERM: {
      Matches matches = Postings(TermOf(query));
      Weigh(matches);
      return matches;
    }
    case Xapian::Query::OP_OR:
      return EvaluateAny(query);
    case Xapian::Query::OP_SYNONYM:
      return EvaluateSynonym(query);
    case Xapian::Query::OP_AND_NOT: {
      Matches matches = Evaluate(query.get_subquery(0), phrases);
      for (size_t i = 1; i < query.get_num_subqueries(); ++i) {
        Keep(matches, Evaluate(query.get_subquery(i), Phrases::kNow), /*wanted=*/false);
      }
      return matches;
    }
    case Xapian::Query::OP_AND_MAYBE: {
      Matches matches = Evaluate(query.get_subquery(0), phrases);
      for (size_t i = 1; i < query.get_num_subqueries(); ++i) Prefer(matches, query.get_subquery(i));
      return matches;
    }
    default:  // AND, PHRASE
      return EvaluateAll(query, phrases);
  }
}

Matches Evaluator::EvaluateAll(const Xapian::Query& query, Phrases phrases) {
  std::vector<std::pair<double, size_t>> parts;
  for (size_t i = 0; i < query.get_num_subqueries(); ++i) parts.push_back({UpperBound(query.get_subquery(i)), i});
  std::sort(parts.begin(), parts.end());
  Matches matches;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Xapian::Query part = query.get_subquery(parts[i].second);
    if (i == 0) {
      matches = Evaluate(part, phrases);
    } else {
      Intersect(matches, part, phrases);
    }
  }
  if (query.get_type() == Xapian::Query::OP_PHRASE) Expect(query, matches, phrases);
  return matches;
}

Matches Evaluator::EvaluateAny(const Xapian::Query& query) {
  std::vector<Matches> lists;
  for (size_t i = 0; i < query.get_num_subqueries(); ++i) {
    lists.push_back(Evaluate(query.get_subquery(i), Phrases::kNow));
  }
  return SumAll(std::move(lists));
}

Matches Evaluator::EvaluateSynonym(const Xapian::Query& query) {
  std::vector<Matches> lists;
  for (size_t i = 0; i < query.get_num_subqueries(); ++i) lists.push_back(Postings(TermOf(query.get_subquery(i))));
  Matches matches = SumAll(std::move(lists));
  Weigh(matches);
  return matches;
}

void Evaluator::Intersect(Matches& matches, const Xapian::Query& query, Phrases phrases) {
  if (matches.empty()) return;
  const Xapian::Query::op type = query.get_type();
  if (type == Xapian::Query::OP_AND || type == Xapian::Query::OP_PHRASE) {
    for (size_t i = 0; i < query.get_num_subqueries(); ++i) Intersect(matches, query.get_subquery(i), phrases);
    if (type == Xapian::Query::OP_PHRASE) Expect(query, matches, phrases);
    return;
  }
  if (type != Xapian::Query::LEAF_TERM) {
    Keep(matches, Evaluate(query, Phrases::kNow), /*wanted=*/true);
    return;
  }
  const std::string term = TermOf(query);
  const float rarity = Rarity(database_.get_termfreq(term));
  auto posting = database_.postlist_begin(term);
  const auto end = database_.postlist_end(term);
  auto kept = matches.begin();
  for (const Match& match : matches) {
    if (posting == end) break;
    posting.skip_to(match.id);
    if (posting == end) break;
    if (*posting == match.id) *kept++ = {match.id, match.weight + WeightOf(posting.get_wdf(), rarity)};
  }
  matches.erase(kept, matches.end());
}

void Evaluator::Expect(const Xapian::Query& phrase, Matches& matches, Phrases phrases) {
  if (phrases == Phrases::kLater) {
    phrases_.push_back(phrase);
    return;
  }
  std::vector<uint32_t> ids;
  for (const Match& match : matches) ids.push_back(match.id);
  KeepWithPhrase(phrase, ids);
  const auto lacks = [&](const Match& match) { return !std::binary_search(ids.begin(), ids.end(), match.id); };
  matches.erase(std::remove_if(matches.begin(), matches.end(), lacks), matches.end());
}

Matches Evaluator::Postings(const std::string& term) const {
  Matches postings;
  postings.reserve(term.empty() ? static_cast<size_t>(documents_) : database_.get_termfreq(term));
  const auto end = database_.postlist_end(term);
  for (auto posting = database_.postlist_begin(term); posting != end; ++posting) {
    postings.push_back({*posting, static_cast<float>(posting.get_wdf())});
  }
  return postings;
}

float Evaluator::Rarity(double documents_with) const {
  // Never negative, and still growing with rarity for words that most documents have.
  const double rarity = std::log((documents_ - documents_with + 0.5) / (documents_with + 0.5));
  return static_cast<float>(rarity >= 2 ? rarity : std::exp(rarity - 2) * 2);
}

void Evaluator::Weigh(Matches& occurrences) const {
  const float rarity = Rarity(static_cast<double>(occurrences.size()));
  for (Match& match : occurrences) match.weight = WeightOf(match.weight, rarity);
}

double Evaluator::UpperBound(const Xapian::Query& query) const {
  switch (query.get_type()) {
    case Xapian::Query::LEAF_MATCH_NOTHING:
      return 0;
    case Xapian::Query::LEAF_MATCH_ALL:
      return documents_;
    case Xapian::Query::LEAF_TERM:
      return database_.get_termfreq(TermOf(query));
    case Xapian::Query::OP_AND_NOT:
    case Xapian::Query::OP_AND_MAYBE:
      return UpperBound(query.get_subquery(0));
    default:
      break;
  }
  const bool any = query.get_type() == Xapian::Query::OP_OR || query.get_type() == Xapian::Query::OP_SYNONYM;
  double bound = any ? 0 : std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < query.get_num_subqueries(); ++i) {
    const double part = UpperBound(query.get_subquery(i));
    bound = any ? bound + part : std::min(bound, part);
  }
  return bound;
}

void Evaluator::KeepWithPhrase(const Xapian::Query& phrase, std::vector<uint32_t>& ids) const {
  // The library's matcher is good at this: it keeps its place among the positions from one document to the next.
  IdSource source(ids);
  Xapian::Enquire enquire(database_);
  enquire.set_weighting_scheme(Xapian::BoolWeight());
  enquire.set_query(Xapian::Query(Xapian::Query::OP_FILTER, Xapian::Query(&source), phrase));
  const Xapian::MSet found = enquire.get_mset(0, static_cast<Xapian::doccount>(ids.size()));
  std::vector<uint32_t> kept;
  for (auto hit = found.begin(); hit != found.end(); ++hit) kept.push_back(*hit);
  ids = std::move(kept);
}

}  // namespace storeops::search
