// How texts and queries fall into words, for the parts that the search library does not do for us.
#ifndef STOREOPS_COMMON_SEARCH_WORDS_H_
#define STOREOPS_COMMON_SEARCH_WORDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace storeops::search {

struct Word {
  size_t begin;  // bytes of the text
  size_t end;
  // The character, if it is one of a script written without spaces (Chinese, Japanese, Korean): each is a word by
  // itself. Otherwise 0.
  uint32_t ideograph;
  absl::string_view lower;  // valid during the visit
};

// Visits the words of valid UTF-8 in order.
void ForEachWord(absl::string_view text, absl::FunctionRef<void(const Word&)> visit);

// Visits the runs of characters that the search library cuts into n-grams, and those between them, in order.
void ForEachRun(absl::string_view text, absl::FunctionRef<void(absl::string_view run, bool ngrams)> visit);

// True for English words so common that a query need not insist on them.
bool IsStopword(absl::string_view lower);

// A query as it is searched: folded (fold.h) and in lower case (so that capitals do not switch stemming off), at most
// 32 words outside ideographs, with blanks for control characters.
std::string NormalizeQuery(absl::string_view query);

// A word as it is folded, and in lower case as it is written.
struct WordForms {
  std::string folded;
  std::string exact;

  bool differ() const { return folded != exact; }
};
// Of the words that a query, as a person typed it, does not exclude; at most 32, none in ideographs.
std::vector<WordForms> FormsOf(absl::string_view query);
// With a comma before each blank that n-grams follow: the library's parser (1.4.22) refuses
// "usb 数据 2", and takes "usb, 数据 2" for what is meant.
std::string PartWithCommas(absl::string_view query);
// Without the -words and -"phrases" that it excludes.
std::string StripExcluded(absl::string_view query);

struct QueryShape {
  int words = 0;  // ideographs not counted
  // The query ends in a word, not in an ideograph or a sign, that is long and rare enough to stand for words that begin
  // with it.
  bool open_end = false;
};
QueryShape ShapeOf(absl::string_view normalized);

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_WORDS_H_
