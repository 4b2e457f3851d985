// From a Query to an answer of one open database. Throws what Xapian throws; only for index.cc.
#ifndef STOREOPS_COMMON_SEARCH_MATCH_H_
#define STOREOPS_COMMON_SEARCH_MATCH_H_

#include <xapian.h>

#include <string>

#include "common/search/columns.h"
#include "common/search/query.h"

namespace storeops::search {

Xapian::Document MakeDocument(const Document& document);
// Whether a term of a document is a word that spelling help may suggest.
bool IsSpellingWord(const std::string& term);

// `columns` are those of the database, or of one a moment older or newer.
Result FindMatches(const Xapian::Database& database, const Columns& columns, const Query& query);

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_MATCH_H_
