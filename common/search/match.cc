#include "common/search/match.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/signer.h"
#include "common/base/text.h"
#include "common/search/words.h"

namespace storeops::search {
namespace {

// The total is exact up to this number of matches at least, and facets are.
constexpr int kCheckedMatches = 1000;
constexpr int64_t kCountedMatches = kCheckedMatches;
constexpr size_t kFacetValues = 50;
constexpr int kMaxReach = 10'000;
constexpr int kMaxPrefixTerms = 64;
// Looking for a better spelling costs about a millisecond for each word.
constexpr int kMaxSpelledWords = 8;
constexpr size_t kMaxExactTerm = 120;
constexpr size_t kTextKeyBytes = 64;

const Xapian::Stem& Stemmer() {
  // Keeps buffers: one for each thread.
  thread_local const Xapian::Stem stem("english");
  return stem;
}

class QueryStopper final : public Xapian::Stopper {
 public:
  bool operator()(const std::string& term) const override { return IsStopword(term); }
};

// Counts the facet values of the documents that the matcher considers.
class FacetCounter final : public Xapian::MatchSpy {
 public:
  FacetCounter(const FacetTable& table, const std::vector<int>& facets) : table_(table), counts_(facets.size()) {
    place_.fill(-1);
    for (size_t i = 0; i < facets.size(); ++i) place_[facets[i]] = static_cast<int>(i);
  }

  void operator()(const Xapian::Document& document, double) override {
    // The matcher may well go on to the last match; the count need not.
    if (++considered_ > kCountedMatches) return;
    const auto packed = table_.find(document.get_docid());
    if (packed == table_.end()) return;
    absl::string_view rest = packed->second;
    while (rest.size() >= 3) {
      const auto facet = static_cast<unsigned char>(rest[0]);
      const size_t size = static_cast<unsigned char>(rest[1]) << 8 | static_cast<unsigned char>(rest[2]);
      const absl::string_view value = rest.substr(3, size);
      rest.remove_prefix(3 + value.size());
      if (place_[facet] < 0) continue;
      Counts& counts = counts_[place_[facet]];
      if (auto known = counts.find(value); known != counts.end()) {
        ++known->second;
      } else {
        counts.emplace(std::string(value), 1);
      }
    }
  }

  // `total`: how many matches there are, estimated; `most`: there are no more than that.
  Result::Facet Take(int facet, int64_t total, int64_t most) {
    const int64_t counted = std::min(considered_, kCountedMatches);
    const bool exact = counted >= most;
    const double scale = exact || counted == 0 ? 1 : static_cast<double>(total) / counted;
    Result::Facet result{facet, exact, {}};
    for (auto& [value, count] : counts_[place_[facet]]) result.values.push_back({value, std::llround(count * scale)});
    const size_t shown = std::min(result.values.size(), kFacetValues);
    std::partial_sort(result.values.begin(), result.values.begin() + shown, result.values.end(),
                      [](const Result::Count& a, const Result::Count& b) {
                        return a.count != b.count ? a.count > b.count : a.value < b.value;
                      });
    result.values.resize(shown);
    return result;
  }

 private:
  using Counts = absl::flat_hash_map<std::string, int64_t>;

