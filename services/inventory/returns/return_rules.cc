#include "services/inventory/returns/return_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/orders/order_book.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/stock/refusals.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderFulfillment;
using v1::OrderLine;

bool HasLeft(const OrderFulfillment& fulfillment) {
  return fulfillment.status() == OrderFulfillment::SHIPPED || fulfillment.status() == OrderFulfillment::DELIVERED;
}

bool HasLine(const OrderFulfillment& fulfillment, int32_t line) {
  return std::any_of(fulfillment.lines().begin(), fulfillment.lines().end(),
                     [line](const OrderFulfillment::Line& picked) { return picked.line() == line; });
}

absl::Status CheckLines(const v1::CreateReturnRequest& request, const Order& order) {
  std::vector<FieldViolation> wrong, out;
  std::set<int32_t> seen;
  for (int i = 0; i < request.lines_size(); ++i) {
    const auto& wanted = request.lines(i);
    const std::string field = absl::StrCat("lines[", i, "]");
    const OrderLine* line = FindLine(order, wanted.order_line());
    if (line == nullptr) {
      wrong.push_back({field + ".order_line", absl::StrCat("is no line of ", order.name())});
    } else if (!seen.insert(wanted.order_line()).second) {
      wrong.push_back({field + ".order_line", "is there already"});
    } else if (wanted.quantity() > Returnable(*line)) {
      out.push_back({field + ".quantity", absl::StrCat("only ", Returnable(*line), " of the ", line->shipped_quantity(),
                                                       " pieces that left can be returned; ", line->returned_quantity(),
                                                       " came back, ", line->claimed_quantity(), " are settled, ",
                                                       line->returning_quantity(), " are announced")});
    }
  }
  if (!wrong.empty()) return InvalidFields(wrong);
  return out.empty() ? absl::OkStatus() : FailedFields("NOT_RETURNABLE", order.name(), out);
}

absl::Status CheckWindow(const v1::CreateReturnRequest& request, int days, absl::Time now, const Order& order) {
  std::vector<FieldViolation> late;
  for (int i = 0; i < request.lines_size(); ++i) {
    const absl::Time shipped = LastShipped(order, request.lines(i).order_line());
    if (now <= shipped + absl::Hours(24) * days) continue;
    late.push_back({absl::StrCat("lines[", i, "].order_line"),
                    absl::StrCat("left on ", absl::FormatTime("%Y-%m-%d", shipped, absl::UTCTimeZone()), ", more than ",
                                 days, " days ago: state an override_reason")});
  }
  return late.empty() ? absl::OkStatus() : FailedFields("OUTSIDE_WINDOW", order.name(), late);
}

void ZeroMoney(const std::string& currency, v1::Return& ret) {
  for (auto* money : {ret.mutable_refundable(), ret.mutable_refunded(), ret.mutable_exchanged()}) {
    SetMinor(0, currency, money);
  }
}

// The approved quantity of each item, by number.
absl::StatusOr<std::map<int32_t, int64_t>> ApprovedQuantities(const v1::ApproveReturnRequest& request,
                                                              const v1::Return& ret) {
  std::map<int32_t, int64_t> quantities;
  for (const v1::Return::Item& item : ret.items()) quantities[item.number()] = item.requested_quantity();
  std::vector<FieldViolation> wrong;
  std::set<int32_t> seen;
  for (int i = 0; i < request.items_size(); ++i) {
    const auto& wanted = request.items(i);
    const std::string field = absl::StrCat("items[", i, "]");
    const auto found = quantities.find(wanted.item());
    if (found == quantities.end()) {
      wrong.push_back({field + ".item", "is no item of the return"});
    } else if (!seen.insert(wanted.item()).second) {
      wrong.push_back({field + ".item", "is there already"});
    } else if (wanted.quantity() > found->second) {
      wrong.push_back({field + ".quantity", absl::StrCat("only ", found->second, " pieces were asked for")});
    } else {
      found->second = wanted.quantity();
    }
  }
  const bool none =
      std::all_of(quantities.begin(), quantities.end(), [](const auto& entry) { return entry.second == 0; });
  if (none) wrong.push_back({"items", "leave no piece: reject the return"});
  if (!wrong.empty()) return InvalidFields(wrong);
  return quantities;
}

// Of a claim that was accepted and for which the customer got nothing, because the provider refused.
absl::Status GiveUpClaim(ReturnEdit edit) {
  if (edit.ret.state() != v1::Return::ACCEPTED || Minor(edit.ret.refunded()) + Minor(edit.ret.exchanged()) > 0) {
    return absl::OkStatus();
  }
  for (v1::Return::Item& item : *edit.ret.mutable_items()) {
    if (item.settled_quantity() == 0) continue;
    RETURN_IF_ERROR(NoteClaimed(edit.order, item.order_line(), -item.settled_quantity()));
    item.set_settled_quantity(0);
    item.clear_value();
  }
  return absl::OkStatus();
}

