#include "services/inventory/planning/planning_service.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/list_cost.h"
#include "services/inventory/planning/planning_messages.h"
#include "services/inventory/planning/planning_states.h"
#include "services/inventory/stock/refusals.h"

namespace storeops::inventory {
namespace {

using google::protobuf::Message;
using v1::PlanningSetting;
using v1::Replenishment;

constexpr char kService[] = "storeops.inventory.v1.PlanningService";
constexpr int kSettingsAtOnce = 500;
constexpr int kDefaultDismissDays = 7;

std::vector<db::Value> KeysOf(const PlanPlace& place) {
  return {place.run_id, place.rank, place.amount_minor, place.number};
}

std::optional<PlanPlace> ToPlace(const resource::ListPage& page) {
  if (page.first()) return std::nullopt;
  return PlanPlace{page.Number(0), page.Number(1), page.Number(2), page.Number(3)};
}

std::string AcceptanceField(int index) { return absl::StrCat("acceptances[", index, "]"); }

absl::Status Outdated(const std::string& name, int64_t current) {
  return PreconditionFailed("PLAN_OUTDATED", name, absl::StrCat("the newest plan is ", kRunNames.Format(current)));
}

// Which suggestion each acceptance is, or why it cannot be.
absl::StatusOr<std::vector<PlanItem*>> MatchAcceptances(const v1::AcceptReplenishmentRequest& request,
                                                        std::vector<PlanItem>& items) {
  absl::flat_hash_map<int64_t, PlanItem*> by_number;
  for (PlanItem& item : items) by_number[item.number] = &item;
  std::vector<PlanItem*> matched;
  absl::Status refusal;
  std::vector<FieldViolation> unknown, decided, unsold;
  absl::flat_hash_map<int64_t, int> seen;
  for (int i = 0; i < request.acceptances_size(); ++i) {
    const auto& acceptance = request.acceptances(i);
    const int64_t number = kReplenishmentNames.IdIn(acceptance.name());
    const auto found = by_number.find(number);
    if (found == by_number.end()) {
      unknown.push_back({AcceptanceField(i) + ".name", "there is no such suggestion"});
      continue;
    }
    if (!seen.emplace(number, i).second) unknown.push_back({AcceptanceField(i) + ".name", "is accepted twice"});
    const Replenishment& message = found->second->message;
    const absl::Status allowed = kReplenishmentStates.Check(message, ReplenishmentAction::kAccept);
    if (!allowed.ok()) {
      refusal.Update(allowed);
      decided.push_back({AcceptanceField(i), std::string(allowed.message())});
    } else if (message.supplier().empty()) {
      unsold.push_back({AcceptanceField(i), absl::StrCat("no supplier sells SKU \"", message.sku(), "\"")});
    } else if (!acceptance.has_quantity() && message.quantity() == 0) {
      unknown.push_back({AcceptanceField(i) + ".quantity", "is required: nothing is suggested"});
    }
    matched.push_back(found->second);
  }
  if (!unknown.empty()) return InvalidFields(unknown);
  if (!decided.empty()) return NameFields(refusal, decided);
  if (!unsold.empty()) return FailedFields(replenishment_states::kSold.reason, "replenishments", unsold);
  return matched;
}

const v1::PurchaseOrder* FindDraft(const std::vector<v1::PurchaseOrder>& drafts, const Replenishment& message) {
  for (const v1::PurchaseOrder& draft : drafts) {
    if (draft.supplier() != message.supplier() || draft.location() != message.location()) continue;
    for (const auto& item : draft.items()) {
      if (item.sku() == message.sku()) return &draft;
    }
  }
  return nullptr;
}

}  // namespace

absl::Status PlanningService::Bind(Environment& environment) {
  environment_ = &environment;
  ASSIGN_OR_RETURN(filters_, PlanFilters::Open(environment.store.database));
  RETURN_IF_ERROR(BindSettings());
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  settings_->Bind(service);
  RETURN_IF_ERROR(runner_.Bind(environment, service));
  forecaster_.Bind(environment, service);
  service.Unary("ListReplenishments", this, &PlanningService::ListReplenishments)
      .CostRaw("ListReplenishments", resource::ListCost(filters_.items, "run_id"))
      .Unary("AcceptReplenishment", this, &PlanningService::Accept)
      .Unary("DismissReplenishment", this, &PlanningService::Dismiss)
      .Unary("ListStockAlerts", this, &PlanningService::ListAlerts)
      .CostRaw("ListStockAlerts", resource::ListCost(filters_.alerts, "run_id"))
      .Unary("ClassifyItems", this, &PlanningService::Classify)
      .Replay(&environment.replays);
  return absl::OkStatus();
}

absl::Status PlanningService::BindSettings() {
  resource::Hooks hooks;
  hooks.create_uses_session = [](const Message& sent) {
    return !static_cast<const PlanningSetting&>(sent).location().empty();
  };
  hooks.before_write = [this](resource::Write& write, const Message*, Message* after) -> absl::Status {
    auto& setting = static_cast<PlanningSetting&>(*after);
    setting.set_scope(ScopeOf(setting.sku(), setting.location()));
    RETURN_IF_ERROR(CheckSetting(setting));
    if (setting.location().empty()) return absl::OkStatus();
    return locations_.Read(write.session(), setting.location(), "location", /*lock=*/false).status();
  };
  ASSIGN_OR_RETURN(settings_, resource::Resource::Open(environment_->store, environment_->page_tokens,
                                                       PlanningSetting::default_instance(), std::move(hooks)));
  return absl::OkStatus();
}

absl::StatusOr<PlanningSettings> PlanningService::LoadSettings(absl::Time deadline) const {
  PlanningSettings all;
  int64_t after = 0;
  while (true) {
    ASSIGN_OR_RETURN(const auto items, settings_->Scan(after, kSettingsAtOnce, /*deleted_too=*/false, deadline));
    for (const auto& item : items) all.Add(static_cast<const PlanningSetting&>(*item.message));
    if (items.size() < kSettingsAtOnce) return all;
    after = items.back().id;
  }
}

absl::StatusOr<PlanningService::Listed> PlanningService::FindListed(const Message& request, const std::string& run,
                                                                    absl::Time deadline) const {
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "nnnn"));
  Listed listed{page, ToPlace(page), {}, 0};
  // Later pages are of the run of the first one.
  int64_t run_id = listed.after.has_value() ? listed.after->run_id : 0;
  if (run_id == 0 && !run.empty()) {
    ASSIGN_OR_RETURN(run_id, kRunNames.ParseId(run, "run"));
  }
  ASSIGN_OR_RETURN(listed.run, runner_.Find(run_id, deadline));
  listed.run_id = kRunNames.IdIn(listed.run.name());
  return listed;
}

