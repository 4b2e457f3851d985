#include "common/rpc/stream_watch.h"

#include <algorithm>
#include <utility>

#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/rpc/caller_kind.h"

namespace storeops::rpc {
namespace {

// Of one check, which may read the database.
constexpr absl::Duration kCheckLimit = absl::Seconds(2);
constexpr absl::Duration kReopenAfter = absl::Seconds(1);
constexpr char kPermissionsChanged[] = "PERMISSIONS_CHANGED";

absl::Status CheckCredentials(Authenticator& authenticator, const Credentials& credentials, const Principal& principal,
                              absl::Time deadline) {
  RETURN_IF_ERROR(authenticator.CheckStillValid(principal));
  if (!IsKeyHolder(principal)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Principal now, authenticator.Authenticate(credentials, deadline));
  if (now.permissions == principal.permissions) return absl::OkStatus();
  return WithReason(
      UnavailableRetry("the permissions of the API key have changed: open the stream again", kReopenAfter),
      kPermissionsChanged);
}

}  // namespace

absl::Status StreamWatch::Caller::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

void StreamWatch::Caller::Check(Authenticator& authenticator, absl::Time deadline) {
  if (!status().ok()) return;
  absl::Status found = CheckCredentials(authenticator, credentials_, principal_, deadline);
  // Where it cannot be known now, it will be later.
  if (!absl::IsUnauthenticated(found) && ReasonOf(found) != kPermissionsChanged) return;
  {
    absl::MutexLock lock(&mutex_);
    status_ = std::move(found);
  }
  cut_();
}

StreamWatch::StreamWatch(Authenticator& authenticator, absl::Duration interval)
    : authenticator_(authenticator),
      interval_(interval),
      thread_({.name = "stream-watch", .body = [this] { Run(); }}) {}

std::shared_ptr<const StreamWatch::Caller> StreamWatch::Watch(Credentials credentials, Principal principal,
                                                              std::function<void()> cut) {
  auto caller = std::make_shared<Caller>(std::move(credentials), std::move(principal), std::move(cut));
  absl::MutexLock lock(&mutex_);
  callers_.push_back(caller);
  if (!std::exchange(started_, true)) thread_.Start();
  return caller;
}

std::vector<std::shared_ptr<StreamWatch::Caller>> StreamWatch::Open() {
  std::vector<std::shared_ptr<Caller>> open;
  absl::MutexLock lock(&mutex_);
  const auto ended = [&open](const std::weak_ptr<Caller>& caller) {
    open.push_back(caller.lock());
    if (open.back() != nullptr) return false;
    open.pop_back();
    return true;
  };
  callers_.erase(std::remove_if(callers_.begin(), callers_.end(), ended), callers_.end());
  return open;
}

void StreamWatch::Run() {
  while (thread_.WaitFor(interval_)) {
    for (const auto& caller : Open()) {
      if (thread_.Stopping()) return;
      caller->Check(authenticator_, SteadyNow() + kCheckLimit);
    }
  }
}

}  // namespace storeops::rpc
