#include "services/inventory/orders/placement.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
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

constexpr char kIdKind[] = "order";

absl::Status ReferenceTaken(const std::string& reference) {
  return ResourceExists(kOrderType, reference, absl::StrCat("an order has the external_reference \"", reference, "\""));
}

}  // namespace

void Placement::Bind(Environment& environment, rpc::ServiceBuilder& service) {
  environment_ = &environment;
  prices_ = std::make_unique<OrderPrices>(environment.peer);
  service.Unary("PlaceOrder", this, &Placement::PlaceOne)
      .JoinRaw("PlaceOrder", [this](rpc::Call& call, const google::protobuf::Message& request,
                                    rpc::ReplyCallback& done) { return TryJoin(call, request, done); });
}

absl::StatusOr<Order> Placement::PlaceOne(rpc::Call& call, const PlaceOrderRequest& request) {
  Order response;
  Member member(call, request, &response);
  group_.Run(member);
  RETURN_IF_ERROR(Conclude(member));
  return response;
}

bool Placement::TryJoin(rpc::Call& call, const google::protobuf::Message& request, rpc::ReplyCallback& done) {
  struct Joined {
    Joined(const rpc::Call& call, const google::protobuf::Message& request)
        : response(std::make_unique<Order>()), member(call, request, response.get()) {}
    std::unique_ptr<Order> response;
    Member member;
    rpc::ReplyCallback done;
  };
  auto place = std::make_unique<Joined>(call, request);
  place->done = std::move(done);
  place->member.done = [this, kept = place.get()] {
    const std::unique_ptr<Joined> joined(kept);
    const absl::Status status = Conclude(joined->member);
    std::move(joined->done)(status.ok() ? absl::StatusOr<rpc::Reply>(std::move(joined->response)) : status);
  };
  if (group_.TryJoin(place->member)) {
    place.release();
    return true;
  }
  done = std::move(place->done);
  return false;
}

absl::Status Placement::Conclude(Member& member) {
  if (std::exchange(member.alone, false)) {
    Member* const only[] = {&member};
    Place(only);
  }
  return resource::Conclude(environment_->store, member.part);
}

void Placement::Place(absl::Span<Member* const> members) {
  absl::Time deadline = absl::InfiniteFuture();
  for (const Member* member : members) deadline = std::min(deadline, member->part.call->deadline);
  std::vector<Draft> drafts = Prepare(members, deadline);
  std::vector<resource::JointWrite*> writes;
  for (Draft& draft : drafts) {
    if (draft.status.ok()) writes.push_back(&draft.member->part);
    draft.member->part.status = draft.status;
  }
  std::erase_if(drafts, [](const Draft& draft) { return !draft.status.ok(); });
  if (drafts.empty()) return;
  const auto run = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<int64_t> ids,
                     environment_->store.ids.Take(kIdKind, static_cast<int>(drafts.size()), deadline));
    for (size_t i = 0; i < drafts.size(); ++i) drafts[i].id = ids[i];
    return resource::CommitTogether(environment_->store, writes, deadline, [&] { return Write(drafts); });
  };
  const absl::Status status = run();
  if (status.ok()) return;
  for (Draft& draft : drafts) {
    resource::JointWrite& part = draft.member->part;
    part.status = db::DuplicateKey(status) == "by_external_reference" && drafts.size() == 1
                      ? ReferenceTaken(draft.order.external_reference())
                      : status;
    // A database that cannot be reached, or did not say whether it committed, is the answer for all.
    draft.member->alone = drafts.size() > 1 && !absl::IsUnavailable(status);
  }
}

std::vector<Placement::Draft> Placement::Prepare(absl::Span<Member* const> members, absl::Time deadline) const {
  std::vector<Draft> drafts(members.size());
  std::vector<PriceInquiry> inquiries;
  for (size_t i = 0; i < members.size(); ++i) {
    Draft& draft = drafts[i];
    draft.member = members[i];
    draft.request = static_cast<const PlaceOrderRequest*>(&members[i]->request);
    auto order = DraftOrder(*members[i]->part.call, *draft.request);
    draft.status = order.status();
    if (order.ok()) draft.order = *std::move(order);
    inquiries.push_back({&draft.order, draft.request->customer_group(), draft.status});
  }
  prices_->Resolve(deadline, absl::MakeSpan(inquiries));
  for (size_t i = 0; i < drafts.size(); ++i) {
    Draft& draft = drafts[i];
    draft.status = inquiries[i].status;
    if (draft.status.ok()) draft.status = quotes_.Quote(deadline, draft.order);
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
      draft.member->part.status = ReferenceTaken(reference);
    }
  }
  return absl::OkStatus();
}

absl::Status Placement::Write(std::vector<Draft>& drafts) const {
  db::Session& session = drafts[0].member->part.write->session();
  RETURN_IF_ERROR(RefuseTaken(session, drafts));
  ASSIGN_OR_RETURN(const std::vector<ShippingLocation> locations, ReadShippingLocations(session));
  std::vector<std::string> skus;
  for (const Draft& draft : drafts) {
    for (const v1::OrderLine& line : draft.order.lines()) skus.push_back(line.sku());
  }
  ASSIGN_OR_RETURN(LockedStock stock, ledger_.Lock(session, skus));
  std::vector<StoredOrder> placed;
  placed.reserve(drafts.size());
  resource::Write* first = nullptr;
  for (Draft& draft : drafts) {
    resource::JointWrite& part = draft.member->part;
    if (!part.status.ok()) continue;
    StoredOrder stored{draft.id, 1, draft.order};
    std::vector<WantedForLine> wanted;
    for (int i = 0; i < stored.order.lines_size(); ++i) {
      wanted.push_back({i, stored.order.lines(i).quantity(), absl::StrCat("lines[", i, "]")});
    }
    std::vector<Movement> movements;
    part.status =
        AllocateLines(stock, locations, draft.request->strategy(), std::move(wanted), stored.order, movements);
    if (part.status.ok())
      part.status = ledger_.Apply(stock, movements, MakeCause(*part.write, kOrderNames.Format(draft.id)));
    if (!part.status.ok()) continue;
    if (first == nullptr) first = part.write.get();
    SetBookkeeping(stored.id, stored.version, stored.order);
    Begin(*draft.request, FindFraudHints(stored.order, draft.recent_orders), part.call->principal.name,
          part.write->now(), stored.order);
    placed.push_back(std::move(stored));
    part.write->Record(draft.id, 1, changes::Change::CREATED, nullptr, placed.back().order);
    static_cast<Order*>(part.response)->CopyFrom(placed.back().order);
  }
  if (placed.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(ledger_.Store(*first, std::move(stock)).status());
  std::vector<const StoredOrder*> orders;
  for (const StoredOrder& stored : placed) orders.push_back(&stored);
  return InsertOrders(session, orders);
}

}  // namespace storeops::inventory
