#include "services/inventory/planning/planning_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/db/lists.h"
#include "common/resource/order.h"
#include "services/inventory/locations/location_store.h"
#include "services/inventory/planning/planning_messages.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

using v1::Replenishment;

constexpr int kRowsAtOnce = 5000;
constexpr char kItemColumns[] =
    "SELECT number, sku, location_id, wanted, abc_class, xyz_class, state, decide_time, decided_by, decision_reason, "
    "purchase_order, accepted_quantity, content FROM planning_items ";

int ReasonBits(const Replenishment& message) {
  int bits = 0;
  for (const int reason : message.reasons()) bits |= 1 << reason;
  return bits;
}

// What only the run's row has.
std::string ContentOf(const Replenishment& message) {
  Replenishment content = message;
  content.clear_name();
  content.clear_sku();
  content.clear_location();
  content.clear_state();
  content.clear_abc_class();
  content.clear_xyz_class();
  return content.SerializeAsString();
}

absl::StatusOr<std::vector<PlanItem>> ToItems(const db::Rows& rows, int64_t run_id) {
  std::vector<PlanItem> items(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    PlanItem& item = items[i];
    item.number = rows.Int(i, 0);
    item.key = {rows.Text(i, 1), rows.Int(i, 2)};
    item.wanted = rows.Int(i, 3) != 0;
    Replenishment& message = item.message;
    if (!message.ParseFromString(rows.Text(i, 12))) return STOREOPS_BUG("a stored suggestion cannot be read");
    message.set_name(kReplenishmentNames.Format({item.number, run_id}));
    message.set_sku(item.key.sku);
    message.set_location(LocationNameOf(item.key));
    message.set_abc_class(rows.Text(i, 4));
    message.set_xyz_class(rows.Text(i, 5));
    message.set_state(static_cast<Replenishment::State>(rows.Int(i, 6)));
    if (!rows.Null(i, 7)) *message.mutable_decide_time() = ToTimestamp(rows.Time(i, 7));
    message.set_decided_by(rows.Text(i, 8));
    message.set_decision_reason(rows.Text(i, 9));
    message.set_purchase_order(rows.Text(i, 10));
    message.set_accepted_quantity(rows.Int(i, 11));
  }
  return items;
}

// A statement that grows with what is asked for; its text depends on which things are, not on their values.
struct Selection {
  std::string sql;
  std::vector<db::Value> values;

  void Add(absl::string_view condition, std::initializer_list<db::Value> more) {
    absl::StrAppend(&sql, "AND ", condition, " ");
    values.insert(values.end(), more.begin(), more.end());
  }
};

void AddPlace(absl::string_view rank, const std::optional<PlanPlace>& after, Selection& select) {
  if (!after.has_value()) return;
  select.Add(
      absl::StrCat("(", rank, " < ? OR (", rank, " = ? AND (amount_minor < ? OR (amount_minor = ? AND number > ?))))"),
      {after->rank, after->rank, after->amount_minor, after->amount_minor, after->number});
}

}  // namespace

absl::Status InsertPlanItems(db::Session& session, int64_t run_id, absl::Span<const PlanItem> items) {
  std::vector<db::Value> values;
  values.reserve(items.size() * 11);
  for (const PlanItem& item : items) {
    values.insert(values.end(),
                  {run_id, item.number, item.key.sku, item.key.location_id, item.message.supplier(), item.wanted,
                   static_cast<int>(item.message.urgency()), ReasonBits(item.message), MinorOf(item.message.amount()),
                   static_cast<int>(Replenishment::OPEN), ContentOf(item.message)});
  }
  return session.InsertRows(
      "planning_items (run_id, number, sku, location_id, supplier, wanted, urgency, reasons, amount_minor, state, "
      "content)",
      11, values);
}

absl::Status InsertPlanAlerts(db::Session& session, int64_t run_id, absl::Span<const PlanAlert> alerts) {
  std::vector<db::Value> values;
  for (const PlanAlert& alert : alerts) {
    values.insert(values.end(), {run_id, alert.number, static_cast<int>(alert.message.kind()),
                                 static_cast<int>(alert.message.severity()), alert.key.sku, alert.key.location_id,
                                 MinorOf(alert.message.amount()), alert.message.SerializeAsString()});
  }
  return session.InsertRows("planning_alerts (run_id, number, kind, severity, sku, location_id, amount_minor, content)",
                            8, values);
}

