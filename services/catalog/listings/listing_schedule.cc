#include "services/catalog/listings/listing_schedule.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"  // older error_details.proto: proto/CMakeLists.txt
#endif

namespace storeops::catalog {
namespace {

using v1::Product;
using v1::ScheduledChange;

constexpr size_t kMaxDescription = 1000;

// When and where: no two changes of a schedule share it.
std::pair<absl::Time, std::string> Place(const ScheduledChange& change) {
  return {FromTimestamp(change.time()), change.channel()};
}

}  // namespace

std::vector<FieldViolation> CheckSchedule(const ScheduledChanges& changes) {
  std::vector<FieldViolation> violations;
  std::set<std::pair<absl::Time, std::string>> seen;
  for (int i = 0; i < changes.size(); ++i) {
    if (seen.insert(Place(changes[i])).second) continue;
    violations.push_back({absl::StrCat("changes[", i, "]"), "another change is for this time and channel"});
  }
  return violations;
}

void SetSchedule(ScheduledChanges changes, Product& product) {
  for (ScheduledChange& change : changes) *change.mutable_time() = ToTimestamp(FromTimestamp(change.time()));
  std::sort(changes.begin(), changes.end(),
            [](const ScheduledChange& a, const ScheduledChange& b) { return Place(a) < Place(b); });
  *product.mutable_schedule() = std::move(changes);
  product.clear_schedule_failure();
}

absl::Time NextChange(const Product& product) {
  if (product.has_delete_time() || product.schedule().empty()) return absl::InfiniteFuture();
  return FromTimestamp(product.schedule(0).time());
}

std::vector<ScheduledChange> TakeDue(absl::Time now, Product& product) {
  std::vector<ScheduledChange> due;
  for (ScheduledChange& change : *product.mutable_schedule()) {
    if (FromTimestamp(change.time()) > now) break;
    due.push_back(std::move(change));
  }
  product.mutable_schedule()->DeleteSubrange(0, static_cast<int>(due.size()));
  return due;
}

void NoteOutcome(const ScheduledChange& change, const absl::Status& outcome, Product& product) {
  product.clear_schedule_failure();
  if (outcome.ok()) return;
  google::rpc::ErrorInfo info;
  auto& failure = *product.mutable_schedule_failure();
  *failure.mutable_change() = change;
  failure.set_reason(GetDetail(outcome, &info) ? info.reason() : absl::StatusCodeToString(outcome.code()));
  failure.set_description(std::string(TruncateCodePoints(std::string(outcome.message()), kMaxDescription)));
}

}  // namespace storeops::catalog
