// From the words that a person typed to a query of the library. Throws what Xapian throws; only for this folder.
#ifndef STOREOPS_COMMON_SEARCH_PARSER_H_
#define STOREOPS_COMMON_SEARCH_PARSER_H_

#include <xapian.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/search/words.h"

namespace storeops::search {

// Of each thread's own: a stemmer keeps buffers, and counts its references without locks.
const Xapian::Stem& EnglishStemmer();

// `words` as NormalizeQuery makes them, with at least one sign; `forms` of the same query. Terms are joined by AND, OR,
// SYNONYM, AND_NOT, AND_MAYBE and PHRASE, whose window is as wide as it has terms. Empty: no word in it.
//
// Words match in all their forms.
Xapian::Query ParseWords(const Xapian::Database& database, const std::string& words,
                         const std::vector<WordForms>& forms);

// What documents have that write a word as the query does, by OR: they weigh more. Empty if that tells none apart.
Xapian::Query ExactForms(const Xapian::Database& database, const std::vector<WordForms>& forms);

// The term of a document for a word that it has in a form which folding changes.
std::string ExactFormTerm(absl::string_view folded, absl::string_view exact);

// `words` with words that occur in place of those that do not, written as most documents write them ("cafe" as "café");
// the others as `forms`, of the same query, has them. Empty if nothing better is known.
std::string CorrectSpelling(const Xapian::Database& database, const std::string& words,
                            const std::vector<WordForms>& forms);

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_PARSER_H_
