#include "services/inventory/orders/order_import.h"

#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/message_text.h"
#include "common/base/money.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/job_write.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/inventory/orders/adjustment_store.h"
#include "services/inventory/orders/order_balance.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/orders/price_rights.h"

namespace storeops::inventory {
namespace {

using v1::ImportedOrder;
using v1::ImportOrdersRequest;
using v1::ImportOrdersResponse;
using v1::Order;

constexpr int kMaxProblems = 100;
constexpr int kMaxAttempts = 5;
constexpr absl::Duration kBatchLimit = absl::Seconds(60);

absl::Status ReadLine(const ImportedOrder& imported, int i, Order& order) {
  const auto& given = imported.lines(i);
  const std::string field = absl::StrCat("lines[", i, "]");
  RETURN_IF_ERROR(StatedMoney(given.unit_price(), field + ".unit_price").In(imported.currency()).status());
  v1::OrderLine& line = *order.add_lines();
  line.set_number(i + 1);
  line.set_sku(given.sku());
  line.set_title(given.title());
  line.set_service(given.service());
  line.set_quantity(given.quantity());
  *line.mutable_unit_price() = given.unit_price();
  int64_t cancelled = 0;
  for (const auto& cancellation : given.cancellations()) {
    cancelled += cancellation.quantity();
    v1::OrderNote& note = *order.add_notes();
    note.set_text(absl::StrCat(cancellation.reference(), cancellation.reference().empty() ? "" : ": ",
                               cancellation.quantity(), " of line ", line.number(), " cancelled"));
    *note.mutable_create_time() = cancellation.has_time() ? cancellation.time() : imported.place_time();
  }
  if (cancelled > line.quantity()) return InvalidField(field + ".cancellations", "are more than the line has");
  line.set_cancelled_quantity(cancelled);
  line.set_shipped_quantity(line.quantity() - cancelled);
  return absl::OkStatus();
}

// Money that went back for what was cancelled.
void NoteRefunds(Order& order) {
  int64_t refunded = 0;
  bool any_left = false;
  for (v1::OrderLine& line : *order.mutable_lines()) {
    const int64_t amount = Minor(line.unit_price()) * line.cancelled_quantity();
    if (amount > 0) SetMinor(amount, order.currency(), line.mutable_refunded());
    refunded += amount;
    any_left |= line.shipped_quantity() > 0;
  }
  *order.mutable_captured() = order.total();
  SetMinor(0, order.currency(), order.mutable_authorized());
  SetMinor(refunded, order.currency(), order.mutable_refunded());
  order.set_payment_status(PaymentStatusOf(Minor(order.total()), 0, Minor(order.total()), refunded));
  order.set_status(any_left ? Order::COMPLETED : Order::CANCELLED);
  if (!any_left) order.set_cancel_reason("cancelled before it was imported");
  ShowBalance(order);
}

void AddProblem(const std::string& reference, std::string description, ImportOrdersResponse& report) {
  if (report.problems_size() >= kMaxProblems) return;
  auto& problem = *report.add_problems();
  problem.set_external_reference(reference);
  problem.set_description(std::move(description));
}

// What history tells of an order that comes as it ended: its lines never change.
Order WithoutLines(const Order& order) {
  Order told;
  told.set_name(order.name());
  told.set_historical(true);
  told.set_external_reference(order.external_reference());
  *told.mutable_place_time() = order.place_time();
  told.set_customer(order.customer());
  told.set_channel(order.channel());
  told.set_status(order.status());
  told.set_payment_status(order.payment_status());
  told.set_fulfillment_status(order.fulfillment_status());
  told.set_currency(order.currency());
  *told.mutable_total() = order.total();
  *told.mutable_refunded() = order.refunded();
  return told;
}

std::string WhatIsWrong(const absl::Status& status) { return std::string(status.message()); }

// What rules an item of a message violates; empty: none.
std::string WhatIsWrong(const google::protobuf::Message& item) {
  std::string problem;
  for (const FieldViolation& violation : FindItemViolations(item)) {
    absl::StrAppend(&problem, problem.empty() ? "" : "; ", violation.field, " ", violation.description);
  }
  return problem;
}

StoredAdjustment ToAdjustment(const v1::ImportedAdjustment& given) {
  // Adjustments are summed by currency; a malformed amount has been refused before.
  const CurrencyAmount amount = ReadMoney(given.amount()).value_or(CurrencyAmount());
  return {given.external_reference(),
          FromTimestamp(given.time()),
          amount.currency,
          amount.minor,
          given.reason(),
          given.customer(),
          given.sku(),
          given.quantity()};
}

void WriteTotals(const std::string& currency, int64_t ordered, int64_t cancelled, int64_t adjusted,
                 ImportOrdersResponse& report) {
  auto& totals = *report.add_totals();
  totals.set_currency(currency);
  SetMinor(ordered, currency, totals.mutable_ordered());
  SetMinor(cancelled, currency, totals.mutable_cancelled());
  SetMinor(adjusted, currency, totals.mutable_adjusted());
  SetMinor(ordered - cancelled + adjusted, currency, totals.mutable_revenue());
}

}  // namespace

absl::StatusOr<Order> FromImport(const ImportedOrder& imported, absl::Time now) {
  Order order;
  order.set_historical(true);
  order.set_external_reference(imported.external_reference());
  *order.mutable_place_time() = ToTimestamp(FromTimestamp(imported.place_time()));
  *order.mutable_create_time() = ToTimestamp(now);
  *order.mutable_update_time() = order.create_time();
  order.set_customer(imported.customer());
  if (!imported.country().empty()) order.mutable_shipping_address()->set_country(imported.country());
  order.set_channel(imported.channel());
  order.set_currency(imported.currency());
  order.set_payment_terms(Order::PREPAID);
  order.set_fulfillment_status(Order::HISTORICAL);
  for (int i = 0; i < imported.lines_size(); ++i) RETURN_IF_ERROR(ReadLine(imported, i, order));
  RETURN_IF_ERROR(ComputeTotals(order));
  NoteRefunds(order);
  return order;
}

bool SameImport(const Order& present, const Order& imported) {
  if (!present.historical() || present.customer() != imported.customer() || present.channel() != imported.channel() ||
      present.currency() != imported.currency() || present.lines_size() != imported.lines_size() ||
      FromTimestamp(present.place_time()) != FromTimestamp(imported.place_time())) {
    return false;
  }
  for (int i = 0; i < present.lines_size(); ++i) {
    const v1::OrderLine& a = present.lines(i);
    const v1::OrderLine& b = imported.lines(i);
    if (a.sku() != b.sku() || a.quantity() != b.quantity() || a.cancelled_quantity() != b.cancelled_quantity() ||
        Minor(a.unit_price()) != Minor(b.unit_price())) {
      return false;
    }
  }
  return true;
}

void OrderImport::Bind(Environment& environment, rpc::ServiceBuilder& service) {
  environment_ = &environment;
  service.Upload("ImportOrders", this, &OrderImport::Import);
}

absl::StatusOr<ImportOrdersResponse> OrderImport::Import(rpc::Call& call, rpc::RequestStream& requests) {
  RETURN_IF_ERROR(CheckMayStatePrices(call.principal));
  Progress progress;
  ImportOrdersRequest request;
  bool first = true, dry_run = false;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, requests.Read(&request));
    if (!more) break;
    if (first) dry_run = request.dry_run();
    first = false;
    RETURN_IF_ERROR(Take(call, request, dry_run, progress));
  }
  for (const auto& [currency, sums] : progress.sums) {
    WriteTotals(currency, sums.ordered, sums.cancelled, sums.adjusted, progress.report);
  }
  return std::move(progress.report);
}

