#include "services/inventory/purchasing/purchase_order_document.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

constexpr char kHead[] = R"(<meta charset="utf-8"><style>
@page { size: A4; margin: 18mm }
body { font: 10pt/1.4 sans-serif; color: #111; max-width: 174mm; margin: 0 auto }
h1 { font-size: 16pt; margin: 0 0 6mm }
.sides { display: flex; gap: 10mm; margin-bottom: 6mm }
.sides div { flex: 1 }
table { width: 100%; border-collapse: collapse }
th, td { text-align: left; padding: 1.5mm 2mm; border-bottom: 0.2mm solid #bbb; vertical-align: top }
.n { text-align: right; white-space: nowrap }
thead { display: table-header-group }
tr { break-inside: avoid }
small { color: #555 }
</style>)";

std::string Escape(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}, {"\n", "<br>"}});
}

void AddLine(absl::string_view text, std::string& html) {
  if (!text.empty()) absl::StrAppend(&html, Escape(text), "<br>\n");
}

std::string SupplierSide(const v1::Supplier& supplier) {
  std::string html = "<div><b>To</b><br>\n";
  AddLine(supplier.title(), html);
  for (const std::string& line : supplier.address_lines()) AddLine(line, html);
  return html + "</div>\n";
}

std::string LocationSide(const v1::Location& location) {
  const auto& address = location.address();
  std::string html = "<div><b>Deliver to</b><br>\n";
  AddLine(location.title(), html);
  AddLine(address.recipient(), html);
  for (const std::string& line : address.lines()) AddLine(line, html);
  AddLine(absl::StrCat(address.postal_code(), address.postal_code().empty() ? "" : " ", address.city()), html);
  AddLine(address.region(), html);
  AddLine(address.country(), html);
  return html + "</div>\n";
}

std::string ItemRow(const v1::PurchaseOrder::Item& item) {
  return absl::StrCat("<tr><td>", Escape(item.supplier_sku().empty() ? item.sku() : item.supplier_sku()),
                      item.supplier_sku().empty() ? "" : absl::StrCat("<br><small>", Escape(item.sku()), "</small>"),
                      item.note().empty() ? "" : absl::StrCat("<br><small>", Escape(item.note()), "</small>"),
                      "</td><td class=\"n\">", item.ordered(), "</td><td class=\"n\">",
                      Escape(FormatMoney(item.price())), "</td><td class=\"n\">", Escape(FormatMoney(item.amount())),
                      "</td><td>", Escape(item.expected_date()), "</td></tr>\n");
}

}  // namespace

std::string RenderPurchaseOrder(const v1::PurchaseOrder& order, const v1::Supplier& supplier,
                                const v1::Location& location) {
  const std::string title = absl::StrCat("Purchase order ", order.name().substr(order.name().find('/') + 1));
  const bool sent = order.has_send_time();
  std::string html =
      absl::StrCat("<!DOCTYPE html>\n<html lang=\"en\"><head><title>", title, "</title>", kHead, "</head><body>\n<h1>",
                   title, "</h1>\n<p>", sent ? FormatDay(FromTimestamp(order.send_time())) : "Not sent",
                   order.state() == v1::PurchaseOrder::CANCELLED ? " - cancelled" : "", "</p>\n");
  if (!order.supplier_reference().empty()) {
    absl::StrAppend(&html, "<p>Your reference: ", Escape(order.supplier_reference()), "</p>\n");
  }
  absl::StrAppend(&html, "<div class=\"sides\">", SupplierSide(supplier), LocationSide(location), "</div>\n",
                  "<table><thead><tr><th>Article</th><th class=\"n\">Pieces</th><th class=\"n\">Price</th>"
                  "<th class=\"n\">Amount</th><th>Expected</th></tr></thead><tbody>\n");
  for (const auto& item : order.items()) html += ItemRow(item);
  absl::StrAppend(&html, "</tbody><tfoot><tr><th colspan=\"3\">Total</th><th class=\"n\">",
                  Escape(FormatMoney(order.total())), "</th><th></th></tr></tfoot></table>\n");
  if (!order.notes().empty()) absl::StrAppend(&html, "<p>", Escape(order.notes()), "</p>\n");
  return html + "</body></html>\n";
}

}  // namespace storeops::inventory
