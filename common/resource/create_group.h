// Creates of one resource that wait at the same time are written in one transaction, so that one flush to disk, and one
// statement for each table, serve all of them.
#ifndef STOREOPS_COMMON_RESOURCE_CREATE_GROUP_H_
#define STOREOPS_COMMON_RESOURCE_CREATE_GROUP_H_

#include <deque>
#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/resource/write.h"
#include "google/protobuf/message.h"

namespace storeops::resource {

// Whoever comes while nobody writes leads at once, alone; whoever comes while a leader writes waits, and the first of
// those who wait leads them all next. Callers who were served tend to come back, so a leader waits for as many as were
// served by the last group or waited at its end, but not past kGather from then. So a single caller never waits, and
// the more callers, the larger the groups. Thread-safe.
class CreateGroup {
 public:
  static constexpr size_t kMaxMembers = 64;
  // A leader that takes longer, e.g. because another writer holds a key that one of its members wants, does not hold up
  // those behind it any more: the next one leads beside it.
  static constexpr absl::Duration kPatience = absl::Milliseconds(100);
  // About as long as a group's write takes. Measured with 16 callers: with 1 ms, groups are smaller by a third and
  // creates fewer by a tenth.
  static constexpr absl::Duration kGather = absl::Milliseconds(2);

  // One caller's create. Lives until it has its outcome: that of Run on its caller's stack, that of TryJoin by itself.
  struct Member {
    Member(const rpc::Call& call, const google::protobuf::Message& request, google::protobuf::Message* response)
        : request(request), part{&call, response, nullptr, absl::OkStatus()} {}

    const google::protobuf::Message& request;
    JointWrite part;
    // The group failed, maybe through no fault of this one: it is to be run by itself.
    bool alone = false;
    // Of one that joins: what is called with the outcome, by a leader. May delete the member.
    std::function<void()> done;

   private:
    friend class CreateGroup;
    bool taken_ = false;  // by a leader
    bool done_ = false;
  };

  // Writes members together and sets the `part.status` or `alone` of each. Called in the leader's thread; several
  // leaders may be at work.
  using WriteTogether = std::function<void(absl::Span<Member* const> members)>;

  explicit CreateGroup(WriteTogether write_together) : write_together_(std::move(write_together)) {}

  // Returns when `member` has its outcome. CANCELLED or DEADLINE_EXCEEDED, and nothing is written, if its caller went
  // or its deadline passed while it waited for a leader.
  void Run(Member& member);
  // False: no one waits whose group it could join, so `member` is to be Run. True: it is written with the next group,
  // and `member.done` called; its caller needs no thread that waits, which costs more than the rest of a create.
  bool TryJoin(Member& member);

 private:
  struct Group {
    std::vector<Member*> members;
    std::vector<Member*> wanted;  // those whose callers still wait
  };

  // False: it has its outcome. True: it is to lead.
  bool AwaitTurn(Member& member) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes for all who wait, the mutex released meanwhile.
  void Lead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Those who wait. Nothing is written for those who wait in vain by now: they have their outcome.
  Group TakeMembers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const WriteTogether write_together_;
  absl::Mutex mutex_;
  // The first is always one that Run waits for: it leads those who joined. Joining ends at kMaxMembers, so that one
  // group takes all who joined; the others are threads, so their number needs no limit of its own.
  std::deque<Member*> queue_ ABSL_GUARDED_BY(mutex_);
  int leaders_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_start_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // of a leader
  absl::Time last_end_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  size_t expected_ ABSL_GUARDED_BY(mutex_) = 0;  // members of the next group
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_CREATE_GROUP_H_
