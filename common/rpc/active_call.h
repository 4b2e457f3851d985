// What unary calls and streams have in common on their way through the pipeline.
#ifndef STOREOPS_COMMON_RPC_ACTIVE_CALL_H_
#define STOREOPS_COMMON_RPC_ACTIVE_CALL_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/personal_data.h"
#include "common/rpc/pipeline.h"
#include "common/rpc/worker_shares.h"
#include "google/protobuf/arena.h"

namespace storeops::rpc {

// A call from its arrival to its end; the steps are in the order in which it takes them.
class Pipeline::Active {
 public:
  Active(Pipeline& pipeline, Incoming incoming);
  Active(const Active&) = delete;
  Active& operator=(const Active&) = delete;

 protected:
  ~Active() = default;

  // Not OK once the server is shutting down.
  absl::Status CheckAccepted() const;
  // Authenticates, authorises, applies limits and deadline. Nothing: that needs LetIn, on a thread that may block.
  std::optional<absl::Status> TryLetIn();
  absl::Status LetIn();
  // CANCELLED or DEADLINE_EXCEEDED when nobody waits for the answer any more.
  absl::Status CheckWanted() const;
  // UNAUTHENTICATED once the session of the caller, who was let in, has ended.
  absl::Status StillLetIn() const { return pipeline_.options_.authenticator->CheckStillValid(call_.principal); }
  // RESOURCE_EXHAUSTED if a request is larger than the method allows.
  absl::Status CheckRequestBytes(size_t bytes) const;
  // Reads and validates the request; does nothing the second time.
  absl::Status Decode();
  // Brings the request's text into its normal form, and checks that and what the annotations demand, also of personal
  // data that the caller may not read.
  absl::Status CheckRequest(google::protobuf::Message* request) const;
  // Reads the request and estimates its cost: where the call waits for its turn, null if it is not expensive.
  absl::StatusOr<CostLane*> Weigh();
  CostLane::Asker Asker() const;
  // The request for a peer, serialised and not validated.
  absl::StatusOr<std::string> Bytes();
  // Personal data in responses that the caller, who was let in, may not read.
  HiddenData HiddenInResponse() const { return HiddenFrom(call_.principal, method().personal_in_response); }
  // Makes of an answer what the caller may read.
  void MaskAnswer(absl::StatusOr<Reply>& answer) const {
    if (answer.ok() && !method().personal_in_response.empty()) answer = Masked(*std::move(answer));
  }
  // Counts and logs the outcome; returns what the caller may see of it.
  absl::Status Conclude(const absl::Status& outcome);

  const Method& method() const { return *incoming_.method; }
  bool lends_thread() const { return incoming_.lend_thread; }
  // Whose share of the workers the call needs: of its caller or, until that is known, of its address.
  WorkerShares::Caller WorkerCaller() const;
  const Credentials& credentials() const { return incoming_.credentials; }
  std::function<void()> TakeCut() { return std::move(incoming_.cut); }
  size_t large_reply_bytes() const { return incoming_.large_reply_bytes; }
  const google::protobuf::Message& request() const { return *request_; }
  absl::Time Now() const { return pipeline_.options_.clock->Steady(); }

  Pipeline& pipeline_;
  Call call_;
  Admission admission_;

 private:
  absl::Status Admit(absl::StatusOr<Principal> principal);
  absl::Status CheckLimits();
  absl::Status ParseRequest();
  absl::StatusOr<Reply> Masked(Reply answer) const;
  void LogCall(const absl::Status& outcome, absl::Duration elapsed) const;
  absl::Status ForCaller(const absl::Status& outcome) const;

  static constexpr size_t kFirstBlockBytes = 4096;

  Incoming incoming_;
  google::protobuf::Message* request_ = nullptr;   // on the arena; null until decoded
  alignas(8) char first_block_[kFirstBlockBytes];  // small requests need no allocation
  google::protobuf::Arena arena_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_ACTIVE_CALL_H_
