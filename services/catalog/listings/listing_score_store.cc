#include "services/catalog/listings/listing_score_store.h"

#include <algorithm>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/db/lists.h"
#include "services/catalog/catalog_names.h"
#include "storeops/catalog/v1/listing_check.pb.h"

namespace storeops::catalog {
namespace {

// Values of one question; few texts of SQL make few prepared statements.
constexpr size_t kAtOnce = 256;

// Asks for `values` part by part, the last one again and again up to a full question. `sql` has $ for the marks.
absl::Status ForEachPart(const std::vector<db::Value>& values, std::vector<db::Value> before,
                         absl::FunctionRef<absl::Status(absl::string_view marks, absl::Span<const db::Value>)> ask) {
  for (size_t begin = 0; begin < values.size(); begin += kAtOnce) {
    const size_t count = std::min(kAtOnce, values.size() - begin);
    const size_t asked = count == 1 ? 1 : kAtOnce;
    std::vector<db::Value> bound = before;
    for (size_t i = 0; i < asked; ++i) bound.push_back(values[begin + std::min(i, count - 1)]);
    RETURN_IF_ERROR(ask(db::Marks(asked), bound));
  }
  return absl::OkStatus();
}

std::vector<db::Value> ToValues(const std::vector<int64_t>& ids) { return {ids.begin(), ids.end()}; }

}  // namespace

absl::StatusOr<std::map<int64_t, Likenesses>> ReadLikenesses(db::Session& session,
                                                             const std::vector<int64_t>& products) {
  std::map<int64_t, Likenesses> likenesses;
  RETURN_IF_ERROR(ForEachPart(ToValues(products), {}, [&](absl::string_view marks, absl::Span<const db::Value> values) {
    const auto rows = session.Query(
        absl::StrCat("SELECT product_id, kind, value FROM listing_likenesses WHERE product_id IN (", marks, ")"),
        values);
    for (size_t row = 0; rows.ok() && row < rows->size(); ++row) {
      likenesses[rows->Int(row, 0)].insert({static_cast<LikenessKind>(rows->Int(row, 1)), rows->Text(row, 2)});
    }
    return rows.status();
  }));
  return likenesses;
}

absl::Status WriteLikenesses(db::Session& session, const std::map<int64_t, Likenesses>& before,
                             const std::map<int64_t, Likenesses>& after) {
  const auto holds = [](const std::map<int64_t, Likenesses>& all, int64_t product, const Likeness& likeness) {
    const auto found = all.find(product);
    return found != all.end() && found->second.contains(likeness);
  };
  for (const auto& [product, likenesses] : before) {
    for (const Likeness& likeness : likenesses) {
      if (holds(after, product, likeness)) continue;
      RETURN_IF_ERROR(session
                          .Execute("DELETE FROM listing_likenesses WHERE product_id = ? AND kind = ? AND value = ?",
                                   {product, static_cast<int>(likeness.first), likeness.second})
                          .status());
    }
  }
  std::vector<db::Value> added;
  for (const auto& [product, likenesses] : after) {
    for (const Likeness& likeness : likenesses) {
      if (holds(before, product, likeness)) continue;
      added.insert(added.end(),
                   {db::Value(product), db::Value(static_cast<int>(likeness.first)), db::Value(likeness.second)});
    }
  }
  return session.InsertRows("listing_likenesses (product_id, kind, value)", 3, added,
                            "ON DUPLICATE KEY UPDATE value = VALUES(value)");
}

absl::StatusOr<std::map<Likeness, Holders>> ReadHolders(db::Session& session, const Likenesses& likenesses) {
  std::map<Likeness, Holders> holders;
  for (const LikenessKind kind : {LikenessKind::kTitle, LikenessKind::kBarcode}) {
    std::vector<db::Value> wanted;
    for (const Likeness& likeness : likenesses) {
      if (likeness.first == kind) wanted.emplace_back(likeness.second);
    }
    RETURN_IF_ERROR(
        ForEachPart(wanted, {static_cast<int>(kind)}, [&](absl::string_view marks, absl::Span<const db::Value> values) {
          const auto rows = session.Query(
              absl::StrCat("SELECT value, COUNT(*), MIN(product_id), MAX(product_id) FROM listing_likenesses "
                           "WHERE kind = ? AND value IN (",
                           marks, ") GROUP BY value"),
              values);
          for (size_t row = 0; rows.ok() && row < rows->size(); ++row) {
            holders[{kind, rows->Text(row, 0)}] = {rows->Int(row, 1), rows->Int(row, 2), rows->Int(row, 3)};
          }
          return rows.status();
        }));
  }
  return holders;
}

absl::Status WriteScores(db::Session& session, absl::Span<const ListingScoreRow> rows) {
  std::vector<db::Value> values;
  for (const ListingScoreRow& row : rows) {
    values.insert(values.end(),
                  {db::Value(row.product_id), db::Value(row.state), db::Value(row.score), db::Value(row.issues)});
  }
  return session.InsertRows("listing_scores (product_id, state, score, issues)", 4, values,
                            "ON DUPLICATE KEY UPDATE state = VALUES(state), score = VALUES(score), "
                            "issues = VALUES(issues)");
}

absl::Status RemoveScores(db::Session& session, const std::vector<int64_t>& products) {
  return ForEachPart(ToValues(products), {}, [&](absl::string_view marks, absl::Span<const db::Value> values) {
    return session.Execute(absl::StrCat("DELETE FROM listing_scores WHERE product_id IN (", marks, ")"), values)
        .status();
  });
}

absl::StatusOr<resource::FilterFields> OpenScoreFilter(db::Database& database) {
  using resource::FilterForm;
  return resource::FilterFields::Open(
      database, *storeops::catalog::v1::ListWorstListingsResponse::Listing::descriptor(), "listing_scores",
      {{.path = "product.state", .column = "s.state"},
       {.path = "product.categories",
        .column = "category_id",
        .form = FilterForm::kName,
        .names = kCategoryNames,
        .table = "product_categories",
        .within = "s.product_id IN (SELECT product_id FROM product_categories WHERE "},
       {.path = "product.channel_listings.channel",
        .column = "channel_id",
        .form = FilterForm::kName,
        .names = kChannelNames,
        .table = "channel_products",
        .within = "s.product_id IN (SELECT product_id FROM channel_products WHERE "},
       {.path = "issues", .column = "s.issues", .form = FilterForm::kBits}});
}

absl::StatusOr<std::vector<ListingScoreRow>> ReadWorstScores(db::Database& database,
                                                             const resource::Condition& condition, ScorePlace after,
                                                             int limit, absl::Time deadline) {
  std::string sql =
      "SELECT s.product_id, s.state, s.score, s.issues FROM listing_scores s "
      "WHERE (s.score > ? OR (s.score = ? AND s.product_id > ?)) ";
  std::vector<db::Value> values = {after.score, after.score, after.product_id};
  condition.AndTo(sql, values);
  values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, absl::StrCat(sql, "ORDER BY s.score, s.product_id LIMIT ?"),
                                  absl::MakeConstSpan(values)));
  std::vector<ListingScoreRow> scores;
  for (size_t row = 0; row < rows.size(); ++row) {
    scores.push_back(
        {rows.Int(row, 0), static_cast<int>(rows.Int(row, 1)), static_cast<int>(rows.Int(row, 2)), rows.Int(row, 3)});
  }
  return scores;
}

