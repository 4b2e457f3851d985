#include "common/resource/commit_group.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/worker_pool.h"
#include "common/rpc/method_table.h"

namespace storeops::resource {
namespace {

using google::protobuf::Message;

constexpr absl::Duration kRetryAfter = absl::Seconds(1);

// `least`: the time that the write needs.
absl::Status CheckWanted(const rpc::Call& call, absl::Duration least = absl::ZeroDuration()) {
  if (call.Cancelled()) return WithReason(absl::CancelledError("the caller has gone"), "CANCELLED");
  const absl::Duration left = call.deadline - SteadyNow();
  if (left > least) return absl::OkStatus();
  std::string message = "the deadline has passed";
  if (left > absl::ZeroDuration()) {
    message = absl::StrCat("the write needs at least ", absl::FormatDuration(least), " until the deadline, which is ",
                           absl::FormatDuration(left), " ahead");
  }
  return WithReason(absl::DeadlineExceededError(message), "DEADLINE_EXCEEDED");
}

absl::Status TooManyWrites() {
  return WithReason(
      ExhaustedRetry(absl::StrCat("too many writes are waiting; at most ", CommitGroup::kMaxWaiting, " may"),
                     kRetryAfter),
      "TOO_MANY_WRITES");
}

// Leaves out, with their statuses, members that are not to be written. Returns the deadline of the others.
absl::Time DropUnwanted(std::vector<CommitGroup::Member*>& members) {
  const auto drop = [&members](absl::Duration least) {
    std::erase_if(members, [&](CommitGroup::Member* member) {
      member->status = CheckWanted(*member->call, least);
      return !member->status.ok();
    });
  };
  drop(absl::ZeroDuration());
  if (members.size() > 1) drop(CommitGroup::kLeastTime);
  if (members.size() == 1) return members[0]->call->deadline;
  const absl::Time now = SteadyNow();
  absl::Time latest = now;
  for (const CommitGroup::Member* member : members) latest = std::max(latest, member->call->deadline);
  return std::min(latest, now + CommitGroup::kTimeLimit);
}

}  // namespace

struct CommitGroup::Joined final : Member {
  Joined(const rpc::Call& call, const Message& request, std::unique_ptr<Message> message, Done done)
      : Member(call, request, message.get(), nullptr), owned_response(std::move(message)), done(std::move(done)) {
    joined_ = true;
  }
  void Answer() {
    if (!status.ok()) return std::move(done)(std::move(status));
    std::move(done)(rpc::Reply(std::move(owned_response)));
  }

  std::unique_ptr<Message> owned_response;
  Done done;
};

CommitGroup::~CommitGroup() {
  const auto ended = [this] {
    mutex_.AssertReaderHeld();
    return tasks_ == 0;
  };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&ended));
}

void CommitGroup::Bind(rpc::ServiceBuilder& service, absl::string_view method) {
  service
      .UnaryRaw(method,
                [this](rpc::Call& call, const Message& request) -> absl::StatusOr<rpc::Reply> {
                  std::unique_ptr<Message> response(call.method->response->New());
                  RETURN_IF_ERROR(Run(call, request, response.get()));
                  return rpc::Reply(std::move(response));
                })
      .JoinRaw(method, [this](rpc::Call& call, const Message& request, WorkerPool& workers, rpc::ReplyCallback done) {
        std::unique_ptr<Message> response(call.method->response->New());
        return Join(call, request, std::move(response), workers, std::move(done));
      });
}

absl::Status CommitGroup::Run(const rpc::Call& call, const Message& request, Message* response,
                              const Prepared* prepared) {
  Member member(call, request, response, prepared);
  member.again = IsAlone(request);
  if (!member.again) {
    absl::MutexLock lock(&mutex_);
    if (queue_.size() >= kMaxWaiting) return TooManyWrites();
    queue_.push_back(&member);
    AwaitOutcome(member);
  }
  if (member.again) Write({&member});
  if (!member.status.ok()) response->Clear();
  return std::move(member.status);
}

