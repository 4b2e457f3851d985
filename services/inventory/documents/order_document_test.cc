#include "services/inventory/documents/order_document.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/inventory/orders/order_totals.h"

namespace storeops::inventory {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using v1::GetOrderDocumentRequest;
using v1::Order;

Order Sample() {
  Order order;
  order.set_name("orders/12");
  order.set_currency("EUR");
  order.mutable_shipping_address()->set_recipient("<script>alert(1)</script>");
  order.mutable_shipping_address()->set_city("Köln & Bonn");
  order.mutable_shipping_address()->set_country("DE");
  for (const char* title : {"Tea \"green\"", "乌龙茶"}) {
    v1::OrderLine& line = *order.add_lines();
    line.set_number(order.lines_size());
    line.set_sku("S-" + std::to_string(order.lines_size()));
    line.set_title(title);
    line.set_quantity(2);
    line.set_tax_basis_points(1'900);
    SetMinor(595, "EUR", line.mutable_unit_price());
  }
  EXPECT_TRUE(ComputeTotals(order).ok());
  SetMinor(1000, "EUR", order.mutable_captured());
  SetMinor(1000, "EUR", order.add_payments()->mutable_captured());
  for (const auto status : {v1::OrderFulfillment::PACKED, v1::OrderFulfillment::CANCELLED}) {
    v1::OrderFulfillment& fulfillment = *order.add_fulfillments();
    fulfillment.set_name("orders/12/fulfillments/" + std::to_string(order.fulfillments_size()));
    fulfillment.set_status(status);
    fulfillment.set_location("locations/3");
    auto& picked = *fulfillment.add_lines();
    picked.set_line(2);
    picked.set_quantity(1);
  }
  return order;
}

TEST(OrderDocumentTest, AnInvoiceEscapesWhatItShows) {
  const auto document = MakeDocument(Sample(), GetOrderDocumentRequest::INVOICE, GetOrderDocumentRequest::ENGLISH, 0);
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->file_name(), "invoice-12.html");
  const std::string& html = document->html();
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html, HasSubstr("Köln &amp; Bonn"));
  EXPECT_THAT(html, HasSubstr("乌龙茶"));
  EXPECT_THAT(html, HasSubstr("<meta charset=\"utf-8\">"));
  EXPECT_THAT(html, HasSubstr("23.80 EUR"));  // total
  EXPECT_THAT(html, HasSubstr("3.80 EUR"));   // tax
  EXPECT_THAT(html, HasSubstr("13.80 EUR"));  // to be paid
}

TEST(OrderDocumentTest, AnInvoiceStatesWhatTheCustomerIsOwed) {
  Order order = Sample();
  SetMinor(5000, "EUR", order.mutable_payments(0)->mutable_captured());
  auto document = MakeDocument(order, GetOrderDocumentRequest::INVOICE, GetOrderDocumentRequest::ENGLISH, 0);
  EXPECT_THAT(document->html(), HasSubstr("To be refunded</td><td class=\"n\">26.20 EUR"));
  EXPECT_THAT(document->html(), Not(HasSubstr("To be paid")));
  document = MakeDocument(order, GetOrderDocumentRequest::INVOICE, GetOrderDocumentRequest::CHINESE, 0);
  EXPECT_THAT(document->html(), HasSubstr("应退"));
  order.set_status(Order::CANCELLED);
  order.clear_payments();
  document = MakeDocument(order, GetOrderDocumentRequest::INVOICE, GetOrderDocumentRequest::ENGLISH, 0);
  EXPECT_THAT(document->html(), HasSubstr("To be paid</td><td class=\"n\">0.00 EUR"));
}

TEST(OrderDocumentTest, SpeaksChinese) {
  const auto document = MakeDocument(Sample(), GetOrderDocumentRequest::INVOICE, GetOrderDocumentRequest::CHINESE, 0);
  EXPECT_THAT(document->html(), HasSubstr("<html lang=\"zh-CN\">"));
  EXPECT_THAT(document->html(), HasSubstr("<h1>发票 12</h1>"));
  EXPECT_THAT(document->html(), Not(HasSubstr("Subtotal")));
}

TEST(OrderDocumentTest, AFulfilmentsPagesHaveItsPiecesOnly) {
  for (const auto kind : {GetOrderDocumentRequest::PICK_LIST, GetOrderDocumentRequest::PACKING_SLIP}) {
    const auto document = MakeDocument(Sample(), kind, GetOrderDocumentRequest::ENGLISH, 0);
    ASSERT_TRUE(document.ok()) << document.status();
    EXPECT_THAT(document->file_name(), HasSubstr("-12-1.html"));
    EXPECT_THAT(document->html(), HasSubstr("S-2"));
    EXPECT_THAT(document->html(), Not(HasSubstr("S-1")));
    EXPECT_TRUE(MakeDocument(Sample(), kind, GetOrderDocumentRequest::ENGLISH, 2).ok());
    EXPECT_EQ(MakeDocument(Sample(), kind, GetOrderDocumentRequest::ENGLISH, 3).status().code(),
              absl::StatusCode::kNotFound);
  }
}

}  // namespace
}  // namespace storeops::inventory
