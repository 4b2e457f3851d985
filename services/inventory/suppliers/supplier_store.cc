#include "services/inventory/suppliers/supplier_store.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "storeops/inventory/v1/purchase_order.pb.h"

namespace storeops::inventory {
namespace {

constexpr char kSecondsOfDay[] = "86400.0";

// Statements come in few shapes: the last SKU is repeated to fill one.
size_t ShapeOf(size_t count) {
  for (const size_t shape : {1, 8, 64}) {
    if (count <= shape) return shape;
  }
  return 256;
}

std::string Marks(size_t count) {
  std::string marks = "?";
  for (size_t i = 1; i < count; ++i) marks += ", ?";
  return marks;
}

// Asks for SKUs in as many statements as it takes. `ask` gets the marks and the SKUs for them.
absl::Status AskInShapes(const std::vector<std::string>& skus,
                         const std::function<absl::Status(const std::string& marks, std::vector<db::Value>)>& ask) {
  for (size_t at = 0; at < skus.size();) {
    const size_t shape = ShapeOf(skus.size() - at);
    std::vector<db::Value> values;
    for (size_t i = 0; i < shape; ++i) values.push_back(skus[std::min(at + i, skus.size() - 1)]);
    RETURN_IF_ERROR(ask(Marks(shape), std::move(values)));
    at += shape;
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> FindId(db::Session& session, absl::string_view sql, std::initializer_list<db::Value> values) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query(sql, values));
  return rows.empty() ? 0 : rows.Int(0, 0);
}

}  // namespace

absl::StatusOr<int64_t> FindSupplierItem(db::Session& session, const std::string& supplier, const std::string& sku) {
  return FindId(session, "SELECT id FROM supplier_items WHERE supplier = ? AND sku = ?", {supplier, sku});
}

absl::StatusOr<int64_t> FindAnySupplierItem(db::Session& session, const std::string& supplier) {
  return FindId(session, "SELECT id FROM supplier_items WHERE supplier = ? LIMIT 1", {supplier});
}

absl::StatusOr<int64_t> FindOpenPurchaseOrder(db::Session& session, const std::string& supplier) {
  return FindId(session, "SELECT id FROM purchase_orders WHERE supplier = ? AND state IN (?, ?, ?) LIMIT 1",
                {supplier, v1::PurchaseOrder::DRAFT, v1::PurchaseOrder::SENT, v1::PurchaseOrder::PARTLY_RECEIVED});
}

absl::StatusOr<absl::flat_hash_map<std::string, SupplierTerms>> ReadTerms(db::Session& session,
                                                                          const std::string& supplier,
                                                                          const std::vector<std::string>& skus) {
  absl::flat_hash_map<std::string, SupplierTerms> terms;
  RETURN_IF_ERROR(AskInShapes(skus, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    values.push_back(supplier);
    ASSIGN_OR_RETURN(const db::Rows rows,
                     session.Query(absl::StrCat("SELECT sku, supplier_sku, price_minor, min_quantity, pack_size, "
                                                "lead_time_days FROM supplier_items WHERE sku IN (",
                                                marks, ") AND supplier = ?"),
                                   values));
    for (size_t i = 0; i < rows.size(); ++i) {
      SupplierTerms& one = terms[rows.Text(i, 0)];
      one = {rows.Text(i, 1), rows.Int(i, 2), rows.Int(i, 3), rows.Int(i, 4), std::nullopt};
      if (!rows.Null(i, 5)) one.lead_time_days = static_cast<int>(rows.Int(i, 5));
    }
    return absl::OkStatus();
  }));
  return terms;
}

