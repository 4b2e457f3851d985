#include "services/inventory/documents/document_labels.h"

namespace storeops::inventory {
namespace {

constexpr DocumentLabels kEnglish = {"en",
                                     "Pick list",
                                     "Packing slip",
                                     "Invoice",
                                     "Order",
                                     "Reference",
                                     "Date",
                                     "Location",
                                     "Ship to",
                                     "Bill to",
                                     "SKU",
                                     "Item",
                                     "Quantity",
                                     "Picked",
                                     "Price",
                                     "Discount",
                                     "Amount",
                                     "Subtotal",
                                     "Shipping",
                                     "Total",
                                     "Tax contained",
                                     "Paid",
                                     "Refunded",
                                     "To be paid",
                                     "To be refunded",
                                     "Carrier",
                                     "Tracking number",
                                     "Cancelled"};

constexpr DocumentLabels kChinese = {"zh-CN", "拣货单", "装箱单", "发票", "订单",   "参考号", "日期",
                                     "仓库",  "收货人", "付款人", "SKU",  "商品",   "数量",   "已拣",
                                     "单价",  "折扣",   "金额",   "小计", "运费",   "合计",   "其中税额",
                                     "已付",  "已退款", "应付",   "应退", "承运商", "运单号", "已取消"};

}  // namespace

const DocumentLabels& LabelsOf(v1::GetOrderDocumentRequest::Language language) {
  return language == v1::GetOrderDocumentRequest::CHINESE ? kChinese : kEnglish;
}

}  // namespace storeops::inventory
