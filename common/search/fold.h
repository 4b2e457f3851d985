// Makes texts that people take for the same word the same term: documents and queries are folded alike.
//
// Folding is NFKC_Casefold (UAX #15: full-width, half-width and other compatibility forms, case, "ß" as "ss") and, of
// letters of the Latin, Greek and Cyrillic scripts, the removal of accents ("é", "ё", "ế" as "e"), with letters that
// only look accented as their base ("ı" as "i", "đ" as "d", "ł" as "l", "ø" as "o"; CLDR's Latin-ASCII). Marks of other
// scripts are part of their words and stay. Signs such as ™ are not letters and stay signs. Tables are those of ICU.
#ifndef STOREOPS_COMMON_SEARCH_FOLD_H_
#define STOREOPS_COMMON_SEARCH_FOLD_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace storeops::search {

// `text` is valid UTF-8. ASCII stays as it is: the index and the parser of queries lower it. The second returns `text`
// itself if it is ASCII, and uses `storage` otherwise.
std::string Fold(absl::string_view text);
absl::string_view Fold(absl::string_view text, std::string* storage);

// True if folding changes a word of `text` in more than its case.
bool FoldsWords(absl::string_view text);

// Visits the words of `text` that folding changes in more than their case: the word as it is folded, and in lower case
// as it is written. Not those written in ideographs.
void ForEachFolded(absl::string_view text,
                   absl::FunctionRef<void(absl::string_view folded, absl::string_view exact)> visit);

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_FOLD_H_