  const FacetTable& table_;
  std::array<int, 256> place_;  // of a facet's counts in counts_; -1: not asked for
  std::vector<Counts> counts_;
  int64_t considered_ = 0;
};

Xapian::Query ParseWith(Xapian::QueryParser& parser, const std::string& words, unsigned flags) {
  try {
    return parser.parse_query(words, flags);
  } catch (const Xapian::QueryParserError&) {
    // Signs that make no sense together: then they mean nothing.
    return parser.parse_query(words, flags & Xapian::QueryParser::FLAG_CJK_NGRAM);
  }
}

void SetUp(Xapian::QueryParser& parser, const Xapian::Database& database) {
  parser.set_database(database);
  parser.set_stemmer(Stemmer());
  parser.set_stemming_strategy(Xapian::QueryParser::STEM_SOME);
  parser.set_default_op(Xapian::Query::OP_AND);
  parser.set_max_expansion(kMaxPrefixTerms, Xapian::Query::WILDCARD_LIMIT_MOST_FREQUENT,
                           Xapian::QueryParser::FLAG_PARTIAL);
}

bool HasWords(absl::string_view text) {
  bool has = false;
  ForEachWord(text, [&](const Word&) { has = true; });
  return has;
}

// Not Query::MatchAll: its reference count is shared by all threads and not safe to be.
Xapian::Query Everything() { return Xapian::Query(std::string()); }

Xapian::Query ParseWords(const Xapian::Database& database, const std::string& words) {
  Xapian::QueryParser parser;
  SetUp(parser, database);
  unsigned flags =
      Xapian::QueryParser::FLAG_PHRASE | Xapian::QueryParser::FLAG_LOVEHATE | Xapian::QueryParser::FLAG_CJK_NGRAM;
  if (!HasWords(StripExcluded(words)) && HasWords(words)) {
    parser.set_default_op(Xapian::Query::OP_OR);
    const Xapian::Query excluded = ParseWith(parser, words, flags & ~Xapian::QueryParser::FLAG_LOVEHATE);
    return Xapian::Query(Xapian::Query::OP_AND_NOT, Everything(), excluded);
  }
  if (ShapeOf(words).open_end) flags |= Xapian::QueryParser::FLAG_PARTIAL;
  QueryStopper stopper;
  parser.set_stopper(&stopper);
  const Xapian::Query query = ParseWith(parser, words, flags);
  if (!query.empty()) return query;
  parser.set_stopper(nullptr);  // stopwords alone are words
  return ParseWith(parser, words, flags);
}

// Empty if nothing better is known.
std::string CorrectSpelling(const Xapian::Database& database, const std::string& words) {
  if (ShapeOf(words).words > kMaxSpelledWords) return "";
  Xapian::QueryParser parser;
  SetUp(parser, database);
  ParseWith(parser, words,
            Xapian::QueryParser::FLAG_PHRASE | Xapian::QueryParser::FLAG_LOVEHATE |
                Xapian::QueryParser::FLAG_CJK_NGRAM | Xapian::QueryParser::FLAG_SPELLING_CORRECTION);
  return parser.get_corrected_query_string();
}

Xapian::Query WithFilters(Xapian::Query query, const Query& request) {
  for (const auto& any_of : request.conditions) {
    query = Xapian::Query(Xapian::Query::OP_FILTER, query,
                          Xapian::Query(Xapian::Query::OP_OR, any_of.begin(), any_of.end()));
  }
  for (const Query::Range& range : request.ranges) {
    // A key is never empty, so that the lowest bound still leaves out documents without one.
    query = Xapian::Query(Xapian::Query::OP_FILTER, query,
                          Xapian::Query(Xapian::Query::OP_VALUE_RANGE, static_cast<Xapian::valueno>(range.slot),
                                        NumberKey(range.min), NumberKey(range.max)));
  }
  return query;
}

Result Run(const Xapian::Database& database, const FacetTable& facets, const Xapian::Query& query,
           const Query& request, bool ranked) {
  Xapian::Enquire enquire(database);
  enquire.set_query(query);
  if (request.sort.has_value()) {
    enquire.set_sort_by_value(static_cast<Xapian::valueno>(request.sort->slot), request.sort->descending);
  }
  if (ranked) {
    // BM25 without the length of the document: shelf texts are all short, and looking lengths up is half of the work.
    enquire.set_weighting_scheme(Xapian::BM25Weight(/*k1=*/1, /*k2=*/0, /*k3=*/1, /*b=*/0, /*min_normlen=*/0.5));
  } else {
    enquire.set_weighting_scheme(Xapian::BoolWeight());
  }
  FacetCounter counter(facets, request.facets);
  if (!request.facets.empty()) enquire.add_matchspy(&counter);

  const int offset = std::clamp(request.offset, 0, kMaxReach);
  const int limit = std::clamp(request.limit, 0, kMaxReach - offset);
  const Xapian::MSet matches = enquire.get_mset(offset, limit + 1, std::max(kCheckedMatches, offset + limit + 1));

  Result result;
  result.estimated_total = matches.get_matches_estimated();
  result.more = matches.size() > static_cast<Xapian::doccount>(limit);
  for (auto hit = matches.begin(); hit != matches.end() && result.hits.size() < static_cast<size_t>(limit); ++hit) {
    result.hits.push_back({*hit, ranked ? hit.get_percent() : 100});
  }
  for (int facet : request.facets) {
    result.facets.push_back(counter.Take(facet, result.estimated_total, matches.get_matches_upper_bound()));
  }
  return result;
}

}  // namespace

std::string ExactTerm(char field, absl::string_view value) {
  // Long values are told apart by their hash, because terms are limited to 245 bytes.
  return value.size() <= kMaxExactTerm ? absl::StrCat("X", std::string(1, field), ":", value)
                                       : absl::StrCat("X", std::string(1, field), "#", Sha256(value));
}

std::string NumberKey(double number) {
  // The library writes minus infinity as an empty key, which would stand for "no key" as well.
  std::string key = Xapian::sortable_serialise(number);
  return key.empty() ? std::string(1, '\0') : key;
}

std::string TextKey(absl::string_view text) {
  std::string key = Xapian::Unicode::tolower(std::string(TruncateCodePoints(text, kTextKeyBytes)));
  size_t end = std::min(key.size(), kTextKeyBytes);
  while (end < key.size() && end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0) == 0x80) --end;
  return key.substr(0, end);
}

