// From a Query to an answer of one open database. Throws what Xapian throws; only for index.cc.
#ifndef STOREOPS_COMMON_SEARCH_MATCH_H_
#define STOREOPS_COMMON_SEARCH_MATCH_H_

#include <xapian.h>

#include <string>

#include "absl/types/span.h"
#include "common/search/query.h"

namespace storeops::search {

inline constexpr Xapian::valueno kFacetSlot = 0;

// All facet values of a document in one slot: one read for each document that is counted.
std::string PackFacets(absl::Span<const FacetValue> facets);

Xapian::Document MakeDocument(const Document& document);
// Whether a term of a document is a word that spelling help may suggest.
bool IsSpellingWord(const std::string& term);

Result Match(const Xapian::Database& database, const Query& query);

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_MATCH_H_
