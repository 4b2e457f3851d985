#include "services/inventory/returns/return_document.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/text.h"
#include "common/base/time.h"

namespace storeops::inventory {
namespace {

// The words on the page.
struct Labels {
  const char* language;  // BCP 47
  const char* title;
  const char* number;
  const char* order;
  const char* date;
  const char* from;
  const char* to;
  const char* sku;
  const char* item;
  const char* quantity;
  const char* reason;
  const char* enclosed;
  const char* advice;
  // By Return::Reason.
  const char* reasons[v1::Return::Reason_ARRAYSIZE];
};

constexpr Labels kEnglish = {"en",
                             "Return slip",
                             "Return",
                             "Order",
                             "Date",
                             "From",
                             "To",
                             "SKU",
                             "Item",
                             "Quantity",
                             "Reason",
                             "Enclosed",
                             "Cut off the label and stick it on the parcel; put this page inside.",
                             {"", "Not wanted", "Wrong size", "Not as described", "Came too late", "Defective",
                              "Damaged in transit", "Lost in transit", "Wrong item", "Pieces missing", "Other"}};

constexpr Labels kChinese = {"zh-CN",
                             "退货单",
                             "退货编号",
                             "订单",
                             "日期",
                             "寄件人",
                             "收件人",
                             "SKU",
                             "商品",
                             "数量",
                             "原因",
                             "已放入",
                             "请剪下标签贴在包裹上，并将本页放入包裹内。",
                             {"", "不想要了", "尺寸不合适", "与描述不符", "到货太晚", "质量问题", "运输损坏",
                              "运输丢失", "发错商品", "少件", "其他"}};

constexpr char kStyle[] = R"(@page{size:A4;margin:18mm}
body{font:10.5pt/1.45 "Helvetica Neue",Arial,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;color:#000}
h1{font-size:18pt;margin:0 0 6mm}
.label{border:.4mm dashed #000;padding:6mm;margin-bottom:8mm;display:grid;grid-template-columns:1fr 1.6fr;gap:8mm}
.label h2{font-size:9pt;margin:0 0 1mm;color:#555}address{font-style:normal;white-space:pre-line}
.to address{font-size:15pt}.code{grid-column:1/3;font:bold 20pt monospace;letter-spacing:1mm}
table{width:100%;border-collapse:collapse}thead{display:table-header-group}
th,td{text-align:left;padding:1.5mm 2mm;border-bottom:.2mm solid #bbb;vertical-align:top}
tr{break-inside:avoid}.n{text-align:right;white-space:nowrap}
.box{display:inline-block;width:4mm;height:4mm;border:.3mm solid #000}
)";

class AddressText {
 public:
  void Add(absl::string_view line) {
    if (!line.empty()) absl::StrAppend(&text_, text_.empty() ? "" : "\n", line);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

template <class Address>
void AddPlace(const Address& address, AddressText& text) {
  for (const std::string& line : address.lines()) text.Add(line);
  text.Add(absl::StrCat(address.postal_code(), address.postal_code().empty() ? "" : " ", address.city()));
  text.Add(address.region());
  text.Add(address.country());
}

std::string Side(absl::string_view label, absl::string_view css, const AddressText& text) {
  return absl::StrCat("<div class=\"", css, "\"><h2>", EscapeHtml(label), "</h2><address>", EscapeHtml(text.text()),
                      "</address></div>\n");
}

std::string Label(const Labels& labels, const std::string& number, const v1::Order& order,
                  const v1::Location& location) {
  AddressText from, to;
  from.Add(order.shipping_address().recipient());
  AddPlace(order.shipping_address(), from);
  to.Add(location.title());
  to.Add(location.address().recipient());
  AddPlace(location.address(), to);
  return absl::StrCat("<section class=\"label\">\n", Side(labels.from, "from", from), Side(labels.to, "to", to),
                      "<div class=\"code\">", EscapeHtml(number), "</div>\n</section>\n");
}

std::string Cell(absl::string_view text, bool number = false) {
  return absl::StrCat(number ? "<td class=\"n\">" : "<td>", EscapeHtml(text), "</td>");
}

std::string Table(const Labels& labels, const v1::Return& ret) {
  std::string html = "<table><thead><tr>";
  for (const char* heading : {labels.sku, labels.item, labels.quantity, labels.reason, labels.enclosed}) {
    absl::StrAppend(&html, "<th>", EscapeHtml(heading), "</th>");
  }
  absl::StrAppend(&html, "</tr></thead><tbody>\n");
  for (const v1::Return::Item& item : ret.items()) {
    if (item.approved_quantity() == 0) continue;
    const bool known = v1::Return::Reason_IsValid(item.reason());
    absl::StrAppend(&html, "<tr>", Cell(item.sku()), Cell(item.title().empty() ? item.sku() : item.title()),
                    Cell(absl::StrCat(item.approved_quantity()), true),
                    Cell(known ? labels.reasons[item.reason()] : ""), "<td><span class=\"box\"></span></td></tr>\n");
  }
  return html + "</tbody></table>\n";
}

}  // namespace

v1::OrderDocument MakeReturnDocument(const v1::Return& ret, const v1::Order& order, const v1::Location& location,
                                     v1::GetOrderDocumentRequest::Language language) {
  const Labels& labels = language == v1::GetOrderDocumentRequest::CHINESE ? kChinese : kEnglish;
  const std::string id = ret.name().substr(ret.name().find('/') + 1);
  const std::string order_id = order.name().substr(order.name().find('/') + 1);
  const std::string title = absl::StrCat(labels.title, " ", id);
  const std::string day = absl::FormatTime("%Y-%m-%d", FromTimestamp(ret.create_time()), absl::UTCTimeZone());
  v1::OrderDocument document;
  document.set_file_name(absl::StrCat("return-slip-", id, ".html"));
  document.set_html(
      absl::StrCat("<!DOCTYPE html>\n<html lang=\"", labels.language, "\">\n<head>\n<meta charset=\"utf-8\">\n<title>",
                   EscapeHtml(title), "</title>\n<style>\n", kStyle, "</style>\n</head>\n<body>\n",
                   Label(labels, absl::StrCat("R-", id), order, location), "<h1>", EscapeHtml(title), "</h1>\n<p>",
                   EscapeHtml(labels.order), " ", EscapeHtml(order_id), " · ", EscapeHtml(labels.date), " ", day,
                   "<br>", EscapeHtml(labels.advice), "</p>\n", Table(labels, ret), "</body>\n</html>\n"));
  return document;
}

}  // namespace storeops::inventory