absl::Status CommitGroup::Join(const rpc::Call& call, const Message& request, std::unique_ptr<Message> response,
                               WorkerPool& workers, Done done) {
  auto joined = std::make_unique<Joined>(call, request, std::move(response), std::move(done));
  const bool alone = IsAlone(request);
  absl::MutexLock lock(&mutex_);
  workers_ = &workers;
  if (alone) {
    if (!SubmitAgain({joined.get()})) return TooManyWrites();
  } else {
    if (queue_.size() >= kMaxWaiting) return TooManyWrites();
    queue_.push_back(joined.get());
    if (!Summon()) {
      queue_.pop_back();
      return TooManyWrites();
    }
  }
  joined.release();
  return absl::OkStatus();
}

void CommitGroup::AwaitOutcome(Member& member) {
  const auto settled_or_next = [&] {
    mutex_.AssertReaderHeld();
    return member.state_ == Member::State::kSettled || (member.state_ == Member::State::kQueued && !next_);
  };
  while (member.state_ != Member::State::kSettled) {
    const bool queued = member.state_ == Member::State::kQueued;
    const absl::Time until = queued ? member.call->deadline : absl::InfiniteFuture();
    const bool ready = AwaitUntil(mutex_, absl::Condition(&settled_or_next), until);
    if (member.state_ != Member::State::kQueued) continue;
    if (!ready) {
      queue_.erase(std::find(queue_.begin(), queue_.end(), &member));
      member.status = CheckWanted(*member.call);
      return;
    }
    next_ = true;
    Lead(member.call->deadline);
  }
}

void CommitGroup::Lead(absl::Time until) {
  for (bool more = true; more;) {
    AwaitTurn(until);
    const Members members = TakeMembers();
    next_ = false;
    more = !queue_.empty() && !Summon();
    next_ = more;
    ++leaders_;
    last_start_ = SteadyNow();
    mutex_.Unlock();
    Write(members);
    mutex_.Lock();
    --leaders_;
    last_end_ = SteadyNow();
    expected_ = std::min(members.size() + queue_.size(), kMaxMembers);
    Settle(members);
  }
}

void CommitGroup::AwaitTurn(absl::Time until) {
  const auto free = [this] {
    mutex_.AssertReaderHeld();
    return leaders_ == 0;
  };
  const auto gathered = [this] {
    mutex_.AssertReaderHeld();
    return queue_.size() >= expected_;
  };
  while (leaders_ > 0) {
    const absl::Time end = std::min(until, last_start_ + kPatience);
    if (SteadyNow() >= end) break;
    AwaitUntil(mutex_, absl::Condition(&free), end);
  }
  if (!gathered()) AwaitUntil(mutex_, absl::Condition(&gathered), std::min(until, last_end_ + kGather));
}

CommitGroup::Members CommitGroup::TakeMembers() {
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMaxMembers));
  Members members(queue_.begin(), end);
  queue_.erase(queue_.begin(), end);
  for (Member* member : members) member->state_ = Member::State::kTaken;
  return members;
}

bool CommitGroup::Summon() {
  if (next_ || summoned_) return true;
  // One that has a thread becomes the next by itself.
  if (std::any_of(queue_.begin(), queue_.end(), [](const Member* member) { return !member->joined_; })) return true;
  summoned_ = Submit([this] {
    absl::MutexLock lock(&mutex_);
    summoned_ = false;
    if (!next_ && !queue_.empty()) {
      next_ = true;
      Lead(absl::InfiniteFuture());
    }
    --tasks_;
  });
  return summoned_;
}

// `work` ends with --tasks_.
bool CommitGroup::Submit(absl::AnyInvocable<void()> work) {
  if (workers_ == nullptr || !workers_->TrySubmit(std::move(work))) return false;
  ++tasks_;
  return true;
}