absl::Status InsertClasses(db::Session& session, int64_t run_id, absl::Span<const v1::ItemClass> items) {
  std::vector<db::Value> values;
  for (const v1::ItemClass& item : items) {
    values.insert(values.end(), {run_id, item.rank(), item.sku(), item.abc_class(), item.xyz_class(),
                                 item.revenue().units(), item.revenue_share(), item.cumulative_share(), item.pieces(),
                                 item.has_variation() ? db::Value(item.variation()) : db::Value(), item.free(),
                                 item.has_days_of_cover() ? db::Value(item.days_of_cover()) : db::Value()});
  }
  return session.InsertRows(
      "planning_classes (run_id, place, sku, abc_class, xyz_class, revenue_minor, revenue_share, cumulative_share, "
      "pieces, variation, free, days_of_cover)",
      12, values);
}

absl::Status ClassifyPlanItems(db::Session& session, int64_t run_id) {
  return session
      .Execute(
          "UPDATE planning_items i JOIN planning_classes c ON c.run_id = i.run_id AND c.sku = i.sku "
          "SET i.abc_class = c.abc_class, i.xyz_class = c.xyz_class WHERE i.run_id = ?",
          {run_id})
      .status();
}

absl::Status DeletePlan(db::Database& database, int64_t run_id, absl::Time deadline) {
  for (const char* table : {"planning_items", "planning_alerts", "planning_classes"}) {
    int64_t deleted = kRowsAtOnce;
    while (deleted == kRowsAtOnce) {
      ASSIGN_OR_RETURN(deleted,
                       database.Execute(deadline, absl::StrCat("DELETE FROM ", table, " WHERE run_id = ? LIMIT ?"),
                                        {run_id, kRowsAtOnce}));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> FindOldRuns(db::Database& database, int keep, absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline, "SELECT id FROM planning_runs WHERE state = ? ORDER BY id DESC LIMIT ?, 100",
                     {static_cast<int>(v1::PlanningRun::SUCCEEDED), keep}));
  std::vector<int64_t> ids = db::Ids(rows);
  std::reverse(ids.begin(), ids.end());
  return ids;
}

absl::StatusOr<CurrentPlan> ReadCurrent(db::Database& database, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, "SELECT run_id, decisions FROM planning_current WHERE id = 1"));
  if (rows.empty()) return STOREOPS_BUG("planning_current has no row");
  return CurrentPlan{rows.Int(0, 0), rows.Int(0, 1)};
}

absl::StatusOr<CurrentPlan> LockCurrent(db::Session& session) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT run_id, decisions FROM planning_current WHERE id = 1 FOR UPDATE"));
  if (rows.empty()) return STOREOPS_BUG("planning_current has no row");
  return CurrentPlan{rows.Int(0, 0), rows.Int(0, 1)};
}

absl::Status SetCurrent(db::Session& session, const CurrentPlan& before, int64_t run_id, int64_t decisions,
                        absl::Time now) {
  // A run that began later is there already.
  if (before.run_id >= run_id) return absl::OkStatus();
  RETURN_IF_ERROR(
      session
          .Execute(
              "UPDATE planning_items n JOIN planning_items o ON o.run_id = ? AND o.sku = n.sku AND o.location_id = "
              "n.location_id SET n.state = o.state, n.decision = o.decision, n.decide_time = o.decide_time, "
              "n.dismiss_until = o.dismiss_until, n.decided_by = o.decided_by, n.decision_reason = "
              "o.decision_reason, n.purchase_order = o.purchase_order, n.accepted_quantity = o.accepted_quantity "
              "WHERE n.run_id = ? AND n.wanted = 1 AND ((o.state = ? AND o.decision > ?) OR (o.state = ? AND "
              "o.dismiss_until > ?))",
              {before.run_id, run_id, static_cast<int>(Replenishment::ACCEPTED), decisions,
               static_cast<int>(Replenishment::DISMISSED), now})
          .status());
  return session.Execute("UPDATE planning_current SET run_id = ? WHERE id = 1", {run_id}).status();
}

