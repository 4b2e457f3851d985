#include "common/search/match.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/signer.h"
#include "common/base/text.h"
#include "common/search/evaluator.h"
#include "common/search/fold.h"
#include "common/search/parser.h"
#include "common/search/words.h"

namespace storeops::search {
namespace {

// Facets are exact up to this number of matches; of more, as many are counted, chosen evenly.
constexpr size_t kCountedMatches = 1000;
// So many candidates at least are looked at for their phrases; what more there are is estimated in proportion.
constexpr size_t kConfirmedMatches = 500;
// A search without words that this many documents or this part of them may match is answered from a sample.
constexpr size_t kBroadMatches = 4000;
constexpr size_t kBroadPart = 16;
constexpr size_t kSampledDocuments = 5000;
constexpr size_t kFacetValues = 50;
constexpr int kMaxReach = 10'000;
constexpr size_t kMaxExactTerm = 120;
constexpr size_t kTextKeyBytes = 64;
constexpr size_t kMaxTermBytes = 240;  // the library takes 245

bool HasAny(PackedNumbers values, const std::vector<ValueId>& any_of) {
  for (const ValueId value : values) {
    if (std::find(any_of.begin(), any_of.end(), value) != any_of.end()) return true;
  }
  return false;
}

// The conditions and ranges of a query.
class Filter {
 public:
  Filter(const Columns& columns, const Query& query) : columns_(columns) {
    for (const std::vector<std::string>& group : query.conditions) {
      std::vector<ValueId>& any_of = any_of_.emplace_back();
      size_t documents = 0;
      for (const std::string& term : group) {
        const ValueId* id = columns.FindTerm(term);
        if (id == nullptr) continue;
        any_of.push_back(*id);
        documents += columns.values()[*id].documents;
      }
      if (any_of_.size() > 1 && documents >= at_most_) continue;
      at_most_ = documents;
      rarest_ = any_of_.size() - 1;
    }
    for (const Query::Range& range : query.ranges) {
      // A key is never empty, so that the lowest bound still leaves out documents without one.
      ranges_.push_back({range.slot, NumberKey(range.min), NumberKey(range.max)});
    }
  }

  bool empty() const { return any_of_.empty() && ranges_.empty(); }
  // No more documents than that meet the conditions; all of those that are counted, if nothing else is asked.
  size_t at_most() const { return any_of_.empty() ? columns_.document_count() : at_most_; }
  bool counted() const {
    return ranges_.empty() && (any_of_.empty() || (any_of_.size() == 1 && any_of_[0].size() <= 1));
  }
  // Finds all that meet the narrowest condition. There is at least one.
  Xapian::Query Narrowest() const {
    std::vector<std::string> terms;
    for (const ValueId id : any_of_[rarest_]) terms.push_back(columns_.values()[id].text);
    return Xapian::Query(Xapian::Query::OP_OR, terms.begin(), terms.end());
  }

  bool Accepts(Row row) const {
    for (const auto& any_of : any_of_) {
      if (!HasAny(row.terms(), any_of)) return false;
    }
    for (const Bounds& range : ranges_) {
      const absl::string_view key = row.Key(range.slot);
      if (key < range.min || key > range.max) return false;
    }
    return true;
  }
  bool Accepts(uint32_t id) const {
    const Row row = columns_.rows().Find(id);
    return row.present() && Accepts(row);
  }

 private:
  struct Bounds {
    int slot;
    std::string min;
    std::string max;
  };

  const Columns& columns_;
  std::vector<std::vector<ValueId>> any_of_;
  size_t at_most_ = 0;
  size_t rarest_ = 0;
  std::vector<Bounds> ranges_;
};

class FacetCounter {
 public:
  FacetCounter(const Columns& columns, const std::vector<int>& facets) : columns_(columns), facets_(facets) {}

  void Count(Row row) {
    for (const ValueId value : row.facets()) ++counts_[value];
  }
  void CountEvenly(const Matches& matches) {
    if (facets_.empty()) return;
    const size_t counted = std::min(matches.size(), kCountedMatches);
    // Found first and read afterwards, so that the waits for memory overlap.
    std::vector<Row> rows(counted);
    for (size_t i = 0; i < counted; ++i) {
      const size_t begin = i * matches.size() / counted;
      const size_t size = (i + 1) * matches.size() / counted - begin;
      // Not always the first one: ids may have a rhythm.
      rows[i] = columns_.rows().Find(matches[begin + Mix(i) % size].id);
    }
    for (const Row row : rows) {
      if (row.present()) Count(row);
    }
  }
  void CountAllDocuments() {
    for (ValueId id = 0; id < columns_.values().size(); ++id) {
      if (columns_.values()[id].facet >= 0) counts_[id] = columns_.values()[id].documents;
    }
  }

