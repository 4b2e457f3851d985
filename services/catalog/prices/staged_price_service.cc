#include "services/catalog/prices/staged_price_service.h"

#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "services/catalog/prices/price_messages.h"
#include "services/catalog/prices/staged_price_store.h"

namespace storeops::catalog {
namespace {

using google::protobuf::Message;
using v1::StagedPriceChange;

constexpr absl::Duration kLookInterval = absl::Seconds(1);
constexpr absl::Duration kApplyLimit = absl::Seconds(30);
constexpr int kMaxDueAtOnce = 20;
constexpr size_t kMaxFailure = 2000;

std::vector<PriceEdit> ToEdits(const StagedPriceChange& change) {
  std::vector<PriceEdit> edits;
  for (const v1::StagedPriceEdit& edit : change.edits()) {
    PriceEdit one;
    one.field = absl::StrCat("edits[", edits.size(), "]");
    one.place = ToPlace(edit);
    one.end = EndMicros(edit.has_end_time(), edit.end_time());
    if (edit.has_price()) one.price = edit.price();
    edits.push_back(std::move(one));
  }
  return edits;
}

// Whether trying again later cannot help.
bool IsFinal(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) || absl::IsFailedPrecondition(status);
}

rpc::Call ServiceCall(absl::Time deadline) {
  rpc::Call call;
  call.principal.name = "services/catalog";
  call.deadline = deadline;
  return call;
}

absl::Status CheckEdits(const StagedPriceChange& change) {
  std::vector<FieldViolation> violations;
  absl::btree_map<PricePlace, int> seen;
  for (int i = 0; i < change.edits_size(); ++i) {
    const std::string field = absl::StrCat("edits[", i, "]");
    CheckPriceTimes(change.edits(i), field + ".", violations);
    const auto [first, fresh] = seen.try_emplace(ToPlace(change.edits(i)), i);
    if (!fresh) violations.push_back({field, absl::StrCat("repeats edits[", first->second, "]")});
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

}  // namespace

// Before the transaction: what is in one must not wait for a second connection.
absl::Status StagedPriceService::CheckSkus(const StagedPriceChange& change, absl::Time deadline) {
  std::vector<std::string> skus;
  for (const v1::StagedPriceEdit& edit : change.edits()) skus.push_back(edit.sku());
  if (skus.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto products, products_.products().FindByKey("sku", skus, deadline));
  std::vector<FieldViolation> violations;
  for (int i = 0; i < change.edits_size(); ++i) {
    if (products[i] != 0 || !change.edits(i).has_price()) continue;
    violations.push_back(
        {absl::StrCat("staged_price_change.edits[", i, "].sku"), "no product has a variant with this SKU"});
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

absl::StatusOr<StagedPriceChange> StagedPriceService::Create(rpc::Call& call,
                                                             const v1::CreateStagedPriceChangeRequest& request) {
  RETURN_IF_ERROR(CheckSkus(request.staged_price_change(), call.deadline));
  StagedPriceChange response;
  RETURN_IF_ERROR(changes_->Create(call, request, &response));
  return response;
}

absl::StatusOr<StagedPriceChange> StagedPriceService::Update(rpc::Call& call,
                                                             const v1::UpdateStagedPriceChangeRequest& request) {
  RETURN_IF_ERROR(CheckSkus(request.staged_price_change(), call.deadline));
  StagedPriceChange response;
  RETURN_IF_ERROR(changes_->Update(call, request, &response));
  return response;
}

resource::Hooks StagedPriceService::MakeHooks() {
  resource::Hooks hooks;
  hooks.before_write = [](resource::Write&, const Message* before_message, Message* after_message) -> absl::Status {
    const auto* before = static_cast<const StagedPriceChange*>(before_message);
    auto& after = static_cast<StagedPriceChange&>(*after_message);
    if (before == nullptr) {
      after.set_state(StagedPriceChange::DRAFT);
    } else if (before->state() != after.state()) {
      return absl::OkStatus();  // an action, which changes nothing that is checked here
    } else {
      RETURN_IF_ERROR(kStagedPriceStates.Check(*before, StagedPriceAction::kUpdate));
    }
    return CheckEdits(after);
  };
  return hooks;
}

StagedPriceService::StagedPriceService(Environment& environment, ProductService& products, PriceWriter& writer)
    : environment_(environment),
      products_(products),
      writer_(writer),
      poller_(
          "staged prices", kLookInterval,
          [this]() -> absl::StatusOr<bool> {
            RETURN_IF_ERROR(ApplyDue(SteadyNow() + kApplyLimit).status());
            return false;
          },
          environment_.store.clock) {}

absl::Status StagedPriceService::Bind(rpc::ServiceBuilder& service) {
  ASSIGN_OR_RETURN(changes_, resource::Resource::Open(environment_.store, environment_.page_tokens,
                                                      StagedPriceChange::default_instance(), MakeHooks()));
  service.Unary("CreateStagedPriceChange", this, &StagedPriceService::Create)
      .Unary("UpdateStagedPriceChange", this, &StagedPriceService::Update)
      .Unary("SubmitStagedPriceChange", this, &StagedPriceService::Submit)
      .Unary("ApproveStagedPriceChange", this, &StagedPriceService::Approve)
      .Unary("RejectStagedPriceChange", this, &StagedPriceService::Reject)
      .Unary("ReopenStagedPriceChange", this, &StagedPriceService::Reopen)
      .Unary("ApplyStagedPriceChange", this, &StagedPriceService::Apply)
      .Unary("CancelStagedPriceChange", this, &StagedPriceService::Cancel);
  changes_->Bind(service);
  return absl::OkStatus();
}

absl::StatusOr<resource::Page::Item> StagedPriceService::ActIn(resource::Write& write, resource::Page::Item before,
                                                               StagedPriceAction action, const Effect& effect) {
  const auto& present = static_cast<const StagedPriceChange&>(*before.message);
  auto after = std::make_unique<StagedPriceChange>(present);
  RETURN_IF_ERROR(kStagedPriceStates.Move(action, *after));
  if (effect) RETURN_IF_ERROR(effect(write, *after));
  return changes_->Replace(write, before, std::move(after));
}

absl::StatusOr<StagedPriceChange> StagedPriceService::Act(rpc::Call& call, const std::string& name,
                                                          const std::string& etag, StagedPriceAction action,
                                                          const Effect& effect) {
  ASSIGN_OR_RETURN(const int64_t id, changes_->ParseName(name, "name"));
  StagedPriceChange response;
  RETURN_IF_ERROR(resource::RunWrite(environment_.store, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(auto before, changes_->Read(write.session(), id, /*lock=*/true));
    const std::string current = static_cast<const StagedPriceChange&>(*before.message).etag();
    if (!etag.empty() && etag != current) return EtagMismatch(changes_->type(), name, current);
    ASSIGN_OR_RETURN(auto after, ActIn(write, std::move(before), action, effect));
    response.Swap(static_cast<StagedPriceChange*>(after.message.get()));
    return absl::OkStatus();
  }));
  return response;
}

absl::Status StagedPriceService::WriteEdits(resource::Write& write, StagedPriceChange& after) {
  *after.mutable_applied_time() = ToTimestamp(write.now());
  return writer_.Apply(write, ToEdits(after), after.name()).status();
}

absl::StatusOr<StagedPriceChange> StagedPriceService::Submit(rpc::Call& call,
                                                             const v1::SubmitStagedPriceChangeRequest& request) {
  return Act(call, request.name(), request.etag(), StagedPriceAction::kSubmit,
             [](resource::Write&, StagedPriceChange& after) {
               after.clear_rejection_reason();
               return absl::OkStatus();
             });
}

absl::StatusOr<StagedPriceChange> StagedPriceService::Approve(rpc::Call& call,
                                                              const v1::ApproveStagedPriceChangeRequest& request) {
  return Act(call, request.name(), request.etag(), StagedPriceAction::kApprove,
             [&](resource::Write&, StagedPriceChange& after) {
               after.set_approver(call.principal.name);
               return absl::OkStatus();
             });
}

absl::StatusOr<StagedPriceChange> StagedPriceService::Reject(rpc::Call& call,
                                                             const v1::RejectStagedPriceChangeRequest& request) {
  return Act(call, request.name(), request.etag(), StagedPriceAction::kReject,
             [&](resource::Write&, StagedPriceChange& after) {
               after.set_rejection_reason(request.reason());
               return absl::OkStatus();
             });
}

absl::StatusOr<StagedPriceChange> StagedPriceService::Reopen(rpc::Call& call,
                                                             const v1::ReopenStagedPriceChangeRequest& request) {
  return Act(call, request.name(), request.etag(), StagedPriceAction::kReopen,
             [](resource::Write&, StagedPriceChange& after) {
               after.clear_approver();
               after.clear_failure();
               return absl::OkStatus();
             });
}

absl::StatusOr<StagedPriceChange> StagedPriceService::Apply(rpc::Call& call,
                                                            const v1::ApplyStagedPriceChangeRequest& request) {
  return Act(call, request.name(), request.etag(), StagedPriceAction::kApply,
             [this](resource::Write& write, StagedPriceChange& after) { return WriteEdits(write, after); });
}

absl::StatusOr<StagedPriceChange> StagedPriceService::Cancel(rpc::Call& call,
                                                             const v1::CancelStagedPriceChangeRequest& request) {
  return Act(call, request.name(), request.etag(), StagedPriceAction::kCancel, nullptr);
}

absl::StatusOr<bool> StagedPriceService::ApplyOne(int64_t id, absl::Time deadline) {
  bool applied = false;
  StagedPriceChange ignored;
  RETURN_IF_ERROR(resource::RunWrite(
      environment_.store, ServiceCall(deadline), &ignored, [&](resource::Write& write) -> absl::Status {
        applied = false;
        ASSIGN_OR_RETURN(auto before, changes_->Read(write.session(), id, /*lock=*/true));
        const auto& present = static_cast<const StagedPriceChange&>(*before.message);
        const bool due = present.state() == StagedPriceChange::APPROVED && present.has_apply_time() &&
                         FromTimestamp(present.apply_time()) <= write.now();
        if (!due) return absl::OkStatus();  // somebody else was faster
        RETURN_IF_ERROR(ActIn(write, std::move(before), StagedPriceAction::kApplyDue,
                              [this](resource::Write& w, StagedPriceChange& after) { return WriteEdits(w, after); })
                            .status());
        applied = true;
        return absl::OkStatus();
      }));
  return applied;
}

absl::Status StagedPriceService::FailOne(int64_t id, const absl::Status& why, absl::Time deadline) {
  StagedPriceChange ignored;
  return resource::RunWrite(
      environment_.store, ServiceCall(deadline), &ignored, [&](resource::Write& write) -> absl::Status {
        ASSIGN_OR_RETURN(auto before, changes_->Read(write.session(), id, /*lock=*/true));
        const auto state = static_cast<const StagedPriceChange&>(*before.message).state();
        if (state != StagedPriceChange::APPROVED) return absl::OkStatus();
        return ActIn(write, std::move(before), StagedPriceAction::kFail,
                     [&](resource::Write&, StagedPriceChange& after) {
                       after.set_failure(std::string(TruncateCodePoints(DescribeStatus(why), kMaxFailure)));
                       return absl::OkStatus();
                     })
            .status();
      });
}

absl::StatusOr<int> StagedPriceService::ApplyDue(absl::Time deadline) {
  ASSIGN_OR_RETURN(const auto ids, FindDueStagedPrices(environment_.store.database, environment_.store.clock.Now(),
                                                       kMaxDueAtOnce, deadline));
  int applied = 0;
  for (const int64_t id : ids) {
    const absl::StatusOr<bool> one = ApplyOne(id, deadline);
    if (one.ok()) {
      applied += *one;
      continue;
    }
    if (!IsFinal(one.status())) return one.status();
    RETURN_IF_ERROR(FailOne(id, one.status(), deadline));
  }
  return applied;
}

}  // namespace storeops::catalog
