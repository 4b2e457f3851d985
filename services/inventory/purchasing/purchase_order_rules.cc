#include "services/inventory/purchasing/purchase_order_rules.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "services/inventory/purchasing/purchase_order_states.h"
#include "services/inventory/stock/refusals.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

using v1::PurchaseOrder;
using v1::Supplier;

std::string ItemField(int index, absl::string_view field = "") {
  return absl::StrCat("items[", index, "]", field.empty() ? "" : ".", field);
}

const SupplierTerms* FindTerms(const TermsBySku& terms, const std::string& sku) {
  const auto found = terms.find(sku);
  return found == terms.end() ? nullptr : &found->second;
}

// The price of an item in minor units; nothing, and a violation, if it has none in the supplier's currency.
std::optional<int64_t> FillPrice(const Supplier& supplier, const SupplierTerms* terms, const std::string& field,
                                 PurchaseOrder::Item& item, std::vector<FieldViolation>& violations) {
  if (!item.has_price()) {
    if (terms == nullptr) {
      violations.push_back({field, "is required: the supplier has no price for this SKU"});
      return std::nullopt;
    }
    *item.mutable_price() = MoneyFromMinor(terms->price_minor, supplier.currency());
    return terms->price_minor;
  }
  const size_t before = violations.size();
  const int64_t price = StatedMoney(item.price(), field).In(supplier.currency(), violations);
  return violations.size() == before ? std::optional<int64_t>(price) : std::nullopt;
}

}  // namespace

absl::Status CompleteDraft(const Supplier& supplier, const TermsBySku& terms, PurchaseOrder& order) {
  std::vector<FieldViolation> violations;
  absl::flat_hash_set<absl::string_view> seen;
  __int128 total = 0;
  for (int i = 0; i < order.items_size(); ++i) {
    PurchaseOrder::Item& item = *order.mutable_items(i);
    item.clear_received();
    item.clear_damaged();
    item.clear_amount();
    if (!seen.insert(item.sku()).second) violations.push_back({ItemField(i, "sku"), "the order has this SKU already"});
    const absl::Status day = ParseDay(item.expected_date(), "").status();
    if (!day.ok()) violations.push_back({ItemField(i, "expected_date"), "must be a day such as 2026-12-31"});
    const SupplierTerms* const known = FindTerms(terms, item.sku());
    if (known != nullptr && item.supplier_sku().empty()) item.set_supplier_sku(known->supplier_sku);
    const std::optional<int64_t> price = FillPrice(supplier, known, ItemField(i, "price"), item, violations);
    if (!price.has_value()) continue;
    const __int128 amount = static_cast<__int128>(*price) * item.ordered();
    total += amount;
    if (total > std::numeric_limits<int64_t>::max()) {
      violations.push_back({ItemField(i), "makes the order's total too big"});
      break;
    }
    *item.mutable_amount() = MoneyFromMinor(static_cast<int64_t>(amount), supplier.currency());
  }
  if (!violations.empty()) return InvalidFields(violations);
  *order.mutable_total() = MoneyFromMinor(static_cast<int64_t>(total), supplier.currency());
  if (!order.has_over_delivery_percent()) order.set_over_delivery_percent(supplier.over_delivery_percent());
  return absl::OkStatus();
}