v1::PlanSource PlanningService::SourceOf(const v1::PlanningRun& run) const {
  v1::PlanSource source;
  source.set_run(run.name());
  *source.mutable_moment() = run.moment();
  *source.mutable_end_time() = run.end_time();
  const absl::Duration age = environment_->store.clock.Now() - FromTimestamp(run.start_time());
  *source.mutable_age() = ToDurationProto(std::max(age, absl::ZeroDuration()));
  return source;
}

absl::StatusOr<v1::ListReplenishmentsResponse> PlanningService::ListReplenishments(
    rpc::Call& call, const v1::ListReplenishmentsRequest& request) {
  ASSIGN_OR_RETURN(const Listed listed, FindListed(request, request.run(), call.deadline));
  ASSIGN_OR_RETURN(const auto condition, filters_.items.Compile(request.filter()));
  ASSIGN_OR_RETURN(const PlanOrder order, ParsePlanOrder(request.order_by()));
  ASSIGN_OR_RETURN(auto items,
                   ListPlanItems(environment_->store.database, listed.run_id, condition, !request.include_enough(),
                                 order, listed.after, listed.page.limit(), call.deadline));
  v1::ListReplenishmentsResponse response;
  *response.mutable_source() = SourceOf(listed.run);
  const auto keys_of = [&](const PlanItem& last) {
    return KeysOf({listed.run_id, last.message.urgency(), MinorOf(last.message.amount()), last.number});
  };
  listed.page.Close(items, keys_of, &response);
  for (PlanItem& item : items) *response.add_replenishments() = std::move(item.message);
  return response;
}

absl::StatusOr<v1::ListStockAlertsResponse> PlanningService::ListAlerts(rpc::Call& call,
                                                                        const v1::ListStockAlertsRequest& request) {
  ASSIGN_OR_RETURN(const Listed listed, FindListed(request, request.run(), call.deadline));
  ASSIGN_OR_RETURN(const auto condition, filters_.alerts.Compile(request.filter()));
  ASSIGN_OR_RETURN(auto alerts, ListPlanAlerts(environment_->store.database, listed.run_id, condition, listed.after,
                                               listed.page.limit(), call.deadline));
  v1::ListStockAlertsResponse response;
  *response.mutable_source() = SourceOf(listed.run);
  const auto keys_of = [&](const PlanAlert& last) {
    return KeysOf({listed.run_id, last.message.severity(), MinorOf(last.message.amount()), last.number});
  };
  listed.page.Close(alerts, keys_of, &response);
  for (PlanAlert& alert : alerts) *response.add_alerts() = std::move(alert.message);
  return response;
}

