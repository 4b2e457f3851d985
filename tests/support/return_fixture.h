// Orders that were paid and sent, and what comes back of them, as tests make them most.
#ifndef STOREOPS_TESTS_SUPPORT_RETURN_FIXTURE_H_
#define STOREOPS_TESTS_SUPPORT_RETURN_FIXTURE_H_

#include <string>
#include <utility>
#include <vector>

#include "storeops/inventory/v1/return_service.pb.h"
#include "tests/support/order_fixture.h"

namespace storeops::testing {

class ReturnFixture : public OrderFixture {
 protected:
  using Return = inventory::v1::Return;
  using Operation = inventory::v1::OrderPayment::Operation;
  using Lines = std::vector<std::pair<int, int64_t>>;  // number and pieces

  // Placed, paid and sent from wherever its pieces are.
  Order Sent(const PlaceOrderRequest& request) {
    const Order placed = Placed(request);
    const auto paid = Authorize(placed, "", /*capture=*/true);
    EXPECT_TRUE(paid.ok()) << paid.status();
    return SendAll(placed.name());
  }
  Order Sent(const std::vector<std::pair<std::string, int64_t>>& lines) { return Sent(Request(lines)); }
  Order SendAll(const std::string& name) {
    Order order = Get(name);
    while (Fulfill(order).ok()) {
      order = Get(name);
      EXPECT_TRUE(Ship(order.fulfillments(order.fulfillments_size() - 1).name()).ok());
    }
    order = Get(name);
    EXPECT_EQ(order.fulfillment_status(), Order::SHIPPED);
    return order;
  }