absl::Status CheckTerms(const Supplier& supplier, const TermsBySku& terms, const PurchaseOrder& order) {
  std::vector<FieldViolation> violations;
  for (int i = 0; i < order.items_size(); ++i) {
    const PurchaseOrder::Item& item = order.items(i);
    const SupplierTerms* const known = FindTerms(terms, item.sku());
    if (known == nullptr) continue;
    if (item.ordered() < known->min_quantity) {
      violations.push_back({ItemField(i, "ordered"), absl::StrCat("must be at least ", known->min_quantity)});
    } else if (known->pack_size > 1 && item.ordered() % known->pack_size != 0) {
      violations.push_back({ItemField(i, "ordered"), absl::StrCat("must be whole packs of ", known->pack_size)});
    }
  }
  if (supplier.has_order_minimum()) {
    // The supplier may have got another currency since the draft was written.
    const size_t before = violations.size();
    const int64_t total = StatedMoney(order.total(), "total").In(supplier.currency(), violations);
    ASSIGN_OR_RETURN(const int64_t minimum,
                     StatedMoney(supplier.order_minimum(), "order_minimum").In(supplier.currency()));
    if (violations.size() == before && total < minimum) {
      violations.push_back({"total", absl::StrCat("must be at least ", FormatMoney(supplier.order_minimum()))});
    }
  }
  return violations.empty() ? absl::OkStatus()
                            : FailedFields(purchase_order_states::kTermsMet.reason, order.supplier(), violations);
}

void FillExpectedDates(const Supplier& supplier, const TermsBySku& terms, absl::Time now, PurchaseOrder& order) {
  for (PurchaseOrder::Item& item : *order.mutable_items()) {
    if (!item.expected_date().empty()) continue;
    const SupplierTerms* const known = FindTerms(terms, item.sku());
    const bool own = known != nullptr && known->lead_time_days.has_value();
    const int days = own ? *known->lead_time_days : supplier.lead_time_days();
    item.set_expected_date(FormatDay(now + absl::Hours(24) * days));
  }
}

int64_t OpenPieces(const PurchaseOrder::Item& item) { return std::max<int64_t>(0, item.ordered() - item.received()); }

int64_t AcceptedPieces(const PurchaseOrder::Item& item, int over_delivery_percent) {
  return item.ordered() + item.ordered() * over_delivery_percent / 100;
}

bool IsComplete(const PurchaseOrder& order) {
  return std::all_of(order.items().begin(), order.items().end(),
                     [](const PurchaseOrder::Item& item) { return OpenPieces(item) == 0; });
}

absl::StatusOr<std::vector<Arrival>> TakeReceipt(const ReceiptItems& items, PurchaseOrder& order) {
  absl::flat_hash_map<std::string, PurchaseOrder::Item*> by_sku;
  for (PurchaseOrder::Item& item : *order.mutable_items()) by_sku[item.sku()] = &item;
  std::vector<Arrival> arrivals;
  std::vector<FieldViolation> empty, unknown, over;
  for (int i = 0; i < items.size(); ++i) {
    const int64_t pieces = items[i].quantity() + items[i].damaged();
    if (pieces == 0) {
      empty.push_back({ItemField(i), "needs quantity or damaged"});
      continue;
    }
    const auto found = by_sku.find(items[i].sku());
    if (found == by_sku.end()) {
      unknown.push_back({ItemField(i, "sku"), absl::StrCat(order.name(), " has no \"", items[i].sku(), "\"")});
      continue;
    }
    PurchaseOrder::Item& item = *found->second;
    const int64_t accepted = AcceptedPieces(item, order.over_delivery_percent());
    if (item.received() + pieces > accepted) {
      over.push_back({ItemField(i), absl::StrCat("at most ", accepted, " of \"", item.sku(), "\" are accepted, ",
                                                 item.received(), " came before, these are ", pieces)});
    }
    Arrival arrival;
    arrival.sound_expected = std::min(OpenPieces(item), items[i].quantity());
    item.set_received(item.received() + items[i].quantity());
    arrival.damaged_expected = std::min(OpenPieces(item), items[i].damaged());
    item.set_received(item.received() + items[i].damaged());
    item.set_damaged(item.damaged() + items[i].damaged());
    arrivals.push_back(arrival);
  }
  if (!empty.empty()) return InvalidFields(empty);
  if (!unknown.empty()) return FailedFields("NOT_ORDERED", order.name(), unknown);
  if (!over.empty()) return FailedFields("OVER_DELIVERY", order.name(), over);
  return arrivals;
}

}  // namespace storeops::inventory
