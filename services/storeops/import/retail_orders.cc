#include "services/storeops/import/retail_orders.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "services/storeops/import/retail_countries.h"

namespace storeops {
namespace {

using inventory::v1::ImportedAdjustment;
using inventory::v1::ImportedOrder;
using inventory::v1::ImportOrdersRequest;

constexpr int kMaxOrdersAtOnce = 500;
constexpr int kMaxLinesAtOnce = 4000;
constexpr int kMaxAdjustmentsAtOnce = 500;
constexpr int kSalesDays = 56;
constexpr int kSalesPerCover = 2;  // eight weeks of sales, four weeks of cover

google::protobuf::Timestamp TimeOf(const RetailInvoice& invoice) {
  return ToTimestamp(absl::FromCivil(invoice.time, absl::UTCTimeZone()));
}

}  // namespace

RetailOrders::RetailOrders(const RetailLines& lines, std::string currency)
    : lines_(lines), currency_(std::move(currency)), fates_(DecideFates(lines)) {
  for (size_t i = 0; i < lines_.invoices().size(); ++i) {
    const auto& own = lines_.invoices()[i].lines;
    if (std::any_of(own.begin(), own.end(), [&](int32_t line) { return InOrder(fates_.of_line[line]); })) {
      orders_.push_back(static_cast<int32_t>(i));
    }
  }
  for (size_t i = 0; i < fates_.of_line.size(); ++i) {
    if (IsAdjustment(fates_.of_line[i])) adjustments_.push_back(static_cast<int32_t>(i));
  }
  TallyAll();
}

absl::int128 RetailOrders::RoundingOf(int32_t index) const {
  const RetailLine& line = lines_.lines()[index];
  const RetailFate fate = fates_.of_line[index];
  if (fate == RetailFate::kOversized) return 0;
  const absl::int128 booked =
      IsAdjustment(fate) ? absl::int128(ToMinor(line.amount())) : absl::int128(ToMinor(line.price)) * line.quantity;
  return line.amount() - booked * kExactPerMinor;
}

void RetailOrders::TallyAll() {
  for (size_t i = 0; i < fates_.of_line.size(); ++i) {
    Tally& tally = tallies_[static_cast<size_t>(fates_.of_line[i])];
    ++tally.lines;
    tally.amount += lines_.lines()[i].amount();
    tally.rounding += RoundingOf(static_cast<int32_t>(i));
  }
}

int64_t RetailOrders::CountCustomers() const {
  absl::flat_hash_set<absl::string_view> customers;
  for (const RetailInvoice& invoice : lines_.invoices()) {
    if (!invoice.customer.empty()) customers.insert(invoice.customer);
  }
  return static_cast<int64_t>(customers.size());
}

bool RetailOrders::Next(ImportOrdersRequest* request) {
  request->Clear();
  int lines = 0;
  while (next_order_ < orders_.size() && request->orders_size() < kMaxOrdersAtOnce && lines < kMaxLinesAtOnce) {
    WriteOrder(orders_[next_order_++], request->add_orders());
    lines += request->orders(request->orders_size() - 1).lines_size();
  }
  if (next_order_ < orders_.size()) return true;
  while (next_adjustment_ < adjustments_.size() && request->adjustments_size() < kMaxAdjustmentsAtOnce) {
    WriteAdjustment(adjustments_[next_adjustment_++], request->add_adjustments());
  }
  return request->orders_size() > 0 || request->adjustments_size() > 0;
}

void RetailOrders::WriteOrder(int32_t index, ImportedOrder* order) const {
  const RetailInvoice& invoice = lines_.invoices()[index];
  order->set_external_reference(invoice.number);
  *order->mutable_place_time() = TimeOf(invoice);
  order->set_customer(invoice.customer);
  order->set_country(std::string(RetailCountry(invoice.country)));
  order->set_currency(currency_);
  for (const int32_t line : invoice.lines) {
    if (InOrder(fates_.of_line[line])) WriteLine(line, order->add_lines());
  }
}

void RetailOrders::WriteLine(int32_t index, ImportedOrder::Line* out) const {
  const RetailLine& line = lines_.lines()[index];
  out->set_sku(lines_.text(line.sku));
  out->set_title(lines_.text(line.title));
  out->set_quantity(line.quantity);
  *out->mutable_unit_price() = MoneyFromMinor(ToMinor(line.price), currency_);
  auto match = std::lower_bound(fates_.matches.begin(), fates_.matches.end(), index,
                                [](const RetailMatch& a, int32_t b) { return a.order_line < b; });
  for (; match != fates_.matches.end() && match->order_line == index; ++match) {
    const RetailInvoice& invoice = lines_.invoices()[lines_.lines()[match->cancellation].invoice];
    auto& cancellation = *out->add_cancellations();
    cancellation.set_reference(invoice.number);
    cancellation.set_quantity(match->quantity);
    *cancellation.mutable_time() = TimeOf(invoice);
  }
}

void RetailOrders::WriteAdjustment(int32_t index, ImportedAdjustment* adjustment) const {
  const RetailLine& line = lines_.lines()[index];
  const RetailInvoice& invoice = lines_.invoices()[line.invoice];
  adjustment->set_external_reference(absl::StrCat(invoice.number, "-", line.number));
  *adjustment->mutable_time() = TimeOf(invoice);
  *adjustment->mutable_amount() = MoneyFromMinor(ToMinor(line.amount()), currency_);
  adjustment->set_reason(std::string(Describe(fates_.of_line[index])));
  adjustment->set_customer(invoice.customer);
  adjustment->set_sku(lines_.text(line.sku));
  adjustment->set_quantity(line.quantity);
}

std::map<std::string, int64_t> RetailOrders::OpeningStock(const absl::flat_hash_set<std::string>& goods) const {
  absl::CivilDay last;
  bool any = false;
  for (const int32_t order : orders_) {
    const absl::CivilDay day(lines_.invoices()[order].time);
    last = any ? std::max(last, day) : day;
    any = true;
  }
  const auto recent = [&](int32_t line) {
    return absl::CivilDay(lines_.invoices()[lines_.lines()[line].invoice].time) > last - kSalesDays;
  };
  std::map<std::string, int64_t> sold;
  for (size_t i = 0; i < fates_.of_line.size(); ++i) {
    const auto index = static_cast<int32_t>(i);
    const RetailLine& line = lines_.lines()[i];
    if (InOrder(fates_.of_line[i]) && recent(index) && goods.contains(lines_.text(line.sku))) {
      sold[lines_.text(line.sku)] += line.quantity;
    }
  }
  for (const RetailMatch& match : fates_.matches) {
    const auto found = sold.find(lines_.text(lines_.lines()[match.order_line].sku));
    if (found != sold.end() && recent(match.order_line)) found->second -= match.quantity;
  }
  std::map<std::string, int64_t> stock;
  for (const auto& [sku, pieces] : sold) {
    const int64_t cover = (pieces + kSalesPerCover - 1) / kSalesPerCover;
    if (cover > 0) stock[sku] = cover;
  }
  return stock;
}

}  // namespace storeops
