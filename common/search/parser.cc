#include "common/search/parser.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/search/words.h"

namespace storeops::search {
namespace {

// Of the terms that begin with the last word so many are looked at, and the most frequent ones stand for it.
constexpr int kMaxPrefixTermsRead = 4096;
constexpr size_t kMaxPrefixTerms = 64;
// As many forms of a folded word are told apart: Vietnamese has up to eighteen of a syllable.
constexpr size_t kMaxForms = 64;
// Looking for a better spelling costs about a millisecond for each word.
constexpr int kMaxSpelledWords = 8;

constexpr unsigned kSigns =
    Xapian::QueryParser::FLAG_PHRASE | Xapian::QueryParser::FLAG_LOVEHATE | Xapian::QueryParser::FLAG_CJK_NGRAM;

// "bé" is no stopword, although it is folded to one.
class QueryStopper final : public Xapian::Stopper {
 public:
  // `forms` outlive this.
  explicit QueryStopper(const std::vector<WordForms>& forms) : forms_(forms) {}

  bool operator()(const std::string& term) const override {
    const auto is_folded = [&](const WordForms& word) { return word.differ() && word.folded == term; };
    return IsStopword(term) && std::none_of(forms_.begin(), forms_.end(), is_folded);
  }

 private:
  const std::vector<WordForms>& forms_;
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

// The terms of the forms of a folded word that documents have, the folded one itself not among them.
std::vector<std::string> ExactFormTerms(const Xapian::Database& database, absl::string_view folded) {
  const std::string prefix = ExactFormTerm(folded, "");
  std::vector<std::string> terms;
  const auto end = database.allterms_end(prefix);
  for (auto term = database.allterms_begin(prefix); term != end && terms.size() < kMaxForms; ++term) {
    terms.push_back(*term);
  }
  return terms;
}

// What weighs more of a word: the form that the query has. Empty if all documents with the word have that form, or
// none.
Xapian::Query ExactForm(const Xapian::Database& database, const WordForms& word) {
  using Query = Xapian::Query;
  if (word.differ()) {
    const std::string term = ExactFormTerm(word.folded, word.exact);
    return database.term_exists(term) ? Query(term) : Query();
  }
  if (IsStopword(word.exact)) return {};
  const std::vector<std::string> others = ExactFormTerms(database, word.folded);
  if (others.empty()) return {};
  return Query(Query::OP_AND_NOT, Query(word.folded), Query(Query::OP_OR, others.begin(), others.end()));
}

// The form in which more than half of the documents with a word have it.
std::string UsualForm(const Xapian::Database& database, absl::string_view folded) {
  const size_t begin = ExactFormTerm(folded, "").size();
  const Xapian::doccount documents = database.get_termfreq(std::string(folded));
  for (const std::string& term : ExactFormTerms(database, folded)) {
    if (database.get_termfreq(term) > documents / 2) return term.substr(begin);
  }
  return std::string(folded);
}

// As it was typed, if it was.
std::string FormOf(const Xapian::Database& database, absl::string_view folded, const std::vector<WordForms>& typed) {
  const auto found =
      std::find_if(typed.begin(), typed.end(), [&](const WordForms& word) { return word.folded == folded; });
  return found == typed.end() ? UsualForm(database, folded) : found->exact;
}

std::string Unfold(const Xapian::Database& database, absl::string_view words, const std::vector<WordForms>& typed) {
  std::string usual;
  size_t copied = 0;
  ForEachWord(words, [&](const Word& word) {
    if (word.ideograph != 0) return;
    absl::StrAppend(&usual, words.substr(copied, word.begin - copied), FormOf(database, word.lower, typed));
    copied = word.end;
  });
  absl::StrAppend(&usual, words.substr(copied));
  return usual;
}

}  // namespace

std::string ExactFormTerm(absl::string_view folded, absl::string_view exact) {
  return absl::StrCat("E", folded, "|", exact);
}

const Xapian::Stem& EnglishStemmer() {
  thread_local const Xapian::Stem stem("english");
  return stem;
}

Xapian::Query ParseWords(const Xapian::Database& database, const std::string& words,
                         const std::vector<WordForms>& forms) {
  Xapian::QueryParser parser;
  SetUp(parser, database);
  if (!HasWords(StripExcluded(words)) && HasWords(words)) {
    parser.set_default_op(Xapian::Query::OP_OR);
    const Xapian::Query excluded = ParseWith(parser, words, kSigns & ~Xapian::QueryParser::FLAG_LOVEHATE);
    // Not Query::MatchAll: its reference count is shared by all threads and not safe to be.
    return Xapian::Query(Xapian::Query::OP_AND_NOT, Xapian::Query(std::string()), Finish(excluded, {}));
  }
  const OpenEnd end = FindOpenEnd(database, words);
  QueryStopper stopper(forms);
  parser.set_stopper(&stopper);
  Xapian::Query query = ParseWith(parser, words, kSigns);
  if (query.empty()) {
    parser.set_stopper(nullptr);  // stopwords alone are words
    query = ParseWith(parser, words, kSigns);
  }
  return Finish(query, end);
}

Xapian::Query ExactForms(const Xapian::Database& database, const std::vector<WordForms>& forms) {
  Parts exact;
  for (const WordForms& word : forms) {
    Xapian::Query form = ExactForm(database, word);
    if (!form.empty()) exact.push_back(std::move(form));
  }
  return Xapian::Query(Xapian::Query::OP_OR, exact.begin(), exact.end());
}

std::string CorrectSpelling(const Xapian::Database& database, const std::string& words,
                            const std::vector<WordForms>& forms) {
  if (ShapeOf(words).words > kMaxSpelledWords) return "";
  Xapian::QueryParser parser;
  SetUp(parser, database);
  ParseWith(parser, words, kSigns | Xapian::QueryParser::FLAG_SPELLING_CORRECTION);
  return Unfold(database, parser.get_corrected_query_string(), forms);
}

}  // namespace storeops::search