absl::StatusOr<std::vector<SupplierOffer>> ReadOffers(db::Database& database, const std::vector<std::string>& skus,
                                                      absl::Time since, absl::Time deadline) {
  std::vector<SupplierOffer> offers;
  RETURN_IF_ERROR(AskInShapes(skus, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    values.insert(values.begin(), db::Value(since));
    ASSIGN_OR_RETURN(
        const db::Rows rows,
        database.Query(deadline,
                       absl::StrCat("SELECT i.supplier, i.sku, s.currency, i.supplier_sku, i.price_minor, "
                                    "i.min_quantity, i.pack_size, COALESCE(i.lead_time_days, s.lead_time_days), "
                                    "i.priority, COALESCE(s.order_minimum_minor, 0), COUNT(r.receipt_id), "
                                    "COALESCE(AVG(r.lead_time_s), 0) / ",
                                    kSecondsOfDay, ", COALESCE(STDDEV_SAMP(r.lead_time_s), 0) / ", kSecondsOfDay,
                                    " FROM supplier_items i "
                                    "JOIN suppliers s ON s.id = CAST(SUBSTRING(i.supplier, 11) AS SIGNED) "
                                    "LEFT JOIN purchase_receipt_lines r ON r.sku = i.sku AND r.supplier = i.supplier "
                                    "AND r.send_time >= ? WHERE s.delete_time IS NULL AND i.sku IN (",
                                    marks, ") GROUP BY i.id, s.id ORDER BY i.sku, i.priority, i.id"),
                       values));
    for (size_t i = 0; i < rows.size(); ++i) {
      SupplierOffer offer;
      offer.supplier = rows.Text(i, 0);
      offer.sku = rows.Text(i, 1);
      offer.currency = rows.Text(i, 2);
      offer.terms = {rows.Text(i, 3), rows.Int(i, 4), rows.Int(i, 5), rows.Int(i, 6), static_cast<int>(rows.Int(i, 7))};
      offer.priority = static_cast<int>(rows.Int(i, 8));
      offer.order_minimum_minor = rows.Int(i, 9);
      offer.learned = {rows.Double(i, 11), rows.Double(i, 12), rows.Int(i, 10)};
      offers.push_back(std::move(offer));
    }
    return absl::OkStatus();
  }));
  return offers;
}

absl::StatusOr<PerformanceCounts> CountPerformance(db::Database& database, const PerformanceFilter& filter,
                                                   absl::Time now, absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline,
                     "SELECT COUNT(*), COALESCE(SUM(full_time < expected_date + INTERVAL 1 DAY), 0), "
                     "COALESCE(SUM(full_time IS NOT NULL), 0), COALESCE(SUM(ordered), 0), COALESCE(SUM(received), 0), "
                     "COALESCE(SUM(damaged), 0) FROM purchase_order_lines "
                     "WHERE supplier = ? AND send_time >= ? AND send_time < ? AND (? = '' OR sku = ?) "
                     "AND (full_time IS NOT NULL OR end_time IS NOT NULL OR expected_date + INTERVAL 1 DAY <= ?)",
                     {filter.supplier, filter.start, filter.end, filter.sku, filter.sku, now}));
  return PerformanceCounts{rows.Int(0, 0), rows.Int(0, 1), rows.Int(0, 2),
                           rows.Int(0, 3), rows.Int(0, 4), rows.Int(0, 5)};
}

absl::StatusOr<LeadTime> ReadLeadTime(db::Database& database, const PerformanceFilter& filter, absl::Time deadline) {
  // All that came by one receipt took the same time.
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline,
                     absl::StrCat("SELECT COUNT(*), COALESCE(AVG(one.lead_time_s), 0) / ", kSecondsOfDay,
                                  ", COALESCE(STDDEV_SAMP(one.lead_time_s), 0) / ", kSecondsOfDay,
                                  " FROM (SELECT receipt_id, MAX(lead_time_s) AS lead_time_s "
                                  "FROM purchase_receipt_lines WHERE supplier = ? AND send_time >= ? AND send_time < ? "
                                  "AND (? = '' OR sku = ?) GROUP BY receipt_id) one"),
                     {filter.supplier, filter.start, filter.end, filter.sku, filter.sku}));
  return LeadTime{rows.Double(0, 1), rows.Double(0, 2), rows.Int(0, 0)};
}

}  // namespace storeops::inventory
