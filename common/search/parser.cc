#include "common/search/parser.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/search/words.h"

namespace storeops::search {
namespace {

// Of the terms that begin with the last word so many are looked at, and the most frequent ones stand for it.
constexpr int kMaxPrefixTermsRead = 4096;
constexpr size_t kMaxPrefixTerms = 64;
// Looking for a better spelling costs about a millisecond for each word.
constexpr int kMaxSpelledWords = 8;

constexpr unsigned kSigns =
    Xapian::QueryParser::FLAG_PHRASE | Xapian::QueryParser::FLAG_LOVEHATE | Xapian::QueryParser::FLAG_CJK_NGRAM;

class QueryStopper final : public Xapian::Stopper {
 public:
  bool operator()(const std::string& term) const override { return IsStopword(term); }
};

Xapian::Query ParseWith(Xapian::QueryParser& parser, const std::string& words, unsigned flags) {
  const std::string parted = PartWithCommas(words);
  try {
    return parser.parse_query(parted, flags);
  } catch (const Xapian::QueryParserError&) {
    // Signs that make no sense together: then they mean nothing.
    return parser.parse_query(parted, flags & Xapian::QueryParser::FLAG_CJK_NGRAM);
  }
}

void SetUp(Xapian::QueryParser& parser, const Xapian::Database& database) {
  parser.set_database(database);
  parser.set_stemmer(EnglishStemmer());
  parser.set_stemming_strategy(Xapian::QueryParser::STEM_SOME);
  parser.set_default_op(Xapian::Query::OP_AND);
}

bool HasWords(absl::string_view text) {
  bool has = false;
  ForEachWord(text, [&](const Word&) { has = true; });
  return has;
}

bool IsTerm(const Xapian::Query& query) { return query.get_type() == Xapian::Query::LEAF_TERM; }
std::string FirstTerm(const Xapian::Query& query) { return *query.get_terms_begin(); }

using Parts = std::vector<Xapian::Query>;

Parts PartsOf(const Xapian::Query& query) {
  Parts parts;
  for (size_t i = 0; i < query.get_num_subqueries(); ++i) parts.push_back(query.get_subquery(i));
  return parts;
}

// A pair of ideographs implies each of them: they add nothing but work.
void DropImplied(Parts& parts) {
  std::vector<std::string> pairs;
  auto length = [](const std::string& term) {
    int ideographs = 0;
    ForEachWord(term, [&](const Word& word) { ideographs = word.ideograph == 0 ? 3 : ideographs + 1; });
    return ideographs;
  };
  for (const Xapian::Query& part : parts) {
    if (IsTerm(part) && length(FirstTerm(part)) == 2) pairs.push_back(FirstTerm(part));
  }
  auto implied = [&](const Xapian::Query& part) {
    if (!IsTerm(part)) return false;
    const std::string term = FirstTerm(part);
    return length(term) == 1 && std::any_of(pairs.begin(), pairs.end(), [&](const std::string& pair) {
             return pair.find(term) != std::string::npos;
           });
  };
  parts.erase(std::remove_if(parts.begin(), parts.end(), implied), parts.end());
}

// The terms that begin with a word, as one.
Xapian::Query Beginnings(const Xapian::Database& database, const std::string& word) {
  std::vector<std::pair<Xapian::doccount, std::string>> terms;
  int read = 0;
  for (auto term = database.allterms_begin(word); term != database.allterms_end(word) && read < kMaxPrefixTermsRead;
       ++term, ++read) {
    terms.emplace_back(term.get_termfreq(), *term);
  }
  const size_t kept = std::min(terms.size(), kMaxPrefixTerms);
  std::partial_sort(terms.begin(), terms.begin() + kept, terms.end(), std::greater<>());
  Parts parts;
  for (size_t i = 0; i < kept; ++i) parts.emplace_back(terms[i].second);
  return Xapian::Query(Xapian::Query::OP_SYNONYM, parts.begin(), parts.end());
}

// What the last word stands for, if it may be the beginning of one.
struct OpenEnd {
  std::string word;
  std::string stem;  // the term that the library makes of it
  Xapian::Query beginnings;

  bool StandsAs(const Xapian::Query& query) const {
    if (word.empty() || !IsTerm(query)) return false;
    const std::string term = FirstTerm(query);
    return term == word || term == stem;
  }
};

OpenEnd FindOpenEnd(const Xapian::Database& database, const std::string& words) {
  OpenEnd end;
  if (!ShapeOf(words).open_end) return end;
  ForEachWord(words, [&](const Word& word) { end.word = std::string(word.lower); });
  end.stem = "Z" + EnglishStemmer()(end.word);
  end.beginnings = Beginnings(database, end.word);
  return end;
}

// The query with the words that the last one is the beginning of, and without terms that are implied.
Xapian::Query Finish(const Xapian::Query& query, const OpenEnd& end) {
  using Query = Xapian::Query;
  if (end.StandsAs(query)) return Query(Query::OP_OR, end.beginnings, query);
  const Query::op type = query.get_type();
  if (type != Query::OP_AND && type != Query::OP_OR && type != Query::OP_AND_NOT && type != Query::OP_AND_MAYBE) {
    return query;
  }
  Parts parts = PartsOf(query);
  if (type == Query::OP_AND) DropImplied(parts);
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool excluded = type == Query::OP_AND_NOT && i > 0;
    parts[i] = Finish(parts[i], excluded ? OpenEnd() : end);
  }
  return Query(type, parts.begin(), parts.end());
}

}  // namespace

const Xapian::Stem& EnglishStemmer() {
  thread_local const Xapian::Stem stem("english");
  return stem;
}

Xapian::Query ParseWords(const Xapian::Database& database, const std::string& words) {
  Xapian::QueryParser parser;
  SetUp(parser, database);
  if (!HasWords(StripExcluded(words)) && HasWords(words)) {
    parser.set_default_op(Xapian::Query::OP_OR);
    const Xapian::Query excluded = ParseWith(parser, words, kSigns & ~Xapian::QueryParser::FLAG_LOVEHATE);
    // Not Query::MatchAll: its reference count is shared by all threads and not safe to be.
    return Xapian::Query(Xapian::Query::OP_AND_NOT, Xapian::Query(std::string()), Finish(excluded, {}));
  }
  const OpenEnd end = FindOpenEnd(database, words);
  QueryStopper stopper;
  parser.set_stopper(&stopper);
  const Xapian::Query query = ParseWith(parser, words, kSigns);
  if (!query.empty()) return Finish(query, end);
  parser.set_stopper(nullptr);  // stopwords alone are words
  return Finish(ParseWith(parser, words, kSigns), end);
}

std::string CorrectSpelling(const Xapian::Database& database, const std::string& words) {
  if (ShapeOf(words).words > kMaxSpelledWords) return "";
  Xapian::QueryParser parser;
  SetUp(parser, database);
  ParseWith(parser, words, kSigns | Xapian::QueryParser::FLAG_SPELLING_CORRECTION);
  return parser.get_corrected_query_string();
}

}  // namespace storeops::search
