// How good listings are and what they have in common with others, in the database: the report's tables.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SCORE_STORE_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SCORE_STORE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "common/resource/filter_sql.h"

namespace storeops::catalog {

// What two products should not share.
enum class LikenessKind { kTitle = 1, kBarcode = 2 };
using Likeness = std::pair<LikenessKind, std::string>;
using Likenesses = std::set<Likeness>;

absl::StatusOr<std::map<int64_t, Likenesses>> ReadLikenesses(db::Session& session,
                                                             const std::vector<int64_t>& products);
// Makes `after` of `before`, both by product.
absl::Status WriteLikenesses(db::Session& session, const std::map<int64_t, Likenesses>& before,
                             const std::map<int64_t, Likenesses>& after);

// The products that share something: how many, and two of them if there are two.
struct Holders {
  int64_t count;
  int64_t first;
  int64_t last;

  // One of them that is not `product`; 0 if there is none.
  int64_t OtherThan(int64_t product) const { return first != product ? first : last != product ? last : 0; }
};
// Of those that anybody holds.
absl::StatusOr<std::map<Likeness, Holders>> ReadHolders(db::Session& session, const Likenesses& likenesses);

struct ListingScoreRow {
  int64_t product_id;
  int state;
  int score;
  int64_t issues;  // bits
};
absl::Status WriteScores(db::Session& session, absl::Span<const ListingScoreRow> rows);
absl::Status RemoveScores(db::Session& session, const std::vector<int64_t>& products);

// What the report can be filtered by.
absl::StatusOr<resource::FilterFields> OpenScoreFilter(db::Database& database);
struct ScorePlace {
  int64_t score = -1;
  int64_t product_id = 0;
};
// The lowest score first, then by product, after this place.
absl::StatusOr<std::vector<ListingScoreRow>> ReadWorstScores(db::Database& database,
                                                             const resource::Condition& condition, ScorePlace after,
                                                             int limit, absl::Time deadline);
// How many listings have exactly these issues.
absl::StatusOr<std::map<int64_t, int64_t>> CountIssueSets(db::Database& database, const resource::Condition& condition,
                                                          absl::Time deadline);

// Live products of a type, or published on a channel, with id > after, ascending.
absl::StatusOr<std::vector<int64_t>> ReadProductsOfType(db::Database& database, const std::string& type, int64_t after,
                                                        int limit, absl::Time deadline);
absl::StatusOr<std::vector<int64_t>> ReadProductsOnChannel(db::Database& database, int64_t channel_id, int64_t after,
                                                           int limit, absl::Time deadline);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SCORE_STORE_H_
