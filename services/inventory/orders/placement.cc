#include "services/inventory/orders/placement.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "services/inventory/orders/fraud_hints.h"
#include "services/inventory/orders/line_allocation.h"
#include "services/inventory/orders/order_draft.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_totals.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::PlaceOrderRequest;

absl::Status CheckWanted(const rpc::Call& call) {
  if (call.Cancelled()) return WithReason(absl::CancelledError("the caller has gone"), "CANCELLED");
  if (SteadyNow() < call.deadline) return absl::OkStatus();
  return WithReason(absl::DeadlineExceededError("the deadline has passed while the order waited for a quote"),
                    "DEADLINE_EXCEEDED");
}

absl::Status ReferenceTaken(const std::string& reference) {
  return ResourceExists(kOrderType, reference, absl::StrCat("an order has the external_reference \"", reference, "\""));
}

}  // namespace

void Placement::Bind(Environment& environment, rpc::ServiceBuilder& service) {
  environment_ = &environment;
  prices_ = std::make_unique<OrderPrices>(environment.store.database, environment.peer);
  const auto write = [this](absl::Span<Member* const> members, absl::Time deadline) { Place(members, deadline); };
  group_ = std::make_unique<resource::CommitGroup>(
      resource::CommitGroup::Options{.write = write, .alone = nullptr, .replays = &environment.replays});
  quoting_.Bind(environment, *prices_);
  constexpr char kMethod[] = "PlaceOrder";
  service
      .UnaryRaw(kMethod,
                [this](rpc::Call& call, const google::protobuf::Message& message) -> absl::StatusOr<rpc::Reply> {
                  const auto& request = static_cast<const PlaceOrderRequest&>(message);
                  if (quoting_.Applies(request)) return PlaceQuoted(call, request);
                  auto order = std::make_unique<Order>();
                  RETURN_IF_ERROR(group_->Run(call, request, order.get()));
                  return rpc::Reply(std::move(order));
                })
      .JoinRaw(kMethod, [this](rpc::Call& call, const google::protobuf::Message& message, WorkerPool& workers,
                               rpc::ReplyCallback done) {
        const auto& request = static_cast<const PlaceOrderRequest&>(message);
        if (quoting_.Applies(request)) return JoinQuoted(call, request, std::move(done));
        return group_->Join(call, request, std::make_unique<Order>(), workers, std::move(done));
      });
}

absl::StatusOr<rpc::Reply> Placement::PlaceQuoted(const rpc::Call& call, const PlaceOrderRequest& request) {
  ASSIGN_OR_RETURN(const QuotedOrder quoted, quoting_.Prepare(call, request));
  auto order = std::make_unique<Order>();
  const absl::Status status = group_->Run(call, request, order.get(), &quoted);
  // A repetition may get the answer that another try of the request has stored.
  quoting_.Conclude(quoted, status.ok() && order->name() == kOrderNames.Format(quoted.id));
  RETURN_IF_ERROR(status);
  return rpc::Reply(std::move(order));
}

absl::Status Placement::JoinQuoted(const rpc::Call& call, const PlaceOrderRequest& request, rpc::ReplyCallback done) {
  return quoting_.Submit([this, &call, &request, done = std::move(done)]() mutable {
    const auto place = [&]() -> absl::StatusOr<rpc::Reply> { return PlaceQuoted(call, request); };
    const auto answer = [&]() -> absl::StatusOr<rpc::Reply> {
      RETURN_IF_ERROR(CheckWanted(call));
      return call.replay.has_value() ? environment_->replays.AnswerOnce(call, place) : place();
    };
    std::move(done)(answer());
  });
}

void Placement::Place(absl::Span<Member* const> members, absl::Time deadline) {
  std::vector<Draft> drafts = Prepare(members, deadline);
  for (const Draft& draft : drafts) draft.member->status = draft.status;
  std::erase_if(drafts, [](const Draft& draft) { return !draft.status.ok(); });
  if (drafts.empty()) return;
  std::vector<Member*> placed;
  for (const Draft& draft : drafts) placed.push_back(draft.member);
  resource::CommitMembers(environment_->store, kOrderIdKind, placed, deadline,
                          [&](db::Session& session) { return Write(session, drafts); });
  absl::Status& status = placed[0]->status;
  if (placed.size() == 1 && db::DuplicateKey(status) == "by_external_reference") {
    status = ReferenceTaken(drafts[0].order.external_reference());
  }
}