bool IsOpen(v1::Return::State state) {
  switch (state) {
    case v1::Return::REJECTED:
    case v1::Return::REFUNDED:
    case v1::Return::EXCHANGED:
    case v1::Return::CLOSED:
    case v1::Return::CANCELLED:
      return false;
    default:
      return true;
  }
}

}  // namespace

absl::Status Act(ReturnAction action, v1::Return& ret) {
  RETURN_IF_ERROR(kReturnStates.Move(action, ret));
  ret.set_open(IsOpen(ret.state()));
  return absl::OkStatus();
}

const v1::OrderLine* FindLine(const v1::Order& order, int32_t number) {
  for (const v1::OrderLine& line : order.lines()) {
    if (line.number() == number && line.quantity() > 0) return &line;
  }
  return nullptr;
}

absl::Time LastShipped(const Order& order, int32_t line) {
  absl::Time last = absl::InfinitePast();
  for (const OrderFulfillment& fulfillment : order.fulfillments()) {
    if (HasLeft(fulfillment) && HasLine(fulfillment, line)) {
      last = std::max(last, FromTimestamp(fulfillment.ship_time()));
    }
  }
  return last;
}

absl::StatusOr<v1::Return> RequestReturn(const v1::CreateReturnRequest& request, const ReturnWindow& window,
                                         OrderEdit& edit) {
  const Order& order = edit.order();
  if (order.historical()) {
    return PreconditionFailed("ORDER_HISTORICAL", order.name(),
                              absl::StrCat(order.name(), " was imported: its parcels and payments are not known"));
  }
  RETURN_IF_ERROR(CheckLines(request, order));
  v1::Return ret;
  ret.set_kind(request.kind() == v1::Return::KIND_UNSPECIFIED ? v1::Return::RETURN : request.kind());
  const int usual = ret.kind() == v1::Return::CLAIM ? window.claim_days : window.return_days;
  const absl::Status in_time =
      CheckWindow(request, request.window_days() > 0 ? request.window_days() : usual, edit.now(), order);
  if (!in_time.ok() && request.override_reason().empty()) return in_time;
  if (!in_time.ok()) ret.set_override_reason(request.override_reason());
  ret.set_state(v1::Return::REQUESTED);
  ret.set_open(true);
  ret.set_source_order(order.name());
  ret.set_customer(order.customer());
  ret.set_currency(order.currency());
  ret.set_carrier(request.carrier());
  ret.set_tracking_number(request.tracking_number());
  ZeroMoney(order.currency(), ret);
  for (const auto& wanted : request.lines()) {
    const OrderLine& line = *FindLine(order, wanted.order_line());
    v1::Return::Item& item = *ret.add_items();
    item.set_number(ret.items_size());
    item.set_order_line(line.number());
    item.set_sku(line.sku());
    item.set_title(line.title());
    item.set_reason(wanted.reason());
    item.set_comment(wanted.comment());
    item.set_requested_quantity(wanted.quantity());
    item.set_open_quantity(wanted.quantity());
    RETURN_IF_ERROR(Announce(edit, line.number(), wanted.quantity()));
  }
  if (!request.note().empty() || !request.media().empty()) {
    RETURN_IF_ERROR(AddReturnNote(request.note(), request.media(), edit.actor(), edit.now(), ret));
  }
  return ret;
}

absl::Status ApproveReturn(const v1::ApproveReturnRequest& request, ReturnEdit edit) {
  v1::Return& ret = edit.ret;
  const bool claim = ret.kind() == v1::Return::CLAIM;
  const bool decided = request.remedy() != v1::Return::REMEDY_UNSPECIFIED;
  if (claim && !decided) return InvalidField("remedy", "is required of a claim");
  if (!claim && decided) return InvalidField("remedy", "is for claims only");
  ASSIGN_OR_RETURN(const auto quantities, ApprovedQuantities(request, ret));
  const bool goods = !claim || request.remedy() == v1::Return::GOODS_BACK;
  RETURN_IF_ERROR(Act(goods ? ReturnAction::kApprove : ReturnAction::kAccept, ret));
  for (v1::Return::Item& item : *ret.mutable_items()) {
    const int64_t approved = quantities.at(item.number());
    RETURN_IF_ERROR(Announce(edit.order, item.order_line(), approved - item.requested_quantity()));
    item.set_approved_quantity(approved);
    item.set_open_quantity(approved);
  }
  ret.set_remedy(request.remedy());
  const bool stated = !request.location().empty();
  if (goods) ret.set_location(stated ? request.location() : SendingLocation(edit.order.order(), ret));
  ret.set_decision_reason(request.reason());
  *ret.mutable_decide_time() = ToTimestamp(edit.order.now());
  return absl::OkStatus();
}

