// From the words that a person typed to a query of the library. Throws what Xapian throws; only for this folder.
#ifndef STOREOPS_COMMON_SEARCH_PARSER_H_
#define STOREOPS_COMMON_SEARCH_PARSER_H_

#include <xapian.h>

#include <string>

namespace storeops::search {

// Of each thread's own: a stemmer keeps buffers, and counts its references without locks.
const Xapian::Stem& EnglishStemmer();

// `words` as NormalizeQuery makes them, with at least one sign. Terms are joined by AND, OR, SYNONYM, AND_NOT,
// AND_MAYBE and PHRASE, whose window is as wide as it has terms. Empty: no word in it.
Xapian::Query ParseWords(const Xapian::Database& database, const std::string& words);

// `words` with words that occur in place of those that do not. Empty if nothing better is known.
std::string CorrectSpelling(const Xapian::Database& database, const std::string& words);

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_PARSER_H_
