#include "services/catalog/prices/price_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/status_macros.h"
#include "common/db/lists.h"
#include "services/catalog/catalog_names.h"
#include "services/catalog/prices/price_times.h"
#include "storeops/catalog/v1/price.pb.h"

namespace storeops::catalog {
namespace {

// SKUs of one question; few texts of SQL make few prepared statements.
constexpr size_t kSkusAtOnce = 100;
constexpr char kColumns[] =
    "SELECT id, version, revision, update_time, deleted, price_list, sku, min_quantity, start_time, end_time, "
    "currency, price_minor FROM prices ";

StoredPrice ToPrice(const db::Rows& rows, size_t row) {
  StoredPrice price;
  price.id = rows.Int(row, 0);
  price.version = rows.Int(row, 1);
  price.revision = rows.Int(row, 2);
  price.update_time = rows.Time(row, 3);
  price.deleted = rows.Int(row, 4) != 0;
  price.list_id = rows.Int(row, 5);
  price.sku = rows.Text(row, 6);
  price.min_quantity = rows.Int(row, 7);
  price.start = ToStart(rows.Time(row, 8));
  price.end = ToEnd(rows.Time(row, 9));
  price.currency = rows.Text(row, 10);
  price.minor = rows.Int(row, 11);
  return price;
}

std::vector<StoredPrice> ToPrices(const db::Rows& rows) {
  std::vector<StoredPrice> prices;
  prices.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) prices.push_back(ToPrice(rows, row));
  return prices;
}

absl::StatusOr<std::vector<StoredPrice>> ToPrices(absl::StatusOr<db::Rows> rows) {
  RETURN_IF_ERROR(rows.status());
  return ToPrices(*rows);
}

std::string InSkus(size_t count) { return absl::StrCat("sku IN (", db::Marks(count), ")"); }

// Asks `query(condition, values)` for parts of the SKUs in turn.
template <class Query>
absl::StatusOr<std::vector<StoredPrice>> ForSkus(const std::vector<std::string>& skus, const Query& query) {
  std::vector<StoredPrice> prices;
  for (size_t begin = 0; begin < skus.size(); begin += kSkusAtOnce) {
    const size_t count = std::min(kSkusAtOnce, skus.size() - begin);
    // The last one again and again up to a full question: there are two texts only, for one and for many.
    const size_t asked = count == 1 ? 1 : kSkusAtOnce;
    std::vector<db::Value> values;
    for (size_t i = 0; i < asked; ++i) values.emplace_back(skus[begin + std::min(i, count - 1)]);
    ASSIGN_OR_RETURN(auto part, ToPrices(query(InSkus(asked), std::move(values))));
    std::move(part.begin(), part.end(), std::back_inserter(prices));
  }
  return prices;
}

}  // namespace

absl::StatusOr<int64_t> NextPriceRevision(db::Session& session) {
  RETURN_IF_ERROR(session.Execute("UPDATE price_revision SET revision = revision + 1 WHERE id = 1").status());
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT revision FROM price_revision WHERE id = 1"));
  return rows.Int(0, 0);
}

absl::StatusOr<int64_t> ReadPriceRevision(db::Database& database, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows, database.Query(deadline, "SELECT revision FROM price_revision WHERE id = 1"));
  return rows.Int(0, 0);
}

absl::StatusOr<std::vector<StoredPrice>> ReadListPrices(db::Session& session, int64_t list_id,
                                                        const std::vector<std::string>& skus) {
  return ForSkus(skus, [&](const std::string& in_skus, std::vector<db::Value> values) {
    values.emplace_back(list_id);
    return session.Query(absl::StrCat(kColumns, "WHERE ", in_skus, " AND price_list = ?"), absl::MakeConstSpan(values));
  });
}

absl::Status WritePrices(db::Session& session, const std::vector<StoredPrice>& prices) {
  std::vector<db::Value> values;
  values.reserve(prices.size() * 12);
  for (const StoredPrice& price : prices) {
    values.insert(values.end(),
                  {price.id, price.version, price.revision, price.update_time, price.deleted, price.list_id, price.sku,
                   price.min_quantity, StartValue(price.start), EndValue(price.end), price.currency, price.minor});
  }
  return session.InsertRows(
      "prices (id, version, revision, update_time, deleted, price_list, sku, min_quantity, start_time, end_time, "
      "currency, price_minor)",
      12, values,
      "ON DUPLICATE KEY UPDATE version = VALUES(version), revision = VALUES(revision), "
      "update_time = VALUES(update_time), deleted = VALUES(deleted), end_time = VALUES(end_time), "
      "price_minor = VALUES(price_minor)");
}