  // `scale`: of so many matches one was counted; 1 if all were.
  std::vector<Result::Facet> Take(double scale) const {
    std::vector<Result::Facet> results;
    for (const int facet : facets_) {
      Result::Facet& result = results.emplace_back(Result::Facet{facet, scale <= 1, {}});
      for (const auto& [id, count] : counts_) {
        const Columns::Value& value = columns_.values()[id];
        if (value.facet == facet) result.values.push_back({value.text, std::llround(count * std::max(scale, 1.0))});
      }
      const size_t shown = std::min(result.values.size(), kFacetValues);
      std::partial_sort(result.values.begin(), result.values.begin() + shown, result.values.end(),
                        [](const Result::Count& a, const Result::Count& b) {
                          return a.count != b.count ? a.count > b.count : a.value < b.value;
                        });
      result.values.resize(shown);
    }
    return results;
  }

 private:
  const Columns& columns_;
  const std::vector<int>& facets_;
  absl::flat_hash_map<ValueId, int64_t> counts_;
};

// The part of the results that is asked for.
struct Page {
  explicit Page(const Query& query)
      : offset(std::clamp(query.offset, 0, kMaxReach)),
        limit(std::clamp(query.limit, 0, kMaxReach - static_cast<int>(offset))) {}
  // With one more, to see whether there is more.
  size_t end() const { return offset + limit + 1; }

  size_t offset;
  size_t limit;
};

// A match and its place among the results.
struct Candidate {
  SortEntry place;
  float weight;
};

// Gives matches their places: by a key, or the heaviest first.
class Placer {
 public:
  Placer(const Columns& columns, const Query& query)
      : columns_(columns),
        slot_(query.sort.has_value() ? query.sort->slot : 0),
        descending_(query.sort.has_value() && query.sort->descending) {}

  bool operator()(const Candidate& a, const Candidate& b) const {
    return descending_ ? b.place < a.place : a.place < b.place;
  }

  // The first `wanted` and perhaps others, in no order.
  std::vector<Candidate> Candidates(const Matches& matches, size_t wanted) const {
    const size_t full = std::max<size_t>(2 * wanted, 256);
    std::vector<Candidate> candidates;
    candidates.reserve(std::min(full, matches.size()));
    bool cut = false;
    Candidate last{};
    for (const Match& match : matches) {
      const Candidate candidate = Place(match);
      if (cut && !(*this)(candidate, last)) continue;
      candidates.push_back(candidate);
      if (candidates.size() < full) continue;
      std::nth_element(candidates.begin(), candidates.begin() + wanted, candidates.end(), *this);
      candidates.resize(wanted + 1);
      last = candidates.back();
      cut = true;
    }
    return candidates;
  }

 private:
  Candidate Place(const Match& match) const {
    SortEntry place{0, {}, match.id};
    if (slot_ != 0) {
      const Row row = columns_.rows().Find(match.id);
      if (row.present()) place = MakeSortEntry(match.id, row.Key(slot_));
    } else {
      uint32_t bits = 0;  // of a float that is not negative they have its order
      std::memcpy(&bits, &match.weight, sizeof(bits));
      place.prefix = ~bits;
    }
    return {place, match.weight};
  }

  const Columns& columns_;
  const int slot_;  // 0: by weight
  const bool descending_;
};

// Puts results in their order, from the first on, as far as asked.
class Sorter {
 public:
  Sorter(std::vector<Candidate>& candidates, const Placer& placer) : candidates_(candidates), placer_(placer) {}

  void SortTo(size_t end) {
    end = std::min(end, candidates_.size());
    if (end <= sorted_) return;
    std::partial_sort(candidates_.begin() + sorted_, candidates_.begin() + end, candidates_.end(), placer_);
    sorted_ = end;
  }

