#include "common/resource/create_group.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "common/base/errors.h"

namespace storeops::resource {
namespace {

absl::Status CheckWanted(const rpc::Call& call) {
  if (call.Cancelled()) return WithReason(absl::CancelledError("the caller has gone"), "CANCELLED");
  if (absl::Now() < call.deadline) return absl::OkStatus();
  return WithReason(absl::DeadlineExceededError("the deadline has passed"), "DEADLINE_EXCEEDED");
}

}  // namespace

void CreateGroup::Run(Member& member) {
  absl::MutexLock lock(&mutex_);
  queue_.push_back(&member);
  while (AwaitTurn(member)) Lead();
}

bool CreateGroup::TryJoin(Member& member) {
  absl::MutexLock lock(&mutex_);
  if (queue_.empty() || queue_.size() >= kMaxMembers) return false;
  queue_.push_back(&member);
  return true;
}

bool CreateGroup::AwaitTurn(Member& member) {
  const auto first_or_taken = [&] {
    mutex_.AssertReaderHeld();
    return member.taken_ || queue_.front() == &member;
  };
  const auto free_or_taken = [&] {
    mutex_.AssertReaderHeld();
    return member.taken_ || leaders_ == 0;
  };
  const auto gathered = [&] {
    mutex_.AssertReaderHeld();
    return member.taken_ || queue_.size() >= expected_;
  };
  const absl::Time deadline = member.part.call->deadline;
  mutex_.AwaitWithDeadline(absl::Condition(&first_or_taken), deadline);
  while (!member.taken_ && leaders_ > 0) {
    const absl::Time until = std::min(deadline, last_start_ + kPatience);
    if (absl::Now() >= until) break;
    mutex_.AwaitWithDeadline(absl::Condition(&free_or_taken), until);
  }
  if (!gathered()) mutex_.AwaitWithDeadline(absl::Condition(&gathered), std::min(deadline, last_end_ + kGather));
  if (member.taken_) {
    mutex_.Await(absl::Condition(&member.done_));
    return false;
  }
  // Those who joined rely on the first, even if its own caller has gone.
  if (queue_.front() == &member) return true;
  member.part.status = CheckWanted(*member.part.call);
  queue_.erase(std::find(queue_.begin(), queue_.end(), &member));
  return false;
}

void CreateGroup::Lead() {
  const Group group = TakeMembers();
  ++leaders_;
  last_start_ = absl::Now();
  mutex_.Unlock();
  if (!group.wanted.empty()) write_together_(group.wanted);
  mutex_.Lock();
  --leaders_;
  last_end_ = absl::Now();
  expected_ = std::min(group.wanted.size() + queue_.size(), kMaxMembers);
  std::vector<std::function<void()>> joined;
  for (Member* member : group.members) {
    member->done_ = true;
    if (member->done) joined.push_back(std::move(member->done));
  }
  mutex_.Unlock();
  for (const auto& done : joined) done();
  mutex_.Lock();
}

CreateGroup::Group CreateGroup::TakeMembers() {
  Group group;
  while (!queue_.empty() && group.members.size() < kMaxMembers) {
    Member* const next = queue_.front();
    queue_.pop_front();
    next->taken_ = true;
    next->part.status = CheckWanted(*next->part.call);
    group.members.push_back(next);
    if (next->part.status.ok()) group.wanted.push_back(next);
  }
  return group;
}

}  // namespace storeops::resource
