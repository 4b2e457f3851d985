// From a Query to an answer of one open database. Throws what Xapian throws; only for index.cc.
#ifndef STOREOPS_COMMON_SEARCH_MATCH_H_
#define STOREOPS_COMMON_SEARCH_MATCH_H_

#include <xapian.h>

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "common/search/query.h"

namespace storeops::search {

inline constexpr Xapian::valueno kFacetSlot = 0;

// The facet values of each document, packed. Kept in the index in one slot, and in memory for counting: reading a slot
// document by document costs more than all the rest of a search.
using FacetTable = absl::flat_hash_map<uint32_t, std::string>;
std::string PackFacets(absl::Span<const FacetValue> facets);
FacetTable LoadFacets(const Xapian::Database& database);

Xapian::Document MakeDocument(const Document& document);
// Whether a term of a document is a word that spelling help may suggest.
bool IsSpellingWord(const std::string& term);

Result Match(const Xapian::Database& database, const FacetTable& facets, const Query& query);

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_MATCH_H_
