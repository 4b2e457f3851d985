#include "services/catalog/listings/listing_workflow.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/catalog/listings/channel_listings.h"
#include "services/catalog/listings/listing_quality.h"

namespace storeops::catalog {
namespace {

using v1::Product;
using v1::ScheduledChange;

// The answer of a rule, which stays the same when it is asked again.
bool IsRefusal(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status);
}

absl::Status NotSound(const Product& product, const ListingIssues& issues) {
  std::string named;
  for (const v1::ListingIssue& issue : issues) {
    absl::StrAppend(&named, named.empty() ? "" : " ", v1::ListingIssue::Code_Name(issue.code()), " (", issue.field(),
                    "): ", issue.message().en());
  }
  return PreconditionFailed(listing_states::kSound.reason, product.name(),
                            absl::StrCat(product.name(), " cannot be published yet. ", named));
}

}  // namespace

void EnterState(Product::State state, absl::Time now, Product& product) {
  product.set_state(state);
  product.clear_publish_time();
  if (state == Product::PUBLISHED) *product.mutable_publish_time() = ToTimestamp(now);
  if (state == Product::IN_REVIEW) product.clear_rejection();
  if (state == Product::ARCHIVED) {
    product.clear_schedule();
    product.clear_schedule_failure();
    HideEverywhere(now, product);
  }
}

absl::Status ListingWorkflow::CheckSound(resource::Write& write, const Product& product) const {
  ListingIssues issues;
  if (product.product_type().empty()) {
    issues = FindBlockingIssues(product, nullptr);
  } else {
    ASSIGN_OR_RETURN(const v1::ProductType type, types_.Read(write.session(), product.product_type(), "product_type"));
    issues = FindBlockingIssues(product, &type);
  }
  return issues.empty() ? absl::OkStatus() : NotSound(product, issues);
}

absl::Status ListingWorkflow::Act(resource::Write& write, ListingAction action, Product& product) const {
  const auto* transition = kListingStates.Find(product.state(), action);
  if (transition == nullptr) return kListingStates.Refusal(product.name(), product.state(), action);
  if (!write.call().principal.Has(transition->permission)) return PermissionMissing(transition->permission);
  if (action == ListingAction::kPublish) RETURN_IF_ERROR(CheckSound(write, product));
  EnterState(transition->to, write.now(), product);
  return absl::OkStatus();
}

absl::Status ListingWorkflow::Show(resource::Write& write, const std::string& channel, const std::string& external_id,
                                   const std::string& external_url, Product& product) const {
  RETURN_IF_ERROR(channels_.Lock(write.session(), channel, "channel").status());
  return ShowOnChannel(channel, external_id, external_url, write.now(), product);
}

absl::Status ListingWorkflow::Hide(resource::Write& write, const std::string& channel, Product& product) const {
  return HideOnChannel(channel, write.now(), product);
}

absl::Status ListingWorkflow::Schedule(resource::Write& write, const ScheduledChanges& changes,
                                       absl::string_view prefix, Product& product) const {
  const std::vector<FieldViolation> violations = CheckSchedule(changes);
  if (!violations.empty()) return PrefixFields(InvalidFields(violations), prefix);
  if (product.state() == Product::ARCHIVED && !changes.empty()) {
    return PreconditionFailed("PRODUCT_ARCHIVED", product.name(), "an archived product has no schedule: restore it");
  }
  for (int i = 0; i < changes.size(); ++i) {
    const std::string& channel = changes[i].channel();
    if (channel.empty()) continue;
    RETURN_IF_ERROR(
        channels_.Lock(write.session(), channel, absl::StrCat(prefix, "changes[", i, "].channel")).status());
  }
  SetSchedule(changes, product);
  return absl::OkStatus();
}

absl::Status ListingWorkflow::MakeChange(resource::Write& write, const ScheduledChange& change,
                                         Product& product) const {
  const bool publish = change.action() == ScheduledChange::PUBLISH;
  if (change.channel().empty()) {
    return Act(write, publish ? ListingAction::kPublish : ListingAction::kUnpublish, product);
  }
  return publish ? Show(write, change.channel(), "", "", product) : Hide(write, change.channel(), product);
}

absl::Status ListingWorkflow::MakeDueChanges(resource::Write& write, Product& product) const {
  for (const ScheduledChange& change : TakeDue(write.now(), product)) {
    const absl::Status outcome = MakeChange(write, change, product);
    if (!outcome.ok() && !IsRefusal(outcome)) return outcome;
    NoteOutcome(change, outcome, product);
  }
  return absl::OkStatus();
}

}  // namespace storeops::catalog
