#include "common/rpc/pipeline.h"

#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>

#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/rpc/active_call.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace storeops::rpc {
namespace {

constexpr absl::Duration kRetryAfter = absl::Seconds(1);

// The same for equal requests, whatever order their maps came in.
std::string SerializeForHash(const google::protobuf::Message& request) {
  std::string bytes;
  google::protobuf::io::StringOutputStream out(&bytes);
  google::protobuf::io::CodedOutputStream coded(&out);
  coded.SetSerializationDeterministic(true);
  request.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

// Owns itself from Start to Finish.
class Pipeline::UnaryCall final : public Active {
 public:
  UnaryCall(Pipeline& pipeline, Incoming incoming, ReplyCallback done)
      : Active(pipeline, std::move(incoming)), done_(std::move(done)) {}

  void Start() {
    if (absl::Status status = CheckAccepted(); !status.ok()) return Finish(std::move(status));
    if (method().streaming()) return Finish(absl::UnimplementedError("the method streams its answers"));
    const auto let_in = TryLetIn();
    if (!let_in.has_value()) return Submit([this] { LetInAndGo(); });
    if (!let_in->ok()) return Finish(*let_in);
    if (method().forward) return Forward();
    if (method().try_inline && TryInline()) return;
    Submit([this] { Run(); });
  }

 private:
  void Submit(absl::AnyInvocable<void()> work) {
    if (pipeline_.options_.workers->TrySubmit(std::move(work))) return;
    Finish(WithReason(UnavailableRetry("too much work is waiting", kRetryAfter), "OVERLOADED"));
  }

  void LetInAndGo() {
    if (absl::Status status = LetIn(); !status.ok()) return Finish(std::move(status));
    if (method().forward) return Forward();
    if (method().try_inline && TryInline()) return;
    Run();
  }

  // True if the call has ended.
  bool TryInline() {
    if (absl::Status status = Decode(); !status.ok()) {
      Finish(std::move(status));
      return true;
    }
    auto answer = method().try_inline(call_, request());
    if (!answer.has_value()) return false;
    Finish(*std::move(answer));
    return true;
  }

  void Run() { Finish(Answer()); }

  absl::StatusOr<Reply> Answer() {
    RETURN_IF_ERROR(CheckWanted());
    RETURN_IF_ERROR(Decode());
    SetReplayKey();
    if (!call_.replay.has_value()) return method().unary(call_, request());
    ASSIGN_OR_RETURN(auto stored, method().replay->Find(*call_.replay, call_.deadline));
    if (stored.has_value()) return Reply::FromBinary(*std::move(stored));
    auto answer = method().unary(call_, request());
    return answer.ok() ? std::move(answer) : AnswerOfTwin(std::move(answer).status());
  }

  void SetReplayKey() {
    const auto* field = method().request_id_field;
    if (method().replay == nullptr || field == nullptr || method().no_side_effects) return;
    std::string request_id = request().GetReflection()->GetString(request(), field);
    if (request_id.empty()) return;
    std::string hash = pipeline_.request_hash_.Mac(SerializeForHash(request()));
    call_.replay = ReplayKey{call_.principal.name, method().full_name, std::move(request_id), std::move(hash)};
  }

  // A twin that ran at the same time may have won: then its answer is ours, or the id was reused for another request.
  absl::StatusOr<Reply> AnswerOfTwin(absl::Status error) {
    auto stored = method().replay->Find(*call_.replay, call_.deadline);
    if (stored.ok() && stored->has_value()) return Reply::FromBinary(**std::move(stored));
    if (absl::IsInvalidArgument(stored.status())) return std::move(stored).status();
    return error;
  }

  void Forward() {
    auto bytes = Bytes();
    if (!bytes.ok()) return Finish(std::move(bytes).status());
    method().forward(call_, *std::move(bytes), [this](absl::StatusOr<Reply> answer) { Finish(std::move(answer)); });
  }

  void Finish(absl::StatusOr<Reply> answer) {
    if (absl::Status status = Conclude(answer.status()); !status.ok()) answer = std::move(status);
    Pipeline& pipeline = pipeline_;
    // What the call and its transport hold is let go before the pipeline forgets the call.
    ReplyCallback done = std::move(done_);
    std::move(done)(std::move(answer));
    done = nullptr;
    delete this;
    pipeline.CountOut();
  }

  ReplyCallback done_;
};

// Owns itself from Start to Finish. Its handler writes to it; it writes to the transport's stream.
class Pipeline::StreamCall final : public Active, private ReplyStream {
 public:
  StreamCall(Pipeline& pipeline, Incoming incoming, std::shared_ptr<ReplyStream> out,
             absl::AnyInvocable<void(absl::Status)> done)
      : Active(pipeline, std::move(incoming)), out_(std::move(out)), done_(std::move(done)) {
    // Ended by the caller as before, and by the server's shutdown, of which the transport does not know.
    cancellation_ = std::make_shared<Cancellation>();
    if (call_.cancellation != nullptr) {
      caller_ = std::move(call_.cancellation);
      interest_ = caller_->OnCancel([cancellation = cancellation_] { cancellation->Cancel(); });
    }
    call_.cancellation = cancellation_;
  }

  void Start() {
    if (absl::Status status = CheckAccepted(); !status.ok()) return Finish(std::move(status));
    if (!method().streaming()) return Finish(absl::UnimplementedError("the method does not stream its answers"));
    const auto let_in = TryLetIn();
    if (let_in.has_value() && !let_in->ok()) return Finish(*let_in);
    let_in_ = let_in.has_value();
    if (absl::Status status = pipeline_.StartStream(this); !status.ok()) Finish(std::move(status));
  }

  // On the stream's own thread.
  void Run() { Finish(Outcome(Handle())); }

  const std::shared_ptr<Cancellation>& cancellation() const { return cancellation_; }
  void set_thread(std::optional<StreamThreads::iterator> thread) { thread_ = thread; }

 private:
  absl::Status Handle() {
    if (!let_in_) RETURN_IF_ERROR(LetIn());
    RETURN_IF_ERROR(CheckWanted());
    if (method().forward_stream) {
      ASSIGN_OR_RETURN(const std::string bytes, Bytes());
      return method().forward_stream(call_, bytes, *this);
    }
    RETURN_IF_ERROR(Decode());
    return method().stream(call_, request(), *this);
  }

  bool Write(const google::protobuf::Message& message) override {
    if (!cut_short_) cut_short_ = !CheckWanted().ok() || !out_->Write(message);
    return !cut_short_;
  }

  // A handler that was stopped may end well; the caller must still learn that there was more.
  absl::Status Outcome(absl::Status status) const {
    const bool caller_gone = caller_ != nullptr && caller_->cancelled();
    const bool gave_way = status.ok() || absl::IsCancelled(status);
    if (gave_way && cancellation_->cancelled() && !caller_gone) {
      return WithReason(UnavailableRetry("the server is shutting down", kRetryAfter), "SHUTTING_DOWN");
    }
    if (!status.ok() || !cut_short_) return status;
    absl::Status cause = CheckWanted();
    return cause.ok() ? WithReason(absl::CancelledError("the caller has gone"), "CANCELLED") : cause;
  }

  void Finish(absl::Status status) {
    status = Conclude(status);
    out_ = nullptr;
    interest_ = nullptr;
    auto done = std::move(done_);
    std::move(done)(std::move(status));
    done = nullptr;
    Pipeline& pipeline = pipeline_;
    const auto thread = thread_;
    delete this;
    if (thread.has_value()) return pipeline.CountOut(*thread);
    pipeline.CountOut();
  }

  std::shared_ptr<ReplyStream> out_;
  absl::AnyInvocable<void(absl::Status)> done_;
  std::shared_ptr<Cancellation> cancellation_;
  std::shared_ptr<const Cancellation> caller_;
  std::shared_ptr<const void> interest_;
  std::optional<StreamThreads::iterator> thread_;
  bool let_in_ = false;
  bool cut_short_ = false;
};

Pipeline::Pipeline(Options options) : options_(std::move(options)), request_hash_(options_.secret, "request-hash") {
  if (options_.workers == nullptr || options_.authenticator == nullptr || options_.clock == nullptr) std::abort();
}

Pipeline::~Pipeline() {
  StopAccepting();
  AwaitIdle(absl::InfiniteFuture());
  JoinEndedStreams();
}

void Pipeline::Serve(Incoming incoming, ReplyCallback done) {
  (new UnaryCall(*this, std::move(incoming), std::move(done)))->Start();
}

void Pipeline::ServeStream(Incoming incoming, std::shared_ptr<ReplyStream> stream,
                           absl::AnyInvocable<void(absl::Status)> done) {
  JoinEndedStreams();
  (new StreamCall(*this, std::move(incoming), std::move(stream), std::move(done)))->Start();
}

absl::Status Pipeline::StartStream(StreamCall* call) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return UnavailableRetry("the server is shutting down", kRetryAfter);
  if (streams_.size() >= static_cast<size_t>(options_.max_streams)) {
    return WithReason(ExhaustedRetry("too many streams are open", kRetryAfter), "TOO_MANY_STREAMS");
  }
  const auto entry = streams_.insert(streams_.end(), {std::thread(), call->cancellation()});
  call->set_thread(entry);
  try {
    // The thread cannot end before this lock is released: its end takes `entry` under it.
    entry->thread = std::thread([this, call] {
      if (options_.on_stream_thread_start) options_.on_stream_thread_start();
      call->Run();
    });
  } catch (const std::system_error&) {
    call->set_thread(std::nullopt);
    streams_.erase(entry);
    return WithReason(ExhaustedRetry("no thread is left for a stream", kRetryAfter), "TOO_MANY_STREAMS");
  }
  return absl::OkStatus();
}

void Pipeline::JoinEndedStreams() {
  std::vector<std::thread> ended;
  {
    absl::MutexLock lock(&mutex_);
    ended.swap(ended_streams_);
  }
  for (auto& thread : ended) thread.join();
}

Pipeline::Admission Pipeline::CountIn(const Method* method) {
  absl::MutexLock lock(&mutex_);
  ++in_flight_;
  if (options_.telemetry == nullptr) return {!stopping_, nullptr};
  telemetry::MethodMetrics*& metrics = metrics_[method];
  if (metrics == nullptr) metrics = &options_.telemetry->ForMethod(method->full_name);
  return {!stopping_, metrics};
}

void Pipeline::CountOut() {
  absl::MutexLock lock(&mutex_);
  --in_flight_;
}

void Pipeline::CountOut(StreamThreads::iterator stream) {
  if (options_.on_stream_thread_end) options_.on_stream_thread_end();
  absl::MutexLock lock(&mutex_);
  ended_streams_.push_back(std::move(stream->thread));
  streams_.erase(stream);
  --in_flight_;
}

void Pipeline::StopAccepting() {
  std::vector<std::shared_ptr<Cancellation>> streams;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (const auto& stream : streams_) streams.push_back(stream.cancellation);
  }
  // Outside the lock: reactions may be somebody else's code.
  for (const auto& cancellation : streams) cancellation->Cancel();
}

bool Pipeline::AwaitIdle(absl::Time deadline) {
  const auto idle = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return in_flight_ == 0; };
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithDeadline(absl::Condition(&idle), deadline);
}

int Pipeline::in_flight() const {
  absl::MutexLock lock(&mutex_);
  return in_flight_;
}

}  // namespace storeops::rpc