std::string PackFacets(absl::Span<const FacetValue> facets) {
  std::string packed;
  for (const FacetValue& facet : facets) {
    const size_t size = std::min<size_t>(facet.value.size(), 0xFFFF);
    packed += static_cast<char>(facet.facet);
    packed += static_cast<char>(size >> 8);
    packed += static_cast<char>(size & 0xFF);
    packed.append(facet.value, 0, size);
  }
  return packed;
}

FacetTable LoadFacets(const Xapian::Database& database) {
  FacetTable table;
  table.reserve(database.get_doccount());
  for (auto value = database.valuestream_begin(kFacetSlot); value != database.valuestream_end(kFacetSlot); ++value) {
    table.emplace(value.get_docid(), *value);
  }
  return table;
}

Xapian::Document MakeDocument(const Document& document) {
  Xapian::Document made;
  Xapian::TermGenerator generator;
  generator.set_stemmer(Stemmer());
  generator.set_stemming_strategy(Xapian::TermGenerator::STEM_SOME);
  generator.set_flags(Xapian::TermGenerator::FLAG_CJK_NGRAM);
  generator.set_document(made);
  for (const Text& text : document.texts) {
    generator.index_text(text.text, text.weight);
    generator.increase_termpos();  // phrases do not reach from one text into the next
  }
  for (const std::string& term : document.terms) made.add_boolean_term(term);
  for (const auto& [slot, key] : document.keys) made.add_value(slot, key);
  if (!document.facets.empty()) made.add_value(kFacetSlot, PackFacets(document.facets));
  return made;
}

bool IsSpellingWord(const std::string& term) {
  if (term.size() < 3 || term.size() > 32 || (term[0] >= 'A' && term[0] <= 'Z')) return false;
  bool letters = true;
  ForEachWord(term, [&](const Word& word) { letters &= word.ideograph == 0; });
  return letters && std::none_of(term.begin(), term.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result Match(const Xapian::Database& database, const FacetTable& facets, const Query& query) {
  const std::string words = NormalizeQuery(query.words);
  if (absl::StripAsciiWhitespace(words).empty()) {
    return Run(database, facets, WithFilters(Everything(), query), query, /*ranked=*/false);
  }
  auto run = [&](const std::string& words) {
    return Run(database, facets, WithFilters(ParseWords(database, words), query), query, /*ranked=*/true);
  };
  Result result = run(words);
  if (result.estimated_total > 0) return result;
  // Only now, because asking for spellings is dear, and all words of a query that finds something exist.
  const std::string corrected = CorrectSpelling(database, words);
  if (corrected.empty()) return result;
  Result better = run(corrected);
  if (better.estimated_total == 0) return result;
  better.corrected_words = corrected;
  return better;
}

}  // namespace storeops::search
