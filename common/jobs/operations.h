// Long-running operations (AIP-151): stored when asked for, worked on by whichever replica takes them up, with
// progress, cancellation and a checkpoint from which the work goes on when a process dies.
#ifndef STOREOPS_COMMON_JOBS_OPERATIONS_H_
#define STOREOPS_COMMON_JOBS_OPERATIONS_H_

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/jobs/leases.h"
#include "common/resource/page_token.h"
#include "common/resource/write.h"
#include "google/longrunning/operations.pb.h"
#include "storeops/operations/v1/operations.pb.h"

namespace storeops::jobs {

// What the work of one operation sees.
class OperationContext {
 public:
  virtual ~OperationContext() = default;
  // 17 of "operations/catalog.17".
  virtual int64_t id() const = 0;
  // What was asked for, serialised as the method's request type.
  virtual const std::string& request() const = 0;
  // Who asked: "users/7".
  virtual const std::string& creator() const = 0;
  // As last saved; empty at the first attempt. Attempts count from 1.
  virtual const std::string& checkpoint() const = 0;
  virtual int attempt() const = 0;
  // Saves progress and where to go on; an empty checkpoint leaves the last one. Not OK: cancelled (CANCELLED), lost to
  // another process or to be left to another one (ABORTED), or the database is out of reach; return it. Calls in quick
  // succession are thinned out, so the work after a checkpoint may be done again. To be called at least every 10 s.
  virtual absl::Status Progress(int64_t done, int64_t total, std::string checkpoint = "") = 0;
  // The same in a transaction of the work's own, so that what it wrote and where it goes on are one.
  virtual absl::Status ProgressIn(db::Session& session, int64_t done, int64_t total, std::string checkpoint) = 0;
  // Whether Progress would say so.
  virtual bool Cancelled() const = 0;
};

// "operations/catalog.17" -> "catalog"; empty for what is not the name of an operation.
std::string ServiceOfOperation(absl::string_view name);

// An operation waits for operations of its own lane only. A method has the same lane in every process.
enum class OperationLane {
  kEdit,         // edits of many resources that a person waits for
  kTransfer,     // imports and exports: they take as long as their files are large
  kMaintenance,  // recomputes derived data (an index, a plan) while the former state is still served
};
inline constexpr int kOperationLanes = 3;

class Operations {
 public:
  // Does the work; the result message becomes the operation's response, none an Empty. Errors end it, but ABORTED and
  // UNAVAILABLE are tried again with growing pauses until five attempts in a row have stored no new checkpoint; so is
  // work whose process died.
  using Worker = std::function<absl::StatusOr<std::unique_ptr<google::protobuf::Message>>(OperationContext&)>;

  struct Options {
    std::string service;  // "catalog": operations are named "operations/catalog.{id}"
    // Of each lane, in the order of OperationLane. A lane without methods has none.
    std::array<int, kOperationLanes> threads = {2, 1, 1};
    absl::Duration lease_term = absl::Seconds(30);
    // How soon operations of other processes and requests to cancel are found; a retry waits 2, 4, 8... of these.
    absl::Duration poll_interval = absl::Seconds(1);
    // Ended operations are kept this long.
    absl::Duration retention = absl::Hours(24 * 30);
  };

  Operations(const resource::Store& store, const resource::PageTokens& tokens, std::string holder, Options options);
  ~Operations();

  // Before Start: the worker of a method (full name), and its lane; at most 16 methods in a lane. Operations of methods
  // that are not registered are left to other processes.
  void Register(absl::string_view method, OperationLane lane, Worker worker);
  void Start();
  // Work under way is asked to stop and waited for, its lease given back; it goes on elsewhere or at the next start.
  void Stop();

  // Stores a new operation in the write's transaction. Work begins after the commit.
  absl::StatusOr<google::longrunning::Operation> Create(resource::Write& write,
                                                        const google::protobuf::Message& request);

  // NOT_FOUND for names of others.
  absl::StatusOr<google::longrunning::Operation> Get(absl::string_view name, absl::Time deadline);
  absl::StatusOr<google::longrunning::Operation> Cancel(absl::string_view name, absl::Time deadline);
  // Returns when it is done or at `until`.
  absl::StatusOr<google::longrunning::Operation> Wait(absl::string_view name, absl::Time until, absl::Time deadline);
  absl::StatusOr<storeops::operations::v1::ListOperationsResponse> List(
      const storeops::operations::v1::ListOperationsRequest& request, absl::Time deadline);
  absl::StatusOr<int64_t> Prune(absl::Time now, int limit, absl::Time deadline);

  const std::string& service() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace storeops::jobs

#endif  // STOREOPS_COMMON_JOBS_OPERATIONS_H_