absl::StatusOr<std::map<int64_t, int64_t>> CountIssueSets(db::Database& database, const resource::Condition& condition,
                                                          absl::Time deadline) {
  std::string sql = "SELECT s.issues, COUNT(*) FROM listing_scores s WHERE 1 = 1 ";
  std::vector<db::Value> values;
  condition.AndTo(sql, values);
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, absl::StrCat(sql, "GROUP BY s.issues"), absl::MakeConstSpan(values)));
  std::map<int64_t, int64_t> counts;
  for (size_t row = 0; row < rows.size(); ++row) counts[rows.Int(row, 0)] = rows.Int(row, 1);
  return counts;
}

absl::StatusOr<std::vector<int64_t>> ReadProductsOfType(db::Database& database, const std::string& type, int64_t after,
                                                        int limit, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT id FROM products WHERE product_type = ? AND id > ? AND delete_time IS NULL "
                                  "ORDER BY id LIMIT ?",
                                  {type, after, limit}));
  return db::Ids(rows);
}

absl::StatusOr<std::vector<int64_t>> ReadProductsOnChannel(db::Database& database, int64_t channel_id, int64_t after,
                                                           int limit, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT product_id FROM channel_products WHERE channel_id = ? AND product_id > ? "
                                  "ORDER BY product_id LIMIT ?",
                                  {channel_id, after, limit}));
  return db::Ids(rows);
}

}  // namespace storeops::catalog