absl::Status CountDecision(db::Session& session) {
  return session.Execute("UPDATE planning_current SET decisions = decisions + 1 WHERE id = 1").status();
}

absl::StatusOr<PlanFilters> PlanFilters::Open(db::Database& database) {
  using resource::FilterForm;
  const resource::FilterField location = {
      .path = "location", .column = "location_id", .form = FilterForm::kName, .names = kLocationNames};
  PlanFilters filters;
  ASSIGN_OR_RETURN(filters.items, resource::FilterFields::Open(
                                      database, *Replenishment::descriptor(), "planning_items",
                                      {location, {.path = "reasons", .column = "reasons", .form = FilterForm::kBits}}));
  ASSIGN_OR_RETURN(filters.alerts, resource::FilterFields::Open(database, *v1::StockAlert::descriptor(),
                                                                "planning_alerts", {location}));
  return filters;
}

absl::StatusOr<PlanOrder> ParsePlanOrder(absl::string_view order_by) {
  ASSIGN_OR_RETURN(const auto terms, resource::ParseOrderBy(order_by, {"urgency", "amount", "sku"}));
  if (terms.empty()) return PlanOrder::kUrgency;
  const resource::OrderTerm& first = terms[0];
  if (terms.size() == 1 && first.descending != (first.field == "sku")) {
    return first.field == "sku" ? PlanOrder::kSku : first.field == "amount" ? PlanOrder::kAmount : PlanOrder::kUrgency;
  }
  return InvalidField("order_by", "must be \"urgency desc\", \"amount desc\" or \"sku\"");
}

absl::StatusOr<std::vector<PlanItem>> ListPlanItems(db::Database& database, int64_t run_id,
                                                    const resource::Condition& condition, bool wanted_only,
                                                    PlanOrder order, const std::optional<PlanPlace>& after, int limit,
                                                    absl::Time deadline) {
  Selection select{absl::StrCat(kItemColumns, "WHERE run_id = ? "), {run_id}};
  if (wanted_only) select.Add("wanted = 1", {});
  condition.AndTo(select.sql, select.values);
  switch (order) {
    case PlanOrder::kSku:
      if (after.has_value()) select.Add("number > ?", {after->number});
      absl::StrAppend(&select.sql, "ORDER BY number LIMIT ?");
      break;
    case PlanOrder::kAmount:
      if (after.has_value()) {
        select.Add("(amount_minor < ? OR (amount_minor = ? AND number > ?))",
                   {after->amount_minor, after->amount_minor, after->number});
      }
      absl::StrAppend(&select.sql, "ORDER BY amount_minor DESC, number LIMIT ?");
      break;
    case PlanOrder::kUrgency:
      AddPlace("urgency", after, select);
      absl::StrAppend(&select.sql, "ORDER BY urgency DESC, amount_minor DESC, number LIMIT ?");
  }
  select.values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows, database.Query(deadline, select.sql, absl::MakeConstSpan(select.values)));
  return ToItems(rows, run_id);
}

absl::StatusOr<std::vector<PlanAlert>> ListPlanAlerts(db::Database& database, int64_t run_id,
                                                      const resource::Condition& condition,
                                                      const std::optional<PlanPlace>& after, int limit,
                                                      absl::Time deadline) {
  Selection select{"SELECT number, sku, location_id, content FROM planning_alerts WHERE run_id = ? ", {run_id}};
  condition.AndTo(select.sql, select.values);
  AddPlace("severity", after, select);
  absl::StrAppend(&select.sql, "ORDER BY severity DESC, amount_minor DESC, number LIMIT ?");
  select.values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows, database.Query(deadline, select.sql, absl::MakeConstSpan(select.values)));
  std::vector<PlanAlert> alerts(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    alerts[i].number = rows.Int(i, 0);
    alerts[i].key = {rows.Text(i, 1), rows.Int(i, 2)};
    if (!alerts[i].message.ParseFromString(rows.Text(i, 3))) {
      return STOREOPS_BUG("a stored alert cannot be read");
    }
  }
  return alerts;
}