  template <class Request>
  absl::StatusOr<Return> Do(const std::string& action, const Request& request) {
    return process_->Call<Return>("ReturnService/" + action, request);
  }
  // These pieces of the first line alone, as fulfilment 1.
  void SendFirstLine(const Order& order, int64_t pieces) {
    inventory::v1::CreateFulfillmentRequest pick;
    pick.set_name(order.name());
    pick.add_lines()->set_line(1);
    pick.mutable_lines(0)->set_quantity(pieces);
    EXPECT_TRUE(Ask<Order>("CreateFulfillment", pick).ok());
    EXPECT_TRUE(Ship(order.name() + "/fulfillments/1").ok());
  }
  static inventory::v1::CreateReturnRequest ReturnRequest(const Order& order, const Lines& lines,
                                                          Return::Kind kind = Return::RETURN) {
    inventory::v1::CreateReturnRequest request;
    request.set_source_order(order.name());
    request.set_kind(kind);
    for (const auto& [number, pieces] : lines) {
      auto& line = *request.add_lines();
      line.set_order_line(number);
      line.set_quantity(pieces);
      line.set_reason(kind == Return::CLAIM ? Return::DAMAGED_IN_TRANSIT : Return::UNWANTED);
    }
    return request;
  }
  absl::StatusOr<Return> Create(const Order& order, const Lines& lines, Return::Kind kind = Return::RETURN) {
    return Do("CreateReturn", ReturnRequest(order, lines, kind));
  }
  absl::StatusOr<Return> Approve(const Return& ret, Return::Remedy remedy = Return::REMEDY_UNSPECIFIED,
                                 const Lines& items = {}) {
    inventory::v1::ApproveReturnRequest request;
    request.set_name(ret.name());
    request.set_remedy(remedy);
    for (const auto& [number, pieces] : items) {
      auto& item = *request.add_items();
      item.set_item(number);
      item.set_quantity(pieces);
    }
    return Do("ApproveReturn", request);
  }
  // One that must succeed.
  Return Approved(const Order& order, const Lines& lines, Return::Kind kind = Return::RETURN,
                  Return::Remedy remedy = Return::REMEDY_UNSPECIFIED) {
    const auto asked = Create(order, lines, kind);
    EXPECT_TRUE(asked.ok()) << asked.status();
    if (!asked.ok()) return {};
    auto approved = Approve(*asked, remedy);
    EXPECT_TRUE(approved.ok()) << approved.status();
    return approved.value_or(Return());
  }
  absl::StatusOr<Return> Arrive(const Return& ret, const Lines& lines, const std::string& lot = "") {
    inventory::v1::ReceiveReturnRequest request;
    request.set_name(ret.name());
    for (const auto& [number, pieces] : lines) {
      auto& item = *request.add_items();
      item.set_order_line(number);
      item.set_quantity(pieces);
      item.set_lot(lot);
    }
    return Do("ReceiveReturn", request);
  }
  absl::StatusOr<Return> Inspect(const Return& ret, int item_number, int64_t restock, int64_t damaged = 0,
                                 int64_t discard = 0, const std::string& lot = "") {
    inventory::v1::InspectReturnRequest request;
    request.set_name(ret.name());
    auto& item = *request.add_items();
    item.set_item(item_number);
    item.set_restock(restock);
    item.set_damaged(damaged);
    item.set_discard(discard);
    item.set_lot(lot);
    return Do("InspectReturn", request);
  }
  // Approved, back and looked at: all for sale again.
  Return Back(const Order& order, const Lines& lines, Return::Kind kind = Return::RETURN) {
    Return ret = Approved(order, lines, kind);
    EXPECT_TRUE(Arrive(ret, lines).ok());
    for (const auto& item : ret.items()) EXPECT_TRUE(Inspect(ret, item.number(), item.approved_quantity()).ok());
    ret = GetReturn(ret.name());
    EXPECT_EQ(ret.state(), Return::INSPECTED);
    return ret;
  }
  absl::StatusOr<Return> Refund(const Return& ret, const std::string& request_id = "") {
    inventory::v1::RefundReturnRequest request;
    request.set_name(ret.name());
    request.set_request_id(request_id);
    return Do("RefundReturn", request);
  }
  static inventory::v1::ExchangeReturnRequest ExchangeRequest(
      const Return& ret, const std::vector<std::pair<std::string, int64_t>>& lines) {
    inventory::v1::ExchangeReturnRequest request;
    request.set_name(ret.name());
    for (const auto& [sku, pieces] : lines) {
      auto& line = *request.add_lines();
      line.set_sku(sku);
      line.set_quantity(pieces);
    }
    return request;
  }
  absl::StatusOr<Return> Exchange(const Return& ret, const std::vector<std::pair<std::string, int64_t>>& lines = {}) {
    return Do("ExchangeReturn", ExchangeRequest(ret, lines));
  }
  template <class Request>
  absl::StatusOr<Return> End(const std::string& action, const Return& ret) {
    Request request;
    request.set_name(ret.name());
    request.set_reason("test");
    return Do(action, request);
  }
  absl::StatusOr<Return> CloseReturn(const Return& ret) {
    return End<inventory::v1::CloseReturnRequest>("CloseReturn", ret);
  }
  absl::StatusOr<Return> CancelReturn(const Return& ret) {
    return End<inventory::v1::CancelReturnRequest>("CancelReturn", ret);
  }
  absl::StatusOr<Return> RejectReturn(const Return& ret) {
    return End<inventory::v1::RejectReturnRequest>("RejectReturn", ret);
  }
  Return GetReturn(const std::string& name) {
    inventory::v1::GetReturnRequest request;
    request.set_name(name);
    auto ret = Do("GetReturn", request);
    EXPECT_TRUE(ret.ok()) << ret.status();
    return ret.value_or(Return());
  }
  std::vector<std::string> ListReturns(const std::string& filter) {
    inventory::v1::ListReturnsRequest request;
    request.set_filter(filter);
    request.set_page_size(2);
    std::vector<std::string> names;
    do {
      const auto page = process_->Call<inventory::v1::ListReturnsResponse>("ReturnService/ListReturns", request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const Return& ret : page->returns()) names.push_back(ret.name());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return names;
  }
  // on hand, damaged, on quality hold, available
  std::vector<int64_t> Pieces(const std::string& sku) {
    const auto total = GetStock(*process_, sku).total();
    return {total.on_hand(), total.damaged(), total.quality_hold(), total.available()};
  }
  // Back, announced, settled by claims.
  static std::vector<int64_t> Of(const inventory::v1::OrderLine& line) {
    return {line.returned_quantity(), line.returning_quantity(), line.claimed_quantity()};
  }
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_RETURN_FIXTURE_H_