std::vector<Placement::Draft> Placement::Prepare(absl::Span<Member* const> members, absl::Time deadline) const {
  std::vector<Draft> drafts(members.size());
  std::vector<Draft*> unpriced;
  std::vector<PriceInquiry> inquiries;
  for (size_t i = 0; i < members.size(); ++i) {
    Draft& draft = drafts[i];
    draft.member = members[i];
    draft.request = static_cast<const PlaceOrderRequest*>(&members[i]->request);
    if (const auto* quoted = static_cast<const QuotedOrder*>(members[i]->prepared)) {
      draft.reserved = quoted->reserved();
      draft.order = quoted->order;
      continue;
    }
    auto order = DraftOrder(*members[i]->call, *draft.request);
    draft.status = order.status();
    if (order.ok()) draft.order = *std::move(order);
    unpriced.push_back(&draft);
    inquiries.push_back({&draft.order, draft.request->customer_group(), draft.status});
  }
  prices_->Resolve(deadline, absl::MakeSpan(inquiries));
  for (size_t i = 0; i < unpriced.size(); ++i) {
    Draft& draft = *unpriced[i];
    draft.status = inquiries[i].status;
    if (draft.status.ok()) draft.status = ComputeTotals(draft.order);
  }
  CountRecent(drafts, deadline);
  return drafts;
}

void Placement::CountRecent(std::vector<Draft>& drafts, absl::Time deadline) const {
  std::vector<std::string> customers;
  for (const Draft& draft : drafts) {
    if (draft.status.ok() && !draft.order.customer().empty()) customers.push_back(draft.order.customer());
  }
  std::sort(customers.begin(), customers.end());
  customers.erase(std::unique(customers.begin(), customers.end()), customers.end());
  if (customers.empty()) return;
  auto counts = CountRecentOrders(environment_->store.database, customers,
                                  environment_->store.clock.Now() - kVelocityWindow, deadline);
  // A hint: orders are not refused for want of it, but the database is missed soon enough.
  if (!counts.ok()) return;
  for (Draft& draft : drafts) {
    if (draft.status.ok() && !draft.order.customer().empty()) {
      draft.recent_orders = (*counts)[draft.order.customer()]++;
    }
  }
}

absl::Status Placement::RefuseTaken(db::Session& session, std::vector<Draft>& drafts) const {
  std::vector<std::string> references;
  for (const Draft& draft : drafts) {
    if (!draft.order.external_reference().empty()) references.push_back(draft.order.external_reference());
  }
  if (references.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto taken, FindByReference(session, references));
  std::set<std::string> seen;
  for (Draft& draft : drafts) {
    const std::string& reference = draft.order.external_reference();
    if (reference.empty()) continue;
    if (taken.contains(reference) || !seen.insert(reference).second) {
      draft.member->status = ReferenceTaken(reference);
    }
  }
  return absl::OkStatus();
}

absl::Status Placement::Write(db::Session& session, std::vector<Draft>& drafts) const {
  RETURN_IF_ERROR(RefuseTaken(session, drafts));
  ASSIGN_OR_RETURN(const std::vector<ShippingLocation> locations, ReadShippingLocations(session));
  std::vector<std::string> skus;
  for (const Draft& draft : drafts) {
    for (const v1::OrderLine& line : draft.order.lines()) skus.push_back(line.sku());
  }
  ASSIGN_OR_RETURN(LockedStock stock, ledger_.Lock(session, drafts.front().member->write->now(), skus));
  std::vector<StoredOrder> placed;
  placed.reserve(drafts.size());
  std::vector<int64_t> reserved;
  resource::Write* first = nullptr;
  for (Draft& draft : drafts) {
    Member& member = *draft.member;
    if (!member.status.ok()) continue;
    StoredOrder stored{member.id, 1, draft.order};
    std::vector<WantedForLine> wanted;
    for (int i = 0; i < stored.order.lines_size(); ++i) {
      wanted.push_back({i, stored.order.lines(i).quantity(), absl::StrCat("lines[", i, "]")});
    }
    std::vector<Movement> movements;
    member.status =
        AllocateLines(stock, locations, draft.request->strategy(), std::move(wanted), stored.order, movements);
    if (member.status.ok())
      member.status = ledger_.Apply(stock, movements, MakeCause(*member.write, kOrderNames.Format(member.id)));
    if (!member.status.ok()) continue;
    if (first == nullptr) first = member.write.get();
    SetBookkeeping(stored.id, stored.version, stored.order);
    Begin(*draft.request, FindFraudHints(stored.order, draft.recent_orders), member.call->principal.name,
          member.write->now(), stored.order);
    placed.push_back(std::move(stored));
    if (draft.reserved) reserved.push_back(member.id);
    member.write->Record(member.id, 1, changes::Change::CREATED, nullptr, placed.back().order);
    static_cast<Order*>(member.response)->CopyFrom(placed.back().order);
  }
  if (placed.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(quoting_.Place(session, reserved));
  RETURN_IF_ERROR(ledger_.Store(*first, std::move(stock)).status());
  std::vector<const StoredOrder*> orders;
  for (const StoredOrder& stored : placed) orders.push_back(&stored);
  return InsertOrders(session, orders);
}

}  // namespace storeops::inventory
