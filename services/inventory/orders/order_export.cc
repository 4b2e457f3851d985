#include "services/inventory/orders/order_export.h"

#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/csv.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/rpc/personal_data.h"

namespace storeops::inventory {
namespace {

constexpr int kBatch = 500;

constexpr const char* kColumns[] = {"order",
                                    "place_time",
                                    "status",
                                    "payment_status",
                                    "fulfillment_status",
                                    "on_hold",
                                    "customer",
                                    "email",
                                    "channel",
                                    "country",
                                    "currency",
                                    "total",
                                    "captured",
                                    "refunded",
                                    "reference",
                                    "line",
                                    "sku",
                                    "title",
                                    "quantity",
                                    "cancelled",
                                    "shipped",
                                    "returned",
                                    "unit_price",
                                    "discount",
                                    "line_total",
                                    "line_tax",
                                    "ship_by_time",
                                    "tracking_numbers",
                                    "balance_due"};

// "12.50": without the currency, which has a column of its own.
std::string Amount(const google::type::Money& money) {
  if (money.currency_code().empty()) return "0";
  const std::string text = FormatMoney(money);
  return text.substr(0, text.find(' '));
}

std::string When(bool has, const google::protobuf::Timestamp& time) {
  return has ? FormatRfc3339(FromTimestamp(time)) : "";
}

void AppendRow(const std::vector<std::string>& cells, bool raw_text, std::string* out) {
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out->push_back(',');
    raw_text ? AppendCsvField(cells[i], out) : AppendSpreadsheetField(cells[i], out);
  }
  out->append("\r\n");
}

std::string TrackingNumbers(const v1::Order& order) {
  std::vector<std::string> numbers;
  for (const v1::OrderFulfillment& fulfillment : order.fulfillments()) {
    if (!fulfillment.tracking_number().empty()) numbers.push_back(fulfillment.tracking_number());
  }
  return absl::StrJoin(numbers, " ");
}

}  // namespace

std::string OrderCsvHeader() {
  std::string header;
  AppendRow({std::begin(kColumns), std::end(kColumns)}, /*raw_text=*/false, &header);
  return header;
}

int AppendOrderCsv(const v1::Order& order, bool raw_text, std::string* out) {
  int rows = 0;
  for (const v1::OrderLine& line : order.lines()) {
    if (line.quantity() == 0) continue;
    ++rows;
    AppendRow({order.name(),
               When(true, order.place_time()),
               v1::Order::Status_Name(order.status()),
               v1::Order::PaymentStatus_Name(order.payment_status()),
               v1::Order::FulfillmentStatus_Name(order.fulfillment_status()),
               order.on_hold() ? "true" : "false",
               order.customer(),
               order.email(),
               order.channel(),
               order.shipping_address().country(),
               order.currency(),
               Amount(order.total()),
               Amount(order.captured()),
               Amount(order.refunded()),
               order.external_reference(),
               absl::StrCat(line.number()),
               line.sku(),
               line.title(),
               absl::StrCat(line.quantity()),
               absl::StrCat(line.cancelled_quantity()),
               absl::StrCat(line.shipped_quantity()),
               absl::StrCat(line.returned_quantity()),
               Amount(line.unit_price()),
               Amount(line.discount()),
               Amount(line.total()),
               Amount(line.tax()),
               When(order.has_ship_by_time(), order.ship_by_time()),
               TrackingNumbers(order),
               Amount(order.balance_due())},
              raw_text, out);
  }
  return rows;
}

absl::Status ExportOrders(const resource::Store& store, const rpc::Call& call, const OrderSelection& selection,
                          bool raw_text, rpc::ReplyStream& out) {
  v1::ExportOrdersResponse message;
  message.set_chunk(OrderCsvHeader());
  const rpc::HiddenData hidden = rpc::HiddenFrom(call.principal, rpc::PersonalPermissions(*v1::Order::descriptor()));
  std::optional<OrderPlace> after;
  int64_t count = 0, rows = 0;
  while (!call.Cancelled()) {
    ASSIGN_OR_RETURN(auto orders, ListOrders(store.database, selection, after, kBatch, call.deadline));
    for (StoredOrder& stored : orders) {
      rpc::MaskPersonalData(hidden, &stored.order);
      rows += AppendOrderCsv(stored.order, raw_text, message.mutable_chunk());
      after = OrderPlace{FromTimestamp(stored.order.place_time()), stored.id};
    }
    count += static_cast<int64_t>(orders.size());
    const bool last = orders.size() < kBatch;
    if (last) {
      message.set_orders(count);
      message.set_rows(rows);
    }
    if (!out.Write(message) || last) break;
    message.clear_chunk();
  }
  return absl::OkStatus();
}

}  // namespace storeops::inventory