 private:
  std::vector<Candidate>& candidates_;
  const Placer& placer_;
  size_t sorted_ = 0;
};

// Removes candidates without the phrases, from the first on, until enough are left for the page and for an estimate.
// How many candidates each of those that are looked at stands for: 1 if all are.
double Confirm(const Evaluator& evaluator, size_t page_end, Sorter& sorter, std::vector<Candidate>& candidates) {
  std::vector<Candidate> confirmed;
  size_t looked_at = 0;
  while (looked_at < candidates.size() && (confirmed.size() < page_end || looked_at < kConfirmedMatches)) {
    const size_t end = std::min(looked_at + kConfirmedMatches, candidates.size());
    sorter.SortTo(end);
    std::vector<uint32_t> ids;
    for (size_t i = looked_at; i < end; ++i) ids.push_back(candidates[i].place.id);
    ids = evaluator.Confirm(std::move(ids));
    for (; looked_at < end; ++looked_at) {
      const Candidate& candidate = candidates[looked_at];
      if (std::binary_search(ids.begin(), ids.end(), candidate.place.id)) confirmed.push_back(candidate);
    }
  }
  const double scale = looked_at == 0 ? 1 : static_cast<double>(candidates.size()) / static_cast<double>(looked_at);
  candidates = std::move(confirmed);
  return scale;
}

Matches ById(const std::vector<Candidate>& candidates) {
  Matches matches;
  for (const Candidate& candidate : candidates) matches.push_back({candidate.place.id, candidate.weight});
  std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) { return a.id < b.id; });
  return matches;
}

void FillPage(const Page& page, const std::vector<Candidate>& candidates, float best, Result& result) {
  for (size_t i = page.offset; i < candidates.size() && result.hits.size() < page.limit; ++i) {
    const int percent = best > 0 ? static_cast<int>(std::lround(100 * candidates[i].weight / best)) : 100;
    result.hits.push_back({candidates[i].place.id, std::clamp(percent, 0, 100)});
  }
  result.more = candidates.size() > page.offset + page.limit;
}

Result RunOver(const Columns& columns, Matches matches, const Evaluator& evaluator, const Query& query) {
  const Page page(query);
  float best = 0;
  for (const Match& match : matches) best = std::max(best, match.weight);
  const Placer placer(columns, query);
  std::vector<Candidate> candidates =
      placer.Candidates(matches, evaluator.all_confirmed() ? page.end() : matches.size());
  Sorter sorter(candidates, placer);
  double scale = 1;
  if (evaluator.all_confirmed()) {
    sorter.SortTo(page.end());
  } else {
    scale = Confirm(evaluator, page.end(), sorter, candidates);
    matches = ById(candidates);
  }
  Result result;
  result.estimated_total = std::llround(scale * static_cast<double>(matches.size()));
  FillPage(page, candidates, best, result);
  FacetCounter counter(columns, query.facets);
  counter.CountEvenly(matches);
  if (matches.size() > kCountedMatches) scale *= static_cast<double>(matches.size()) / kCountedMatches;
  result.facets = counter.Take(scale);
  return result;
}

// Hits from the front of a kept order.
void WalkPage(const Columns& columns, const Filter& filter, const Query& query, Result& result) {
  const Page page(query);
  size_t found = 0;
  // False at the end of the page.
  const auto take = [&](uint32_t id, Row row) {
    if (!filter.Accepts(row)) return true;
    if (++found > page.offset && result.hits.size() < page.limit) result.hits.push_back({id, 100});
    return found < page.end();
  };
  const auto take_ordered = [&](uint32_t id) { return take(id, columns.rows().Find(id)); };
  const Columns::Order* order = query.sort.has_value() ? columns.FindOrder(query.sort->slot) : nullptr;
  if (order == nullptr) {
    columns.rows().Visit(take);
  } else if (query.sort->descending) {
    for (auto id = order->rbegin(); id != order->rend() && take_ordered(*id); ++id) {
    }
  } else {
    for (auto id = order->begin(); id != order->end() && take_ordered(*id); ++id) {
    }
  }
  result.more = found == page.end();
}