absl::StatusOr<std::vector<v1::ItemClass>> ListClasses(db::Database& database, int64_t run_id,
                                                       const v1::ClassifyItemsRequest& request, int64_t after,
                                                       int limit, absl::Time deadline) {
  Selection select{
      "SELECT place, sku, abc_class, xyz_class, revenue_minor, revenue_share, cumulative_share, pieces, variation, "
      "free, days_of_cover FROM planning_classes WHERE run_id = ? AND place > ? ",
      {run_id, after}};
  if (!request.abc_class().empty()) select.Add("abc_class = ?", {request.abc_class()});
  if (!request.xyz_class().empty()) select.Add("xyz_class = ?", {request.xyz_class()});
  if (!request.sku().empty()) select.Add("sku = ?", {request.sku()});
  absl::StrAppend(&select.sql, "ORDER BY place LIMIT ?");
  select.values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows, database.Query(deadline, select.sql, absl::MakeConstSpan(select.values)));
  std::vector<v1::ItemClass> items(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    v1::ItemClass& item = items[i];
    item.set_rank(rows.Int(i, 0));
    item.set_sku(rows.Text(i, 1));
    item.set_abc_class(rows.Text(i, 2));
    item.set_xyz_class(rows.Text(i, 3));
    item.mutable_revenue()->set_units(rows.Int(i, 4));
    item.set_revenue_share(rows.Double(i, 5));
    item.set_cumulative_share(rows.Double(i, 6));
    item.set_pieces(rows.Int(i, 7));
    if (!rows.Null(i, 8)) item.set_variation(rows.Double(i, 8));
    item.set_free(rows.Int(i, 9));
    if (!rows.Null(i, 10)) item.set_days_of_cover(rows.Double(i, 10));
  }
  return items;
}

absl::StatusOr<std::vector<PlanItem>> LockPlanItems(db::Session& session, int64_t run_id,
                                                    const std::vector<int64_t>& numbers) {
  // The last one is asked for again, so that there are few statements.
  const size_t marks = numbers.size() <= 1 ? 1 : numbers.size() <= 50 ? 50 : 500;
  std::vector<db::Value> values = {run_id};
  for (size_t i = 0; i < marks; ++i) values.emplace_back(numbers[std::min(i, numbers.size() - 1)]);
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query(absl::StrCat(kItemColumns, "WHERE run_id = ? AND number IN (",
                                                                   db::Marks(marks), ") ORDER BY number FOR UPDATE"),
                                                      absl::MakeConstSpan(values)));
  return ToItems(rows, run_id);
}

absl::Status WriteDecision(db::Session& session, int64_t run_id, const PlanItem& item, int64_t decision,
                           absl::Time dismiss_until) {
  const Replenishment& message = item.message;
  return session
      .Execute(
          "UPDATE planning_items SET state = ?, decision = ?, decide_time = ?, dismiss_until = ?, decided_by = ?, "
          "decision_reason = ?, purchase_order = ?, accepted_quantity = ? WHERE run_id = ? AND number = ?",
          {static_cast<int>(message.state()), decision, FromTimestamp(message.decide_time()),
           dismiss_until == absl::InfinitePast() ? db::Value() : db::Value(dismiss_until), message.decided_by(),
           message.decision_reason(), message.purchase_order(), message.accepted_quantity(), run_id, item.number})
      .status();
}

absl::StatusOr<std::vector<std::string>> ReadSkusOfClass(db::Session& session, const std::string& item_class) {
  ASSIGN_OR_RETURN(const db::Rows current, session.Query("SELECT run_id FROM planning_current WHERE id = 1"));
  if (current.empty() || current.Int(0, 0) == 0) return NotPlanned();
  const std::string abc = item_class.substr(0, 1), xyz = item_class.substr(1);
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT sku FROM planning_classes WHERE run_id = ? AND abc_class = ? AND (? = '' OR "
                                 "xyz_class = ?) ORDER BY place",
                                 {current.Int(0, 0), abc, xyz, xyz}));
  std::vector<std::string> skus;
  for (size_t i = 0; i < rows.size(); ++i) skus.push_back(rows.Text(i, 0));
  return skus;
}

absl::Status NotPlanned() {
  return PreconditionFailed("NOT_PLANNED", "planningRuns", "nothing was planned yet: RunPlanning does");
}

}  // namespace storeops::inventory