absl::StatusOr<std::vector<StoredPrice>> ReadPricesOfSkus(db::Database& database, const std::vector<std::string>& skus,
                                                          absl::Time deadline) {
  return ForSkus(skus, [&](const std::string& in_skus, std::vector<db::Value> values) {
    return database.Query(deadline, absl::StrCat(kColumns, "WHERE ", in_skus, " AND deleted = 0"),
                          absl::MakeConstSpan(values));
  });
}

absl::StatusOr<std::vector<StoredPrice>> ScanPrices(db::Database& database, int64_t after, int limit,
                                                    absl::Time deadline) {
  return ToPrices(database.Query(deadline, absl::StrCat(kColumns, "WHERE id > ? AND deleted = 0 ORDER BY id LIMIT ?"),
                                 {after, limit}));
}

absl::StatusOr<std::vector<StoredPrice>> ReadChangedPrices(db::Database& database, int64_t after_revision,
                                                           int64_t after_id, int limit, absl::Time deadline) {
  return ToPrices(database.Query(
      deadline, absl::StrCat(kColumns, "WHERE revision > ? OR (revision = ? AND id > ?) ORDER BY revision, id LIMIT ?"),
      {after_revision, after_revision, after_id, limit}));
}

absl::StatusOr<resource::FilterFields> OpenPriceFilter(db::Database& database) {
  using resource::FilterForm;
  return resource::FilterFields::Open(
      database, *storeops::catalog::v1::Price::descriptor(), "prices",
      {{.path = "name", .column = "id", .form = FilterForm::kName, .names = kPriceNames},
       {.path = "price_list", .column = "price_list", .form = FilterForm::kName, .names = kPriceListNames}});
}

absl::StatusOr<std::vector<StoredPrice>> ListStoredPrices(db::Database& database, const PricePage& page,
                                                          absl::Time deadline) {
  // Each text has an index in whose order it reads.
  const bool of_list = page.list_id != 0, of_sku = !page.sku.empty();
  const PricePlace& after = page.after;
  std::string sql = absl::StrCat(kColumns, "WHERE deleted = 0 ");
  std::vector<db::Value> values;
  const auto add = [&](absl::string_view condition, std::vector<db::Value> bound) {
    absl::StrAppend(&sql, condition, " ");
    std::move(bound.begin(), bound.end(), std::back_inserter(values));
  };
  page.condition.AndTo(sql, values);
  if (of_list) add("AND price_list = ?", {page.list_id});
  if (of_sku) add("AND sku = ?", {page.sku});
  constexpr absl::string_view kBehind = "min_quantity > ? OR (min_quantity = ? AND start_time > ?)";
  if (of_list && of_sku) {
    add("AND (", {});
  } else if (of_list) {
    add("AND sku >= ? AND (sku > ? OR ", {after.sku, after.sku});
  } else if (of_sku) {
    add("AND price_list >= ? AND (price_list > ? OR ", {after.list_id, after.list_id});
  } else {
    add("AND price_list >= ? AND (price_list > ? OR sku > ? OR (sku = ? AND (",
        {after.list_id, after.list_id, after.sku, after.sku});
  }
  add(kBehind, {after.min_quantity, after.min_quantity, StartValue(after.start)});
  add(of_list || of_sku ? ")" : ")))", {});
  add(of_sku && !of_list ? "ORDER BY sku, price_list, min_quantity, start_time LIMIT ?"
                         : "ORDER BY price_list, sku, min_quantity, start_time LIMIT ?",
      {page.limit});
  return ToPrices(database.Query(deadline, sql, absl::MakeConstSpan(values)));
}

absl::StatusOr<int64_t> CountPriceLists(db::Session& session) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT COUNT(*) FROM price_lists WHERE delete_time IS NULL"));
  return rows.Int(0, 0);
}

}  // namespace storeops::catalog