bool CommitGroup::SubmitAgain(Members members) {
  return Submit([this, members = std::move(members)] {
    Write(members);
    absl::MutexLock lock(&mutex_);
    Settle(members);
    --tasks_;
  });
}

void CommitGroup::Settle(const Members& members) {
  Members answered, again;
  for (Member* member : members) {
    if (!member->joined_) {
      member->state_ = Member::State::kSettled;  // its own thread writes it again
    } else {
      (member->again ? again : answered).push_back(member);
    }
  }
  // In halves, so that one member that fails a transaction costs the others few more.
  const size_t half = 2 * again.size() > members.size() ? (again.size() + 1) / 2 : again.size();
  for (size_t begin = 0; begin < again.size(); begin += half) {
    const Members part(again.begin() + static_cast<std::ptrdiff_t>(begin),
                       again.begin() + static_cast<std::ptrdiff_t>(std::min(begin + half, again.size())));
    if (SubmitAgain(part)) continue;
    for (Member* member : part) member->status = TooManyWrites();
    answered.insert(answered.end(), part.begin(), part.end());
  }
  mutex_.Unlock();
  for (Member* member : answered) {
    const std::unique_ptr<Joined> joined(static_cast<Joined*>(member));
    joined->Answer();
  }
  mutex_.Lock();
}

void CommitGroup::Write(Members members) {
  for (Member* member : members) {
    member->again = false;
    member->answered_ = false;
  }
  const absl::Time deadline = DropUnwanted(members);
  if (options_.replays != nullptr) AnswerRepeated(members, deadline);
  if (!members.empty()) options_.write(members, deadline);
}

void CommitGroup::AnswerRepeated(Members& members, absl::Time deadline) {
  Members first;
  std::vector<const rpc::ReplayKey*> keys;
  absl::flat_hash_set<std::tuple<absl::string_view, absl::string_view, absl::string_view>> seen;
  for (Member* member : members) {
    if (!member->call->replay.has_value()) continue;
    const rpc::ReplayKey& key = *member->call->replay;
    // Its twin comes first: then there is an answer, or this one is written.
    member->again = !seen.emplace(key.principal, key.method, key.request_id).second;
    if (member->again) continue;
    first.push_back(member);
    keys.push_back(&key);
  }
  if (first.empty()) return;
  const auto answers = options_.replays->FindAll(keys, deadline);
  for (size_t i = 0; i < first.size(); ++i) {
    Member& member = *first[i];
    member.status = answers.ok() ? (*answers)[i].status() : answers.status();
    member.answered_ = !member.status.ok() || (*answers)[i]->has_value();
    if (member.status.ok() && member.answered_ && !member.response->ParseFromString(**(*answers)[i])) {
      member.status = absl::InternalError("a stored answer cannot be read");
    }
  }
  std::erase_if(members, [](const Member* member) { return member->again || member->answered_; });
}

void CommitMembers(const Store& store, absl::string_view id_kind, absl::Span<CommitGroup::Member* const> members,
                   absl::Time deadline, absl::FunctionRef<absl::Status(db::Session&)> body) {
  const auto commit = [&]() -> absl::Status {
    std::vector<CommitGroup::Member*> takers;
    std::copy_if(members.begin(), members.end(), std::back_inserter(takers), [](const CommitGroup::Member* member) {
      return member->prepared == nullptr || member->prepared->id == 0;
    });
    ASSIGN_OR_RETURN(const auto ids, store.ids.Take(id_kind, static_cast<int>(takers.size()), deadline));
    for (size_t i = 0; i < ids.size(); ++i) takers[i]->id = ids[i];
    const std::vector<JointWrite*> writes(members.begin(), members.end());
    return CommitTogether(store, writes, deadline, body);
  };
  const absl::Status status = commit();
  for (CommitGroup::Member* member : members) {
    if (!status.ok()) member->status = status;
    if (members.size() == 1) continue;
    member->again = status.ok() ? member->write->wants_ids() : !absl::IsUnavailable(status);
  }
}

}  // namespace storeops::resource
