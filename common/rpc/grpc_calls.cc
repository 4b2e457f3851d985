#include "common/rpc/grpc_calls.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/await.h"
#include "common/base/now.h"
#include "common/rpc/grpc_bytes.h"
#include "common/rpc/grpc_incoming.h"
#include "common/rpc/grpc_status.h"

namespace storeops::rpc {
namespace {

using Context = grpc::CallbackServerContext;

// What a stream may have waiting for the network before its handler must wait.
constexpr size_t kMaxQueuedMessages = 16;
constexpr size_t kMaxQueuedBytes = 1 << 20;

class WaitingCall;

// One unary call. Most are answered before the door returns to gRPC: these finish on gRPC's own default reactor, which
// ends a call in the thread that is at it. Only the others get a reactor of ours, whose end costs a change of threads.
// Shared by the reactor and the pipeline: either may let go first.
class UnaryCall {
 public:
  explicit UnaryCall(const grpc::ByteBuffer& request) : request_(request) {}

  static grpc::ServerUnaryReactor* Start(Door& door, const Method& method, Context& context,
                                         const grpc::ByteBuffer& request, grpc::ByteBuffer* response);

  void Answer(absl::StatusOr<Reply> reply);
  void Cancel();

 private:
  // In the thread of the door, once: whoever was answered already needs no waiting reactor.
  std::optional<absl::StatusOr<Reply>> TakeAnswerOrWait(WaitingCall* reactor);

  const grpc::ByteBuffer request_;  // shares the slices
  Cancellation cancellation_;
  absl::Mutex mutex_;
  bool answered_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::StatusOr<Reply>> early_ ABSL_GUARDED_BY(mutex_);
  WaitingCall* reactor_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

grpc::Status WriteReply(const absl::StatusOr<Reply>& reply, grpc::ByteBuffer* response) {
  if (!reply.ok()) return ToGrpcStatus(reply.status());
  *response = ToByteBuffer(*reply);
  return grpc::Status::OK;
}

class WaitingCall final : public grpc::ServerUnaryReactor {
 public:
  WaitingCall(std::shared_ptr<UnaryCall> call, grpc::ByteBuffer* response)
      : call_(std::move(call)), response_(response) {}

  // Once. gRPC may delete this before it returns.
  void FinishWith(const absl::StatusOr<Reply>& reply) { Finish(WriteReply(reply, response_)); }

  void OnCancel() override { call_->Cancel(); }
  void OnDone() override { delete this; }

 private:
  const std::shared_ptr<UnaryCall> call_;
  grpc::ByteBuffer* const response_;  // gRPC's, alive until Finish
};

grpc::ServerUnaryReactor* FinishNow(Context& context, const absl::StatusOr<Reply>& reply, grpc::ByteBuffer* response) {
  auto* reactor = context.DefaultReactor();
  reactor->Finish(WriteReply(reply, response));
  return reactor;
}

grpc::ServerUnaryReactor* UnaryCall::Start(Door& door, const Method& method, Context& context,
                                           const grpc::ByteBuffer& request, grpc::ByteBuffer* response) {
  if (door.closing) return FinishNow(context, Closing(), response);
  const auto call = std::make_shared<UnaryCall>(request);
  Incoming incoming = MakeIncoming(door, method, context, request.Length());
  incoming.decode = [call](google::protobuf::Message* message) { return ParseByteBuffer(call->request_, message); };
  incoming.binary = [call] { return ToString(call->request_); };
  incoming.cancellation = std::shared_ptr<const Cancellation>(call, &call->cancellation_);
  door.pipeline.Serve(std::move(incoming), [call](absl::StatusOr<Reply> reply) { call->Answer(std::move(reply)); });
  auto waiting = std::make_unique<WaitingCall>(call, response);
  const auto early = call->TakeAnswerOrWait(waiting.get());
  if (early.has_value()) return FinishNow(context, *early, response);
  return waiting.release();
}

// The first answer counts; a reactor is not touched after it.
void UnaryCall::Answer(absl::StatusOr<Reply> reply) {
  WaitingCall* reactor = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    if (answered_) return;
    answered_ = true;
    reactor = reactor_;
    if (reactor == nullptr) {
      early_ = std::move(reply);
      return;
    }
  }
  reactor->FinishWith(reply);
}

// The handler may never heed it: the call ends here and now, so that it cannot hold up a shutdown.
void UnaryCall::Cancel() {
  cancellation_.Cancel();
  Answer(CallerGone());
}

std::optional<absl::StatusOr<Reply>> UnaryCall::TakeAnswerOrWait(WaitingCall* reactor) {
  absl::MutexLock lock(&mutex_);
  if (!early_.has_value()) reactor_ = reactor;
  return std::move(early_);
}

// The handler's thread puts messages into a short queue; gRPC's reactions take them out, one write at a time.
class StreamCall final : public grpc::ServerWriteReactor<grpc::ByteBuffer>, public ReplyStream {
 public:
  StreamCall(const grpc::ByteBuffer& request, absl::Time deadline) : request_(request), deadline_(deadline) {}

  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(Door& door, const Method& method, const Context& context,
                                                           const grpc::ByteBuffer& request) {
    const absl::Time deadline = std::min(DeadlineOf(context), SteadyNow() + method.time_limit);
    auto call = std::make_shared<StreamCall>(request, deadline);
    call->self_ = call;
    if (door.closing) {
      call->End(Closing());
      return call.get();
    }
    Incoming incoming = MakeIncoming(door, method, context, request.Length());
    incoming.decode = [call](google::protobuf::Message* message) { return ParseByteBuffer(call->request_, message); };
    incoming.binary = [call] { return ToString(call->request_); };
    incoming.cancellation = std::shared_ptr<const Cancellation>(call, &call->cancellation_);
    incoming.cut = [call] { call->Cut(); };
    door.pipeline.ServeStream(std::move(incoming), call, [call](absl::Status status) { call->End(std::move(status)); });
    return call.get();
  }