absl::StatusOr<v1::ClassifyItemsResponse> PlanningService::Classify(rpc::Call& call,
                                                                    const v1::ClassifyItemsRequest& request) {
  ASSIGN_OR_RETURN(const Listed listed, FindListed(request, request.run(), call.deadline));
  ASSIGN_OR_RETURN(
      auto items, ListClasses(environment_->store.database, listed.run_id, request,
                              listed.after.has_value() ? listed.after->number : 0, listed.page.limit(), call.deadline));
  v1::ClassifyItemsResponse response;
  *response.mutable_source() = SourceOf(listed.run);
  *response.mutable_totals() = listed.run.class_totals();
  const auto keys_of = [&](const v1::ItemClass& last) { return KeysOf({listed.run_id, 0, 0, last.rank()}); };
  listed.page.Close(items, keys_of, &response);
  for (v1::ItemClass& item : items) {
    const int64_t minor = item.revenue().units();
    item.clear_revenue();
    if (!listed.run.currency().empty()) *item.mutable_revenue() = MoneyFromMinor(minor, listed.run.currency());
    *response.add_items() = std::move(item);
  }
  return response;
}

absl::Status PlanningService::AcceptIn(resource::Write& write, const v1::AcceptReplenishmentRequest& request,
                                       v1::AcceptReplenishmentResponse& response) const {
  db::Session& session = write.session();
  ASSIGN_OR_RETURN(const CurrentPlan current, LockCurrent(session));
  std::vector<int64_t> numbers;
  for (int i = 0; i < request.acceptances_size(); ++i) {
    const std::string& name = request.acceptances(i).name();
    ASSIGN_OR_RETURN(const resource::NameIds ids, kReplenishmentNames.Parse(name, AcceptanceField(i) + ".name"));
    if (ids.parent != current.run_id) return Outdated(name, current.run_id);
    numbers.push_back(ids.id);
  }
  ASSIGN_OR_RETURN(std::vector<PlanItem> items, LockPlanItems(session, current.run_id, numbers));
  ASSIGN_OR_RETURN(const std::vector<PlanItem*> accepted, MatchAcceptances(request, items));
  std::vector<WantedPurchase> wanted;
  for (int i = 0; i < request.acceptances_size(); ++i) {
    Replenishment& message = accepted[i]->message;
    const auto& acceptance = request.acceptances(i);
    message.set_accepted_quantity(acceptance.has_quantity() ? acceptance.quantity() : message.quantity());
    wanted.push_back({message.supplier(), message.location(), message.sku(), message.accepted_quantity(),
                      absl::StrCat(message.name(), ": ", message.explanation()), ""});
  }
  ASSIGN_OR_RETURN(const std::vector<v1::PurchaseOrder> drafts, purchase_orders_.MakeDrafts(write, wanted));
  for (PlanItem* item : accepted) {
    Replenishment& message = item->message;
    const v1::PurchaseOrder* draft = FindDraft(drafts, message);
    if (draft == nullptr) return STOREOPS_BUG("a suggestion is in no draft");
    RETURN_IF_ERROR(kReplenishmentStates.Move(ReplenishmentAction::kAccept, message));
    message.set_purchase_order(draft->name());
    *message.mutable_decide_time() = ToTimestamp(write.now());
    message.set_decided_by(write.call().principal.name);
    RETURN_IF_ERROR(WriteDecision(session, current.run_id, *item, current.decisions + 1, absl::InfinitePast()));
    *response.add_replenishments() = message;
  }
  for (const v1::PurchaseOrder& draft : drafts) *response.add_purchase_orders() = draft;
  return CountDecision(session);
}

absl::StatusOr<v1::AcceptReplenishmentResponse> PlanningService::Accept(rpc::Call& call,
                                                                        const v1::AcceptReplenishmentRequest& request) {
  v1::AcceptReplenishmentResponse response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response,
                                     [&](resource::Write& write) { return AcceptIn(write, request, response); }));
  return response;
}

absl::StatusOr<Replenishment> PlanningService::Dismiss(rpc::Call& call,
                                                       const v1::DismissReplenishmentRequest& request) {
  ASSIGN_OR_RETURN(const resource::NameIds ids, kReplenishmentNames.Parse(request.name(), "name"));
  Replenishment response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response, [&](resource::Write& write) -> absl::Status {
    db::Session& session = write.session();
    ASSIGN_OR_RETURN(const CurrentPlan current, LockCurrent(session));
    if (ids.parent != current.run_id) return Outdated(request.name(), current.run_id);
    ASSIGN_OR_RETURN(std::vector<PlanItem> items, LockPlanItems(session, current.run_id, {ids.id}));
    if (items.empty()) return ResourceNotFound("inventory.storeops/Replenishment", request.name());
    Replenishment& message = items[0].message;
    RETURN_IF_ERROR(kReplenishmentStates.Move(ReplenishmentAction::kDismiss, message));
    message.set_decision_reason(request.reason());
    message.set_decided_by(call.principal.name);
    *message.mutable_decide_time() = ToTimestamp(write.now());
    const int days = request.days() == 0 ? kDefaultDismissDays : request.days();
    RETURN_IF_ERROR(
        WriteDecision(session, current.run_id, items[0], current.decisions + 1, write.now() + absl::Hours(24) * days));
    RETURN_IF_ERROR(CountDecision(session));
    response = message;
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace storeops::inventory