absl::Status OrderImport::Take(const rpc::Call& call, const ImportOrdersRequest& request, bool dry_run,
                               Progress& progress) {
  for (int attempt = 1;; ++attempt) {
    Progress after;
    const absl::Status status = resource::RunJobWrite(environment_->store, call.principal.name,
                                                      std::min(call.deadline, SteadyNow() + kBatchLimit),
                                                      [&](resource::Write& write) -> absl::Status {
                                                        after = progress;
                                                        RETURN_IF_ERROR(TakeOrders(write, request, dry_run, after));
                                                        return TakeAdjustments(write, request, dry_run, after);
                                                      });
    if (status.ok()) {
      progress = std::move(after);
      return absl::OkStatus();
    }
    // Another call has brought one of them in since this one looked: the next look finds it.
    if (!absl::IsAlreadyExists(status) || attempt == kMaxAttempts) return status;
  }
}

absl::Status OrderImport::TakeOrders(resource::Write& write, const ImportOrdersRequest& request, bool dry_run,
                                     Progress& progress) const {
  if (request.orders().empty()) return absl::OkStatus();
  ImportOrdersResponse& report = progress.report;
  std::vector<std::string> references;
  for (const ImportedOrder& imported : request.orders()) references.push_back(imported.external_reference());
  ASSIGN_OR_RETURN(auto known, FindByReference(write.session(), references));
  std::vector<int64_t> known_ids;
  for (const auto& [reference, id] : known) known_ids.push_back(id);
  ASSIGN_OR_RETURN(const auto stored, LoadOrders(write.session(), known_ids, /*lock=*/false));
  absl::flat_hash_map<std::string, const Order*> present;
  for (const StoredOrder& order : stored) present[order.order.external_reference()] = &order.order;

  std::vector<StoredOrder> created;
  std::set<std::string> in_this_message;
  for (const ImportedOrder& imported : request.orders()) {
    report.set_orders(report.orders() + 1);
    std::string problem = WhatIsWrong(imported);
    auto order = problem.empty() ? FromImport(imported, write.now()) : absl::InvalidArgumentError(problem);
    const auto there = present.find(imported.external_reference());
    if (!order.ok()) problem = WhatIsWrong(order.status());
    if (order.ok() && there != present.end() && !SameImport(*there->second, *order)) {
      problem = "is there already with another content";
    }
    if (order.ok() && there == present.end() && !in_this_message.insert(imported.external_reference()).second) {
      problem = "is twice in one message";
    }
    if (!problem.empty()) {
      report.set_orders_refused(report.orders_refused() + 1);
      AddProblem(imported.external_reference(), std::move(problem), report);
      continue;
    }
    Sums& sums = progress.sums[order->currency()];
    sums.ordered += Minor(order->total());
    sums.cancelled += Minor(order->refunded());
    report.set_lines(report.lines() + order->lines_size());
    report.set_cancellations(report.cancellations() + order->notes_size());
    if (there != present.end()) {
      report.set_orders_unchanged(report.orders_unchanged() + 1);
      continue;
    }
    report.set_orders_created(report.orders_created() + 1);
    created.push_back({0, 1, *std::move(order)});
  }
  if (dry_run || created.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto ids, write.TakeIds("order", static_cast<int>(created.size())));
  std::vector<const StoredOrder*> rows;
  for (size_t i = 0; i < created.size(); ++i) {
    created[i].id = ids[i];
    SetBookkeeping(ids[i], 1, created[i].order);
    write.RecordCreation(ids[i], 1, created[i].order, WithoutLines(created[i].order));
    rows.push_back(&created[i]);
  }
  return InsertOrders(write.session(), rows);
}