  bool Write(const google::protobuf::Message& message) override {
    grpc::ByteBuffer bytes = ToByteBuffer(message);
    {
      absl::MutexLock lock(&mutex_);
      if (!AwaitUntil(mutex_, absl::Condition(this, &StreamCall::MayQueue), deadline_) || closed_) return false;
      queued_bytes_ += bytes.Length();
      queue_.push_back(std::move(bytes));
    }
    Advance();
    return true;
  }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      if (!ok) Close();
    }
    Advance();
  }

  void OnCancel() override {
    cancellation_.Cancel();
    {
      absl::MutexLock lock(&mutex_);
      Close();
    }
    Advance();
  }

  void OnDone() override { const auto last_reference = std::move(self_); }

 private:
  // What was written goes out first.
  void End(absl::Status status) {
    {
      absl::MutexLock lock(&mutex_);
      if (!status_.has_value()) status_ = std::move(status);
    }
    Advance();
  }

  // The status is still to come, from End.
  void Cut() {
    absl::MutexLock lock(&mutex_);
    Drop();
  }

  void Drop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    closed_ = true;
    queue_.clear();
    queued_bytes_ = 0;
  }

  void Close() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Drop();
    if (!status_.has_value()) status_ = CallerGone();
  }

  bool MayQueue() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return closed_ || (queue_.size() < kMaxQueuedMessages && queued_bytes_ < kMaxQueuedBytes);
  }

  // Starts the next operation, if none is under way: a write, or the end once everything is written.
  void Advance() {
    std::optional<absl::Status> end;
    {
      absl::MutexLock lock(&mutex_);
      if (writing_ || finished_) return;
      if (!queue_.empty()) {
        current_ = queue_.front();
        queue_.pop_front();
        queued_bytes_ -= current_.Length();
        writing_ = true;
      } else if (status_.has_value()) {
        finished_ = true;
        end = status_;
      } else {
        return;
      }
    }
    if (end.has_value()) {
      Finish(ToGrpcStatus(*end));
    } else {
      StartWrite(&current_);
    }
  }

  const grpc::ByteBuffer request_;
  const absl::Time deadline_;
  Cancellation cancellation_;
  grpc::ByteBuffer current_;  // belongs to the write under way
  absl::Mutex mutex_;
  std::deque<grpc::ByteBuffer> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;    // nobody reads any more, or may
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;  // no operation may follow
  std::optional<absl::Status> status_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<StreamCall> self_;
};

}  // namespace

grpc::ServerUnaryReactor* StartUnaryCall(Door& door, const Method& method, Context& context,
                                         const grpc::ByteBuffer& request, grpc::ByteBuffer* response) {
  return UnaryCall::Start(door, method, context, request, response);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartStreamCall(Door& door, const Method& method, const Context& context,
                                                            const grpc::ByteBuffer& request) {
  return StreamCall::Start(door, method, context, request);
}

}  // namespace storeops::rpc
