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
    return member.taken_ || queue_.size() >= last_size_;
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
  member.part.status = CheckWanted(*member.part.call);
  if (member.part.status.ok()) return true;
  queue_.erase(std::find(queue_.begin(), queue_.end(), &member));
  return false;
}

void CreateGroup::Lead() {
  const std::vector<Member*> members = TakeMembers();
  ++leaders_;
  last_start_ = absl::Now();
  mutex_.Unlock();
  if (!members.empty()) write_together_(members);
  mutex_.Lock();
  --leaders_;
  last_end_ = absl::Now();
  last_size_ = members.size();
  for (Member* member : members) member->done_ = true;
}

std::vector<CreateGroup::Member*> CreateGroup::TakeMembers() {
  std::vector<Member*> members;
  while (!queue_.empty() && members.size() < kMaxMembers) {
    Member* const next = queue_.front();
    queue_.pop_front();
    next->taken_ = true;
    next->part.status = CheckWanted(*next->part.call);
    next->done_ = !next->part.status.ok();
    if (!next->done_) members.push_back(next);
  }
  return members;
}

}  // namespace storeops::resource
