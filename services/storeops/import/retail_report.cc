#include "services/storeops/import/retail_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/money.h"

namespace storeops {
namespace {

using inventory::v1::ImportOrdersResponse;

absl::int128 Exact(const google::type::Money& money) {
  return absl::int128(MoneyToMinor(money).value_or(0)) * kExactPerMinor;
}

const ImportOrdersResponse::Totals& TotalsOf(const RetailReport& report) {
  for (const auto& totals : report.orders.totals()) {
    if (totals.currency() == report.currency) return totals;
  }
  return ImportOrdersResponse::Totals::default_instance();
}

struct Rest {
  absl::int128 rounding = 0;
  absl::int128 set_aside = 0;
};

// Of the file's money what is not in the service.
Rest RestOf(const RetailLines& lines, const RetailOrders& orders) {
  Rest rest;
  rest.set_aside = lines.malformed_amount() + orders.tallies()[static_cast<size_t>(RetailFate::kOversized)].amount;
  for (const RetailOrders::Tally& tally : orders.tallies()) rest.rounding += tally.rounding;
  return rest;
}

bool NothingChanged(const RetailReport& report) {
  return report.categories_created == 0 && report.products.created == 0 && report.products.updated == 0 &&
         report.prices_recorded == 0 && report.orders.orders_created() == 0 &&
         report.orders.adjustments_created() == 0 && report.stock.skus == 0 && !report.stock.location_created;
}

class Text {
 public:
  explicit Text(absl::string_view currency) : currency_(currency) {}

  void Count(absl::string_view what, int64_t count, absl::string_view note = "") {
    absl::StrAppendFormat(&text_, "%-46s %9d%s%s\n", what, count, note.empty() ? "" : "  ", note);
  }
  void Money(absl::string_view what, int64_t count, absl::int128 amount) {
    absl::StrAppendFormat(&text_, "%-46s %9d %17s\n", what, count, FormatExact(amount, currency_));
  }
  void Money(absl::string_view what, absl::int128 amount) {
    absl::StrAppendFormat(&text_, "%-46s %9s %17s\n", what, "", FormatExact(amount, currency_));
  }
  void Line(absl::string_view line) { absl::StrAppend(&text_, line, "\n"); }
  std::string Take() { return std::move(text_); }

 private:
  const absl::string_view currency_;
  std::string text_;
};

void DescribeFates(const RetailLines& lines, const RetailOrders& orders, Text& text) {
  const auto rows = static_cast<int64_t>(lines.lines().size()) + lines.malformed();
  text.Money("rows read", rows, lines.amount());
  absl::int128 sum = lines.malformed_amount();
  for (int i = kRetailFates; i-- > 0;) {
    const auto fate = static_cast<RetailFate>(i);
    const RetailOrders::Tally& tally = orders.tallies()[i];
    sum += tally.amount;
    if (tally.lines == 0) continue;
    text.Money(absl::StrCat(IsAdjustment(fate)               ? "  adjustment: "
                            : fate == RetailFate::kOversized ? "  set aside: "
                                                             : "  ",
                            Describe(fate)),
               tally.lines, tally.amount);
  }
  text.Money("  set aside: malformed", lines.malformed(), lines.malformed_amount());
  text.Money("sum of these", rows, sum);
}

void DescribeOrders(const RetailLines& lines, const RetailOrders& orders, const RetailReport& report, Text& text) {
  const ImportOrdersResponse& done = report.orders;
  const auto& totals = TotalsOf(report);
  text.Count("orders", done.orders(),
             absl::StrCat("created ", done.orders_created(), ", unchanged ", done.orders_unchanged(), ", refused ",
                          done.orders_refused()));
  text.Count("customers", orders.CountCustomers());
  text.Money("  ordered", done.lines(), Exact(totals.ordered()));
  text.Money("  cancelled", done.cancellations(), -Exact(totals.cancelled()));
  text.Count("adjustments", done.adjustments(),
             absl::StrCat("created ", done.adjustments_created(), ", unchanged ", done.adjustments_unchanged(),
                          ", refused ", done.adjustments_refused()));
  text.Money("  adjusted", done.adjustments(), Exact(totals.adjusted()));
  text.Money("revenue", Exact(totals.revenue()));
  const Rest rest = RestOf(lines, orders);
  text.Money("  below the currency's smallest unit", rest.rounding);
  text.Money("  set aside", rest.set_aside);
  text.Money("  differs from the file by", Exact(totals.revenue()) + rest.rounding + rest.set_aside - lines.amount());
}

void DescribeCatalogue(const RetailCatalogue& catalogue, const RetailReport& report, Text& text) {
  text.Count("products", report.goods + report.services,
             absl::StrCat("created ", report.products.created, ", updated ", report.products.updated, ", unchanged ",
                          report.products.unchanged));
  text.Count("  goods", report.goods);
  text.Count("  services", report.services);
  text.Count("  without a price", report.unpriced, "never sold in this file");
  text.Count("  price rounded", catalogue.CountRoundedPrices(), "more decimal places than the currency has");
  text.Count("categories created", report.categories_created);
  text.Count("price changes", report.prices, absl::StrCat("recorded now ", report.prices_recorded));
}

}  // namespace

std::string DescribeRetail(const RetailLines& lines, const RetailOrders& orders, const RetailCatalogue& catalogue,
                           const RetailReport& report) {
  Text text(report.currency);
  DescribeFates(lines, orders, text);
  DescribeOrders(lines, orders, report, text);
  DescribeCatalogue(catalogue, report, text);
  text.Count("SKUs given opening stock", report.stock.skus,
             absl::StrCat(report.stock.pieces, " pieces, at \"", report.stock.location, "\"",
                          report.stock.location_created ? ", which was made for it" : ""));
  text.Count("  had stock already", report.stock.present);
  const auto seconds = [](absl::Duration duration) { return absl::ToDoubleSeconds(duration); };
  text.Line(absl::StrFormat("%.1f seconds: reading %.1f, catalogue %.1f, orders %.1f, stock %.1f",
                            seconds(report.reading + report.catalogue + report.ordering + report.stocking),
                            seconds(report.reading), seconds(report.catalogue), seconds(report.ordering),
                            seconds(report.stocking)));
  if (NothingChanged(report)) text.Line("nothing was changed: all of this was there already");
  return text.Take();
}

absl::Status CheckRetail(const RetailLines& lines, const RetailOrders& orders, const RetailReport& report) {
  const int64_t refused = report.orders.orders_refused() + report.orders.adjustments_refused();
  if (refused > 0) return absl::InvalidArgumentError(absl::StrCat(refused, " orders and adjustments were refused"));
  const Rest rest = RestOf(lines, orders);
  if (Exact(TotalsOf(report).revenue()) + rest.rounding + rest.set_aside == lines.amount()) return absl::OkStatus();
  return absl::DataLossError("the revenue is not the sum over the file");
}

}  // namespace storeops