absl::Status OrderImport::TakeAdjustments(resource::Write& write, const ImportOrdersRequest& request, bool dry_run,
                                          Progress& progress) const {
  if (request.adjustments().empty()) return absl::OkStatus();
  ImportOrdersResponse& report = progress.report;
  std::vector<std::string> references;
  for (const auto& given : request.adjustments()) references.push_back(given.external_reference());
  ASSIGN_OR_RETURN(const auto present, FindAdjustments(write.session(), references));
  std::vector<StoredAdjustment> created;
  std::set<std::string> in_this_message;
  for (const auto& given : request.adjustments()) {
    report.set_adjustments(report.adjustments() + 1);
    std::string problem = WhatIsWrong(given);
    StoredAdjustment adjustment = problem.empty() ? ToAdjustment(given) : StoredAdjustment();
    const auto there = present.find(given.external_reference());
    if (problem.empty() && there != present.end() && !(there->second == adjustment))
      problem = "is there already with another content";
    if (problem.empty() && there == present.end() && !in_this_message.insert(adjustment.external_reference).second) {
      problem = "is twice in one message";
    }
    if (!problem.empty()) {
      report.set_adjustments_refused(report.adjustments_refused() + 1);
      AddProblem(given.external_reference(), std::move(problem), report);
      continue;
    }
    progress.sums[adjustment.currency].adjusted += adjustment.amount_minor;
    if (there != present.end()) {
      report.set_adjustments_unchanged(report.adjustments_unchanged() + 1);
      continue;
    }
    report.set_adjustments_created(report.adjustments_created() + 1);
    created.push_back(std::move(adjustment));
  }
  if (dry_run) return absl::OkStatus();
  return InsertAdjustments(write.session(), created, write.now());
}

}  // namespace storeops::inventory