std::string SendingLocation(const Order& order, const v1::Return& ret) {
  for (int i = order.fulfillments_size(); i > 0; --i) {
    const OrderFulfillment& fulfillment = order.fulfillments(i - 1);
    if (!HasLeft(fulfillment)) continue;
    for (const v1::Return::Item& item : ret.items()) {
      if (HasLine(fulfillment, item.order_line())) return fulfillment.location();
    }
  }
  return "";
}

absl::Status EndReturn(const std::string& reason, ReturnEdit edit) {
  RETURN_IF_ERROR(GiveUpClaim(edit));
  for (v1::Return::Item& item : *edit.ret.mutable_items()) {
    if (item.open_quantity() == 0) continue;
    RETURN_IF_ERROR(Announce(edit.order, item.order_line(), -item.open_quantity()));
    item.set_open_quantity(0);
  }
  edit.ret.set_decision_reason(reason);
  *edit.ret.mutable_end_time() = ToTimestamp(edit.order.now());
  return absl::OkStatus();
}

absl::Status ConcludePieces(ReturnEdit edit) {
  const bool settles = edit.ret.state() == v1::Return::ACCEPTED;
  for (v1::Return::Item& item : *edit.ret.mutable_items()) {
    const int64_t pieces = item.open_quantity();
    if (pieces == 0) continue;
    RETURN_IF_ERROR(Announce(edit.order, item.order_line(), -pieces));
    item.set_open_quantity(0);
    if (!settles) continue;
    ASSIGN_OR_RETURN(const LineFacts facts, FactsOf(edit.order.order(), item.order_line()));
    SetMinor(Minor(item.value()) + RefundFor(facts, pieces), edit.ret.currency(), item.mutable_value());
    RETURN_IF_ERROR(NoteClaimed(edit.order, item.order_line(), pieces));
    item.set_settled_quantity(item.settled_quantity() + pieces);
  }
  return absl::OkStatus();
}

std::vector<RefundPart> RefundShares(const Order& order, const v1::Return& ret) {
  std::vector<RefundPart> shares;
  // What was given already was for the first items.
  int64_t given = Minor(ret.refunded()) + Minor(ret.exchanged());
  for (const v1::Return::Item& item : ret.items()) {
    const int64_t before = std::min(given, Minor(item.value()));
    given -= before;
    int64_t share = Minor(item.value()) - before;
    const auto facts = FactsOf(order, item.order_line());
    if (facts.ok()) share = std::min(share, facts->paid_minor - facts->refunded_minor);
    if (share > 0) shares.push_back({item.order_line(), share});
  }
  return shares;
}

int64_t Proposed(const Order& order, const v1::Return& ret) {
  int64_t amount = 0;
  for (const RefundPart& share : RefundShares(order, ret)) amount += share.amount_minor;
  return amount;
}

int64_t OpenValue(const Order& order, const v1::Return& ret) {
  int64_t value = 0;
  for (const v1::Return::Item& item : ret.items()) {
    const auto facts = FactsOf(order, item.order_line());
    if (facts.ok()) value += RefundFor(*facts, item.open_quantity());
  }
  return value;
}

void ShowRefundable(const Order& order, v1::Return& ret) {
  const bool over = !ret.open() || ret.state() == v1::Return::REFUNDING;
  int64_t amount = over ? 0 : Proposed(order, ret);
  if (ret.state() == v1::Return::ACCEPTED) amount += OpenValue(order, ret);
  SetMinor(amount, ret.currency(), ret.mutable_refundable());
}

absl::Status AddReturnNote(const std::string& text, const google::protobuf::RepeatedPtrField<std::string>& media,
                           const std::string& author, absl::Time now, v1::Return& ret) {
  if (ret.notes_size() >= kMaxReturnNotes) {
    return PreconditionFailed("TOO_MANY_NOTES", ret.name(),
                              absl::StrCat("a return has at most ", kMaxReturnNotes, " notes"));
  }
  v1::Return::Note& note = *ret.add_notes();
  note.set_text(text);
  *note.mutable_media() = media;
  note.set_author(author);
  *note.mutable_create_time() = ToTimestamp(now);
  return absl::OkStatus();
}

}  // namespace storeops::inventory
