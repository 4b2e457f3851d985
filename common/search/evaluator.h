// Which documents answer a query, and how well. Reads the posting lists of the library itself: its matcher spends ten
// times as long on each document. Throws what Xapian throws; only for this folder.
#ifndef STOREOPS_COMMON_SEARCH_EVALUATOR_H_
#define STOREOPS_COMMON_SEARCH_EVALUATOR_H_

#include <xapian.h>

#include <cstdint>
#include <string>
#include <vector>

namespace storeops::search {

struct Match {
  uint32_t id;
  float weight;
};
using Matches = std::vector<Match>;  // by id, ascending

// For one query: it keeps the phrases that are still to be looked for.
class Evaluator {
 public:
  // `database` outlives this.
  explicit Evaluator(const Xapian::Database& database) : database_(database), documents_(database.get_doccount()) {}

  // Of a query as ParseWords makes them. Weights are those of BM25 without the length of the document: shelf texts are
  // all short. Phrases that all matches must have are left to Confirm, because reading positions costs more than all
  // the rest; until then their words are somewhere in the document.
  Matches Evaluate(const Xapian::Query& query);
  // Adds the weight of a query that `matches` may match as well. Empty: none.
  void Prefer(Matches& matches, const Xapian::Query& query);

  bool all_confirmed() const { return phrases_.empty(); }
  // Those of the documents that have the phrases, ascending.
  std::vector<uint32_t> Confirm(std::vector<uint32_t> ids) const;

 private:
  // Whether phrases may be left to Confirm.
  enum class Phrases { kLater, kNow };

  Matches Evaluate(const Xapian::Query& query, Phrases phrases);
  Matches EvaluateAll(const Xapian::Query& query, Phrases phrases);
  Matches EvaluateAny(const Xapian::Query& query);
  Matches EvaluateSynonym(const Xapian::Query& query);
  // Leaves those that match the query as well, with its weight added.
  void Intersect(Matches& matches, const Xapian::Query& query, Phrases phrases);
  void Expect(const Xapian::Query& phrase, Matches& matches, Phrases phrases);

  // With the occurrences in the document as weight.
  Matches Postings(const std::string& term) const;
  float WeightOf(float occurrences, float rarity) const { return rarity * 2 * occurrences / (1 + occurrences); }
  float Rarity(double documents_with) const;
  void Weigh(Matches& occurrences) const;
  // At most as many documents match.
  double UpperBound(const Xapian::Query& query) const;
  // Leaves in `ids`, which are ascending, the documents with the phrase.
  void KeepWithPhrase(const Xapian::Query& phrase, std::vector<uint32_t>& ids) const;

  const Xapian::Database& database_;
  const double documents_;
  std::vector<Xapian::Query> phrases_;
};

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_EVALUATOR_H_
