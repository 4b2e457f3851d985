#include "services/inventory/documents/order_document.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "services/inventory/documents/document_labels.h"
#include "services/inventory/orders/order_balance.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_totals.h"

namespace storeops::inventory {
namespace {

using v1::GetOrderDocumentRequest;
using v1::Order;
using v1::OrderAddress;
using v1::OrderFulfillment;
using v1::OrderLine;

// Fonts that every system has something for, Chinese ones too; rows are not torn apart between pages.
constexpr char kStyle[] = R"(@page{size:A4;margin:18mm}
body{font:10.5pt/1.45 "Helvetica Neue",Arial,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;color:#000}
h1{font-size:18pt;margin:0 0 6mm}
dl{display:grid;grid-template-columns:max-content 1fr;gap:1mm 6mm;margin:0 0 8mm}
dt{color:#555}dd{margin:0}
.addresses{display:flex;gap:16mm;margin-bottom:8mm}
h2{font-size:10.5pt;margin:0 0 1mm}address{font-style:normal;white-space:pre-line}
table{width:100%;border-collapse:collapse}
thead{display:table-header-group}
th,td{text-align:left;padding:1.5mm 2mm;border-bottom:.2mm solid #bbb;vertical-align:top}
tr{break-inside:avoid}
.n{text-align:right;white-space:nowrap}.box{display:inline-block;width:4mm;height:4mm;border:.3mm solid #000}
tfoot td{border:0}tfoot tr:last-child td{font-weight:bold;border-top:.4mm solid #000}
)";

std::string Day(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d", FromTimestamp(time), absl::UTCTimeZone());
}

std::string Cell(absl::string_view text, bool number = false) {
  return absl::StrCat(number ? "<td class=\"n\">" : "<td>", EscapeHtml(text), "</td>");
}

std::string Heading(absl::string_view text, bool number = false) {
  return absl::StrCat(number ? "<th class=\"n\">" : "<th>", EscapeHtml(text), "</th>");
}

std::string Term(absl::string_view label, absl::string_view value) {
  return value.empty() ? "" : absl::StrCat("<dt>", EscapeHtml(label), "</dt><dd>", EscapeHtml(value), "</dd>");
}

std::string AddressText(const OrderAddress& address) {
  std::string text;
  const auto add = [&text](absl::string_view line) {
    if (!line.empty()) absl::StrAppend(&text, text.empty() ? "" : "\n", line);
  };
  add(address.recipient());
  add(address.company());
  for (const std::string& line : address.lines()) add(line);
  add(absl::StrCat(address.postal_code(), address.postal_code().empty() ? "" : " ", address.city()));
  add(address.region());
  add(address.country());
  add(address.phone());
  return text;
}

std::string AddressBlock(absl::string_view label, const OrderAddress& address) {
  return absl::StrCat("<div><h2>", EscapeHtml(label), "</h2><address>", EscapeHtml(AddressText(address)),
                      "</address></div>");
}

const std::string& TitleOf(const OrderLine& line) { return line.title().empty() ? line.sku() : line.title(); }

std::string Page(const DocumentLabels& labels, absl::string_view title, absl::string_view body) {
  return absl::StrCat("<!DOCTYPE html>\n<html lang=\"", labels.language,
                      "\">\n<head>\n<meta charset=\"utf-8\">\n<title>", EscapeHtml(title), "</title>\n<style>\n",
                      kStyle, "</style>\n</head>\n<body>\n<h1>", EscapeHtml(title), "</h1>\n", body,
                      "</body>\n</html>\n");
}

std::string OrderTerms(const DocumentLabels& labels, const Order& order, absl::string_view more) {
  return absl::StrCat("<dl>", Term(labels.order, order.name().substr(order.name().find('/') + 1)),
                      Term(labels.reference, order.external_reference()), Term(labels.date, Day(order.place_time())),
                      more, "</dl>\n");
}

// The order's line that a fulfilment's line is of.
const OrderLine& LineOf(const Order& order, const OrderFulfillment::Line& picked) {
  return order.lines(picked.line() - 1);
}

std::string PickList(const DocumentLabels& labels, const Order& order, const OrderFulfillment& fulfillment) {
  // In the order of the shelves as far as SKUs tell.
  std::vector<const OrderFulfillment::Line*> picked;
  for (const auto& line : fulfillment.lines()) picked.push_back(&line);
  std::stable_sort(picked.begin(), picked.end(), [&order](const auto* a, const auto* b) {
    return LineOf(order, *a).sku() < LineOf(order, *b).sku();
  });
  std::string table =
      absl::StrCat("<table><thead><tr>", Heading(labels.sku), Heading(labels.title), Heading(labels.quantity, true),
                   Heading(labels.picked, true), "</tr></thead><tbody>\n");
  for (const auto* line : picked) {
    absl::StrAppend(&table, "<tr>", Cell(LineOf(order, *line).sku()), Cell(TitleOf(LineOf(order, *line))),
                    Cell(absl::StrCat(line->quantity()), true),
                    "<td class=\"n\"><span class=\"box\"></span></td></tr>\n");
  }
  return absl::StrCat(OrderTerms(labels, order, Term(labels.location, fulfillment.location())), table,
                      "</tbody></table>\n");
}

std::string PackingSlip(const DocumentLabels& labels, const Order& order, const OrderFulfillment& fulfillment) {
  std::string table = absl::StrCat("<table><thead><tr>", Heading(labels.sku), Heading(labels.title),
                                   Heading(labels.quantity, true), "</tr></thead><tbody>\n");
  for (const auto& line : fulfillment.lines()) {
    absl::StrAppend(&table, "<tr>", Cell(LineOf(order, line).sku()), Cell(TitleOf(LineOf(order, line))),
                    Cell(absl::StrCat(line.quantity()), true), "</tr>\n");
  }
  const std::string more =
      Term(labels.carrier, fulfillment.carrier()) + Term(labels.tracking, fulfillment.tracking_number());
  return absl::StrCat(OrderTerms(labels, order, more), "<div class=\"addresses\">",
                      AddressBlock(labels.ship_to, order.shipping_address()), "</div>\n", table, "</tbody></table>\n");
}

std::string SumRow(absl::string_view label, const std::string& amount) {
  return absl::StrCat("<tr><td colspan=\"4\" class=\"n\">", EscapeHtml(label), "</td>", Cell(amount, true), "</tr>\n");
}

std::string InvoiceSums(const DocumentLabels& labels, const Order& order) {
  std::string rows = SumRow(labels.subtotal, FormatMoney(order.subtotal()));
  if (Minor(order.shipping_charge()) > 0) rows += SumRow(labels.shipping, FormatMoney(order.shipping_charge()));
  if (Minor(order.discount()) > 0) rows += SumRow(labels.discount, "-" + FormatMoney(order.discount()));
  rows += SumRow(labels.total, FormatMoney(order.total()));
  if (Minor(order.tax()) > 0) rows += SumRow(labels.contained_tax, FormatMoney(order.tax()));
  const auto cancelled = IsDead(order) ? order.total() : order.cancelled_amount();
  if (Minor(cancelled) > 0) rows += SumRow(labels.cancelled, "-" + FormatMoney(cancelled));
  if (Minor(order.captured()) > 0) rows += SumRow(labels.paid, FormatMoney(order.captured()));
  if (Minor(order.refunded()) > 0) rows += SumRow(labels.refunded, FormatMoney(order.refunded()));
  const int64_t balance = BalanceDue(order);
  const auto amount = MoneyFromMinor(balance < 0 ? -balance : balance, order.currency());
  return rows + SumRow(balance < 0 ? labels.owed : labels.due, FormatMoney(amount));
}

std::string Invoice(const DocumentLabels& labels, const Order& order) {
  std::string table =
      absl::StrCat("<table><thead><tr>", Heading(labels.sku), Heading(labels.title), Heading(labels.quantity, true),
                   Heading(labels.price, true), Heading(labels.amount, true), "</tr></thead><tbody>\n");
  for (const OrderLine& line : order.lines()) {
    if (line.quantity() == 0) continue;
    const std::string discount =
        Minor(line.discount()) > 0 ? absl::StrCat(" (", labels.discount, " -", FormatMoney(line.discount()), ")") : "";
    absl::StrAppend(&table, "<tr>", Cell(line.sku()), Cell(TitleOf(line) + discount),
                    Cell(absl::StrCat(line.quantity()), true), Cell(FormatMoney(line.unit_price()), true),
                    Cell(FormatMoney(line.total()), true), "</tr>\n");
  }
  const OrderAddress& bill = order.has_billing_address() ? order.billing_address() : order.shipping_address();
  return absl::StrCat(OrderTerms(labels, order, ""), "<div class=\"addresses\">", AddressBlock(labels.bill_to, bill),
                      AddressBlock(labels.ship_to, order.shipping_address()), "</div>\n", table, "</tbody><tfoot>\n",
                      InvoiceSums(labels, order), "</tfoot></table>\n");
}

absl::StatusOr<const OrderFulfillment*> Choose(const Order& order, int32_t number) {
  for (int i = order.fulfillments_size(); i > 0; --i) {
    const OrderFulfillment& fulfillment = order.fulfillments(i - 1);
    if (number == i) return &fulfillment;
    if (number == 0 && fulfillment.status() != OrderFulfillment::CANCELLED) return &fulfillment;
  }
  return ResourceNotFound("inventory.storeops/OrderFulfillment",
                          absl::StrCat(order.name(), "/fulfillments/", std::max(number, 1)));
}

}  // namespace

absl::StatusOr<v1::OrderDocument> MakeDocument(const Order& order, GetOrderDocumentRequest::Kind kind,
                                               GetOrderDocumentRequest::Language language, int32_t number) {
  const DocumentLabels& labels = LabelsOf(language);
  const std::string id = absl::StrCat(kOrderNames.IdIn(order.name()));
  v1::OrderDocument document;
  if (kind == GetOrderDocumentRequest::INVOICE) {
    document.set_html(Page(labels, absl::StrCat(labels.invoice, " ", id), Invoice(labels, order)));
    document.set_file_name(absl::StrCat("invoice-", id, ".html"));
    return document;
  }
  if (kind != GetOrderDocumentRequest::PICK_LIST && kind != GetOrderDocumentRequest::PACKING_SLIP) {
    return InvalidField("kind", "must be PICK_LIST, PACKING_SLIP or INVOICE");
  }
  const bool picks = kind == GetOrderDocumentRequest::PICK_LIST;
  ASSIGN_OR_RETURN(const OrderFulfillment* fulfillment, Choose(order, number));
  const std::string part = fulfillment->name().substr(fulfillment->name().rfind('/') + 1);
  document.set_html(Page(labels, absl::StrCat(picks ? labels.pick_list : labels.packing_slip, " ", id, "-", part),
                         picks ? PickList(labels, order, *fulfillment) : PackingSlip(labels, order, *fulfillment)));
  document.set_file_name(absl::StrCat(picks ? "pick-list-" : "packing-slip-", id, "-", part, ".html"));
  return document;
}

}  // namespace storeops::inventory