// Without words, and more documents than are worth visiting: the page from a kept order, the counts from a sample.
Result RunBroad(const Columns& columns, const Filter& filter, const Query& query) {
  Result result;
  WalkPage(columns, filter, query, result);
  FacetCounter counter(columns, query.facets);
  if (filter.empty()) {
    result.estimated_total = static_cast<int64_t>(columns.document_count());
    counter.CountAllDocuments();
    result.facets = counter.Take(1);
    return result;
  }
  size_t accepted = 0;
  const size_t sampled = columns.rows().Sample(kSampledDocuments, [&](Row row) {
    if (!filter.Accepts(row)) return;
    ++accepted;
    counter.Count(row);
  });
  const double scale = sampled == 0 ? 1 : static_cast<double>(columns.document_count()) / sampled;
  const auto found = static_cast<int64_t>(query.offset + result.hits.size() + result.more);
  result.estimated_total = filter.counted() ? static_cast<int64_t>(filter.at_most())
                                            : std::max(found, static_cast<int64_t>(std::llround(accepted * scale)));
  result.facets = counter.Take(scale);
  return result;
}

Result RunWithoutWords(const Xapian::Database& database, const Columns& columns, const Query& query) {
  const Filter filter(columns, query);
  const size_t broad = std::max(kBroadMatches, columns.document_count() / kBroadPart);
  if (query.conditions.empty() || filter.at_most() > broad) return RunBroad(columns, filter, query);
  Evaluator evaluator(database);
  Matches matches;
  for (Match match : evaluator.Evaluate(filter.Narrowest())) {
    match.weight = 0;
    if (filter.Accepts(match.id)) matches.push_back(match);
  }
  return RunOver(columns, std::move(matches), evaluator, query);
}

// `words` as NormalizeQuery makes them of what was typed, `forms` as FormsOf.
Result RunWords(const Xapian::Database& database, const Columns& columns, const std::string& words,
                const std::vector<WordForms>& forms, const Query& query) {
  Evaluator evaluator(database);
  Matches matches = evaluator.Evaluate(ParseWords(database, words, forms));
  const Filter filter(columns, query);
  if (!filter.empty()) {
    const auto refused = [&](const Match& match) { return !filter.Accepts(match.id); };
    matches.erase(std::remove_if(matches.begin(), matches.end(), refused), matches.end());
  }
  if (!matches.empty()) evaluator.Prefer(matches, ExactForms(database, forms));
  return RunOver(columns, std::move(matches), evaluator, query);
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

Xapian::Document MakeDocument(const Document& document) {
  Xapian::Document made;
  Xapian::TermGenerator generator;
  generator.set_stemmer(EnglishStemmer());
  generator.set_flags(Xapian::TermGenerator::FLAG_CJK_NGRAM);
  generator.set_document(made);
  std::string storage;
  for (const Text& text : document.texts) {
    const absl::string_view folded_text = Fold(text.text, &storage);
    ForEachRun(folded_text, [&](absl::string_view run, bool ngrams) {
      // Queries never ask for the stem of an n-gram, which is nothing but the n-gram again.
      generator.set_stemming_strategy(ngrams ? Xapian::TermGenerator::STEM_NONE : Xapian::TermGenerator::STEM_SOME);
      // Queries are in lower case, n-grams as they are in the text: which matters for letters among them.
      generator.index_text(ngrams ? Xapian::Unicode::tolower(std::string(run)) : std::string(run), text.weight);
    });
    // Phrases do not reach from one text into the next.
    generator.increase_termpos();
    const bool ascii = folded_text.data() == text.text.data();
    if (ascii) continue;
    ForEachFolded(text.text, [&](absl::string_view folded, absl::string_view exact) {
      const std::string term = ExactFormTerm(folded, exact);
      if (term.size() <= kMaxTermBytes) made.add_term(term, text.weight);
    });
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

Result FindMatches(const Xapian::Database& database, const Columns& columns, const Query& query) {
  const std::string words = NormalizeQuery(query.words);
  if (absl::StripAsciiWhitespace(words).empty()) return RunWithoutWords(database, columns, query);
  const std::vector<WordForms> forms = FormsOf(query.words);
  Result result = RunWords(database, columns, words, forms, query);
  if (result.estimated_total > 0) return result;
  // Only now, because asking for spellings is dear, and all words of a query that finds something exist.
  const std::string corrected = CorrectSpelling(database, words, forms);
  if (corrected.empty()) return result;
  Result better = RunWords(database, columns, NormalizeQuery(corrected), FormsOf(corrected), query);
  if (better.estimated_total == 0) return result;
  better.corrected_words = corrected;
  return better;
}

}  // namespace storeops::search
