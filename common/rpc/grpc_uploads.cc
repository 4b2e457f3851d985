#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/rpc/grpc_bytes.h"
#include "common/rpc/grpc_incoming.h"
#include "common/rpc/grpc_status.h"

namespace storeops::rpc {
namespace {

// What may wait for the handler before the door stops reading. The network's own windows come on top.
constexpr size_t kMaxQueuedRequests = 16;
constexpr size_t kMaxQueuedRequestBytes = 1 << 20;

// gRPC's reactions put requests into a short queue, one read at a time; the handler's thread takes them out. Nothing is
// read before the handler asks for it, so that strangers fill no memory.
class UploadCall final : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  UploadCall(const grpc::CallbackServerContext& context, absl::Time deadline, grpc::ByteBuffer* response)
      : context_(context), deadline_(deadline), response_(response) {}

  static grpc::ServerReadReactor<grpc::ByteBuffer>* Start(Door& door, const Method& method,
                                                          const grpc::CallbackServerContext& context,
                                                          grpc::ByteBuffer* response) {
    const absl::Time deadline = std::min(DeadlineOf(context), SteadyNow() + method.time_limit);
    auto call = std::make_shared<UploadCall>(context, deadline, response);
    call->self_ = call;
    if (door.closing) {
      call->End(Closing());
      return call.get();
    }
    Incoming incoming = MakeIncoming(door, method, context, /*request_bytes=*/0);
    incoming.cancellation = std::shared_ptr<const Cancellation>(call, &call->cancellation_);
    incoming.cut = [call] { call->Cut(); };
    door.pipeline.ServeUpload(
        std::move(incoming), [call](std::string* bytes) { return call->Next(bytes); },
        [call](absl::StatusOr<Reply> reply) { call->End(reply); });
    return call.get();
  }

  void OnReadDone(bool ok) override {
    // OnCancel may come later. A caller who was cut off has not sent all.
    if (!ok && context_.IsCancelled()) return End(CallerGone());
    {
      absl::MutexLock lock(&mutex_);
      reading_ = false;
      sent_all_ = !ok;
      if (ok && !ended_) {
        queued_bytes_ += current_.Length();
        queue_.push_back(std::move(current_));
      }
      current_.Clear();
    }
    ReadAhead();
  }

  void OnCancel() override {
    cancellation_.Cancel();
    End(CallerGone());
  }

  void OnDone() override { const auto last_reference = std::move(self_); }

 private:
  absl::StatusOr<bool> Next(std::string* bytes) {
    {
      absl::MutexLock lock(&mutex_);
      asked_ = true;
    }
    ReadAhead();
    grpc::ByteBuffer next;
    {
      absl::MutexLock lock(&mutex_);
      if (!AwaitUntil(mutex_, absl::Condition(this, &UploadCall::HasNews), deadline_)) {
        return WithReason(absl::DeadlineExceededError("the deadline has passed"), "DEADLINE_EXCEEDED");
      }
      if (ended_ || cut_) return CallerGone();
      if (queue_.empty()) return false;
      next = queue_.front();
      queue_.pop_front();
      queued_bytes_ -= next.Length();
    }
    ReadAhead();
    *bytes = ToString(next);
    return true;
  }

  // The answer is still to come, from End.
  void Cut() {
    absl::MutexLock lock(&mutex_);
    cut_ = true;
  }

  bool HasNews() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return ended_ || cut_ || sent_all_ || !queue_.empty(); }

  // Starts a read, if there is room and none is under way.
  void ReadAhead() {
    {
      absl::MutexLock lock(&mutex_);
      const bool room = queue_.size() < kMaxQueuedRequests && queued_bytes_ < kMaxQueuedRequestBytes;
      if (!asked_ || reading_ || sent_all_ || ended_ || !room) return;
      reading_ = true;
      ++starting_;
    }
    StartRead(&current_);
    {
      absl::MutexLock lock(&mutex_);
      if (--starting_ > 0 || !ended_) return;
    }
    Finish(status_);
  }

  // The first end counts. gRPC itself ends a read that is under way. One that is just being started must be known to
  // gRPC first: after Finish it may free what StartRead uses.
  void End(const absl::StatusOr<Reply>& reply) {
    {
      absl::MutexLock lock(&mutex_);
      if (ended_) return;
      ended_ = true;
      queue_.clear();
      queued_bytes_ = 0;
      if (reply.ok()) *response_ = ToByteBuffer(reply->ToBinary());
      status_ = ToGrpcStatus(reply.status());
      if (starting_ > 0) return;  // ReadAhead finishes
    }
    Finish(status_);
  }

  const grpc::CallbackServerContext& context_;  // for gRPC's reactions only
  const absl::Time deadline_;
  grpc::ByteBuffer* const response_;  // gRPC's, alive until Finish
  Cancellation cancellation_;
  grpc::ByteBuffer current_;  // belongs to the read under way
  absl::Mutex mutex_;
  std::deque<grpc::ByteBuffer> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool asked_ ABSL_GUARDED_BY(mutex_) = false;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  int starting_ ABSL_GUARDED_BY(mutex_) = 0;  // calls of StartRead that have not returned
  bool sent_all_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool cut_ ABSL_GUARDED_BY(mutex_) = false;  // nothing is read any more
  grpc::Status status_;                       // fixed once ended_ is true
  // gRPC's own reference, given up by OnDone; the pipeline has others.
  std::shared_ptr<UploadCall> self_;
};

}  // namespace

grpc::ServerReadReactor<grpc::ByteBuffer>* StartUploadCall(Door& door, const Method& method,
                                                           const grpc::CallbackServerContext& context,
                                                           grpc::ByteBuffer* response) {
  return UploadCall::Start(door, method, context, response);
}

}  // namespace storeops::rpc
