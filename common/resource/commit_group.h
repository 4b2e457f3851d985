// Group commit: writes of one kind that wait at the same time go into one transaction, so that one flush to disk, and
// one statement for each table, serve all of them.
#ifndef STOREOPS_COMMON_RESOURCE_COMMIT_GROUP_H_
#define STOREOPS_COMMON_RESOURCE_COMMIT_GROUP_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/resource/write.h"
#include "google/protobuf/message.h"

namespace storeops {
class WorkerPool;
}
namespace storeops::rpc {
class ReplayStore;
class Reply;
class ServiceBuilder;
}  // namespace storeops::rpc

namespace storeops::resource {

// The first caller writes immediately. Callers that arrive during a write queue up, and the next write is for all of
// them. Callers that were served tend to come back, so a write waits until as many are there as were served by the last
// one or waited at its end, but not past kGather from then: a single caller never waits, and the more callers, the
// larger the groups. Thread-safe.
//
// A transaction that fails for several members is rolled back and repeated for smaller groups, by other threads, each
// at most half as large, until the members that cannot be written are alone with their errors: at most 2 n transactions
// for a group of n.
class CommitGroup {
 public:
  static constexpr size_t kMaxMembers = 64;
  // Callers beyond this are refused: RESOURCE_EXHAUSTED with RetryInfo.
  static constexpr size_t kMaxWaiting = 1024;
  // A group's transaction has the longest of its members' deadlines, but at most this long; that of a single member has
  // its caller's deadline.
  static constexpr absl::Duration kTimeLimit = absl::Seconds(10);
  // Members with less time left when their group begins are refused with DEADLINE_EXCEEDED: their callers would not
  // see the answer of a write that takes about as long. Not so a member that is alone.
  static constexpr absl::Duration kLeastTime = absl::Milliseconds(10);
  // A write that takes longer, e.g. because it waits for a locked row, does not hold up the queue any more: the next
  // one begins beside it.
  static constexpr absl::Duration kPatience = absl::Milliseconds(100);
  // About as long as a group's write takes. Measured with 16 callers: with 1 ms, groups are smaller by a third and
  // creates fewer by a tenth.
  static constexpr absl::Duration kGather = absl::Milliseconds(2);

  // What a caller has prepared for its member; `write` knows the derived type.
  struct Prepared {
    int64_t id = 0;  // the member's; 0: it has none yet
  };

  // One call's part of a group.
  class Member : public JointWrite {
   public:
    const google::protobuf::Message& request;
    const Prepared* const prepared;  // null: nothing
    int64_t id = 0;                  // the prepared or a new one, see CommitMembers
    // Not settled by this write, maybe through no fault of its own: to be written again in a smaller group.
    bool again = false;

   private:
    friend class CommitGroup;
    enum class State { kQueued, kTaken, kSettled };

    Member(const rpc::Call& call, const google::protobuf::Message& request, google::protobuf::Message* response,
           const Prepared* prepared)
        : JointWrite{&call, response, nullptr, absl::OkStatus()},
          request(request),
          prepared(prepared),
          id(prepared == nullptr ? 0 : prepared->id) {}

    bool joined_ = false;  // a Joined, which no thread waits for
    bool answered_ = false;
    State state_ = State::kQueued;
  };

  struct Options {
    // Writes members together until `deadline` and sets `status` or `again` of each, both empty before; see
    // CommitMembers. Runs in several threads at once.
    std::function<void(absl::Span<Member* const> members, absl::Time deadline)> write;
    // True for requests that must be written alone. May be null: there are none.
    std::function<bool(const google::protobuf::Message& request)> alone;
    // For calls with a replay key. May be null: they are all taken for new.
    rpc::ReplayStore* replays = nullptr;
  };
  using Done = absl::AnyInvocable<void(absl::StatusOr<rpc::Reply>)>;  // rpc::ReplyCallback

  explicit CommitGroup(Options options) : options_(std::move(options)) {}
  // Every member has its answer by then. Waits for the threads that gave them.
  ~CommitGroup();

  // Serves the calls of a method.
  void Bind(rpc::ServiceBuilder& service, absl::string_view method);

  // In the caller's thread, which may have to write for others, too. CANCELLED or DEADLINE_EXCEEDED, and nothing is
  // written, if the caller went or its deadline passed while it was queued.
  absl::Status Run(const rpc::Call& call, const google::protobuf::Message& request, google::protobuf::Message* response,
                   const Prepared* prepared = nullptr);
  // The same without a thread; see rpc::JoinHandler. `response` is an empty message.
  absl::Status Join(const rpc::Call& call, const google::protobuf::Message& request,
                    std::unique_ptr<google::protobuf::Message> response, WorkerPool& workers, Done done);

 private:
  struct Joined;
  using Members = std::vector<Member*>;

  bool IsAlone(const google::protobuf::Message& request) const { return options_.alone && options_.alone(request); }
  // Returns when a member that has a thread is settled, or has left the queue at its deadline.
  void AwaitOutcome(Member& member) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes for the queue. `next_` is this thread's; `until`: it waits no longer for its turn. Releases the mutex
  // meanwhile.
  void Lead(absl::Time until) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AwaitTurn(absl::Time until) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Members TakeMembers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // True if a thread will lead the queue; has a worker come if there is none.
  bool Summon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Submit(absl::AnyInvocable<void()> work) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends members that were written, or has them written again. Releases the mutex meanwhile.
  void Settle(const Members& members) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool SubmitAgain(Members members) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Without the mutex.
  void Write(Members members);
  void AnswerRepeated(Members& members, absl::Time deadline);

  const Options options_;
  absl::Mutex mutex_;
  std::deque<Member*> queue_ ABSL_GUARDED_BY(mutex_);
  // Of those who join. Set once one has.
  WorkerPool* workers_ ABSL_GUARDED_BY(mutex_) = nullptr;
  // A running thread waits for its turn to lead the queue. If not, either a worker is summoned, or the queue is empty
  // or has a member whose own thread is about to become the next.
  bool next_ ABSL_GUARDED_BY(mutex_) = false;
  bool summoned_ ABSL_GUARDED_BY(mutex_) = false;
  int tasks_ ABSL_GUARDED_BY(mutex_) = 0;                                 // of workers
  int leaders_ ABSL_GUARDED_BY(mutex_) = 0;                               // that write
  absl::Time last_start_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // of a leader
  absl::Time last_end_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  size_t expected_ ABSL_GUARDED_BY(mutex_) = 0;  // members of the next group
};

// What `write` of a group usually does: gives each member without a prepared id a new one of `id_kind` and commits them
// together. `body` fills the responses and may end single members by their status. Members that lack ids
// (Write::TakeIds), and all members of a failed transaction, are to be written again; but when the database cannot be
// reached, or did not report whether it committed, that is the answer for all.
void CommitMembers(const Store& store, absl::string_view id_kind, absl::Span<CommitGroup::Member* const> members,
                   absl::Time deadline, absl::FunctionRef<absl::Status(db::Session&)> body);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_COMMIT_GROUP_H_
