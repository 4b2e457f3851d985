// Calls that stream, each on a thread of its own.
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/address_shares.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "common/rpc/active_call.h"
#include "common/rpc/stream_shares.h"
#include "common/rpc/stream_watch.h"

namespace storeops::rpc {
namespace {

constexpr absl::Duration kStreamRetryAfter = absl::Seconds(1);

}  // namespace

// Owns itself from Start to Finish.
class Pipeline::ThreadCall : public Active {
 public:
  using Active::Active;
  virtual ~ThreadCall() = default;

  void Start() {
    if (absl::Status status = CheckAccepted(); !status.ok()) return Finish(std::move(status));
    if (absl::Status status = CheckFlow(); !status.ok()) return Finish(std::move(status));
    const auto let_in = TryLetIn();
    if (let_in.has_value() && !let_in->ok()) return Finish(*let_in);
    let_in_ = let_in.has_value();
    if (absl::Status status = TakePlaces(); !status.ok()) return Finish(std::move(status));
    if (absl::Status status = pipeline_.StartThread(this); !status.ok()) Finish(std::move(status));
  }

  // On the call's own thread.
  void Run() { Finish(LetInAndHandle()); }

  virtual std::shared_ptr<Cancellation> shutdown_cancellation() const { return nullptr; }
  void set_thread(std::optional<StreamThreads::iterator> thread) { thread_ = thread; }

 protected:
  // UNIMPLEMENTED if the method's messages flow in another way.
  virtual absl::Status CheckFlow() const = 0;
  virtual absl::Status Handle() = 0;
  // What counts of the handler's outcome.
  virtual absl::Status Outcome(absl::Status status) const = 0;
  // Tells the transport, and lets go of all that it holds.
  virtual void Answer(absl::Status status) = 0;
  // What ends the stream once its caller may not go on, from any thread, maybe after the call.
  virtual std::function<void()> Cut() = 0;

  // Why the caller may not go on, if so.
  absl::Status CheckCaller() const { return watched_ == nullptr ? absl::OkStatus() : watched_->status(); }

 private:
  absl::Status TakePlaces() {
    if (!let_in_ || StreamShares::CountsForAddress(call_.principal)) {
      RETURN_IF_ERROR(places_.TakeForAddress(*pipeline_.stream_shares_, AddressGroup(call_.peer_address)));
    }
    return let_in_ ? places_.TakeForCaller(*pipeline_.stream_shares_, call_.principal) : absl::OkStatus();
  }

  absl::Status LetInLate() {
    RETURN_IF_ERROR(LetIn());
    return places_.TakeForCaller(*pipeline_.stream_shares_, call_.principal);
  }

  absl::Status LetInAndHandle() {
    absl::Status status;
    if (!let_in_) status = LetInLate();
    if (status.ok()) status = CheckWanted();
    if (status.ok()) watched_ = pipeline_.stream_watch_->Watch(credentials(), call_.principal, Cut());
    if (status.ok()) status = Handle();
    return Outcome(std::move(status));
  }

  void Finish(absl::Status status) {
    Answer(Conclude(status));
    Pipeline& pipeline = pipeline_;
    const auto thread = thread_;
    const Admission admission = admission_;
    delete this;
    if (thread.has_value()) return pipeline.CountOut(*thread);
    pipeline.CountOut(admission);
  }

  std::optional<StreamThreads::iterator> thread_;
  bool let_in_ = false;
  StreamShares::Places places_;
  std::shared_ptr<const StreamWatch::Caller> watched_;
};

// Its handler writes to it; it writes to the transport's stream.
class Pipeline::StreamCall final : public ThreadCall, private ReplyStream {
 public:
  StreamCall(Pipeline& pipeline, Incoming incoming, std::shared_ptr<ReplyStream> out,
             absl::AnyInvocable<void(absl::Status)> done)
      : ThreadCall(pipeline, std::move(incoming)), out_(std::move(out)), done_(std::move(done)) {
    // Ended by the caller as before, and by the server's shutdown, of which the transport does not know.
    cancellation_ = std::make_shared<Cancellation>();
    if (call_.cancellation != nullptr) {
      caller_ = std::move(call_.cancellation);
      interest_ = caller_->OnCancel([cancellation = cancellation_] { cancellation->Cancel(); });
    }
    call_.cancellation = cancellation_;
  }

  std::shared_ptr<Cancellation> shutdown_cancellation() const override { return cancellation_; }

 private:
  absl::Status CheckFlow() const override {
    if (method().streams_replies()) return absl::OkStatus();
    return absl::UnimplementedError("the method does not stream its answers");
  }

  absl::Status Handle() override {
    hidden_ = HiddenInResponse();
    if (method().forward_stream) {
      ASSIGN_OR_RETURN(const std::string bytes, Bytes());
      return method().forward_stream(call_, bytes, *this);
    }
    ASSIGN_OR_RETURN(lane_, Weigh());
    if (lane_ != nullptr) {
      ASSIGN_OR_RETURN(slot_, lane_->Await(Asker(), call_.deadline, cancellation_.get()));
    }
    absl::Status status = method().stream(call_, request(), *this);
    slot_.Release();
    return status;
  }

  std::function<void()> Cut() override {
    return [cancellation = cancellation_, cut = TakeCut()] {
      cancellation->Cancel();
      if (cut) cut();
    };
  }

  bool Write(const google::protobuf::Message& message) override {
    // Others have their turn while this caller reads: an expensive stream works from one message to the next.
    slot_.Release();
    if (!cut_short_ && session_.ok()) session_ = StillLetIn();
    if (!cut_short_) cut_short_ = !session_.ok() || !CheckWanted().ok() || !Send(message) || !TakeTurn();
    return !cut_short_;
  }

  // False if the call is not wanted any more.
  bool TakeTurn() {
    if (lane_ == nullptr) return true;
    absl::StatusOr<CostLane::Slot> slot = lane_->Await(Asker(), call_.deadline, cancellation_.get());
    if (!slot.ok()) return false;
    slot_ = *std::move(slot);
    return true;
  }

  bool Send(const google::protobuf::Message& message) {
    if (hidden_.empty()) return out_->Write(message);
    const std::unique_ptr<google::protobuf::Message> masked(message.New());
    masked->CopyFrom(message);
    MaskPersonalData(hidden_, masked.get());
    return out_->Write(*masked);
  }

  // A handler that was stopped may end well; the caller must still learn that there was more.
  absl::Status Outcome(absl::Status status) const override {
    if (!session_.ok()) return session_;
    RETURN_IF_ERROR(CheckCaller());
    const bool caller_gone = caller_ != nullptr && caller_->cancelled();
    const bool gave_way = status.ok() || absl::IsCancelled(status);
    if (gave_way && cancellation_->cancelled() && !caller_gone) {
      return WithReason(UnavailableRetry("the server is shutting down", kStreamRetryAfter), "SHUTTING_DOWN");
    }
    if (!status.ok() || !cut_short_) return status;
    absl::Status cause = CheckWanted();
    return cause.ok() ? WithReason(absl::CancelledError("the caller has gone"), "CANCELLED") : cause;
  }

  void Answer(absl::Status status) override {
    out_ = nullptr;
    interest_ = nullptr;
    auto done = std::move(done_);
    std::move(done)(std::move(status));
  }

  std::shared_ptr<ReplyStream> out_;
  absl::AnyInvocable<void(absl::Status)> done_;
  std::shared_ptr<Cancellation> cancellation_;
  std::shared_ptr<const Cancellation> caller_;
  std::shared_ptr<const void> interest_;
  HiddenData hidden_;
  CostLane* lane_ = nullptr;  // of an expensive stream
  CostLane::Slot slot_;       // while its handler works
  bool cut_short_ = false;
  absl::Status session_;  // why the caller may not read on
};

// Its handler reads from it; it reads from the transport. It has one answer, as a unary call has: a shutdown lets it go
// on for as long as the caller does.
class Pipeline::UploadCall final : public ThreadCall, private RequestStream {
 public:
  UploadCall(Pipeline& pipeline, Incoming incoming, NextBytes next, ReplyCallback done)
      : ThreadCall(pipeline, std::move(incoming)), next_(std::move(next)), done_(std::move(done)) {}

 private:
  absl::Status CheckFlow() const override {
    if (method().uploads()) return absl::OkStatus();
    return absl::UnimplementedError("the method does not take a stream of requests");
  }

  absl::Status Handle() override {
    auto reply = method().forward_upload
                     ? method().forward_upload(call_, [this](std::string* bytes) { return Next(bytes); })
                     : method().upload(call_, *this);
    MaskAnswer(reply);
    if (!reply.ok()) return std::move(reply).status();
    reply_ = *std::move(reply);
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Read(google::protobuf::Message* request) override {
    std::string bytes;
    ASSIGN_OR_RETURN(const bool more, Next(&bytes));
    if (!more) return false;
    ended_ = Take(bytes, request);
    RETURN_IF_ERROR(ended_);
    return true;
  }

  absl::StatusOr<bool> Next(std::string* bytes) {
    RETURN_IF_ERROR(ended_);
    if (read_all_) return false;
    auto more = NextWanted(bytes);
    if (!more.ok()) ended_ = more.status();
    read_all_ = more.ok() && !*more;
    return more;
  }

  std::function<void()> Cut() override {
    std::function<void()> cut = TakeCut();
    return cut ? std::move(cut) : [] {};
  }

  absl::Status CheckWantedOfCaller() const {
    RETURN_IF_ERROR(CheckCaller());
    return CheckWanted();
  }

  absl::StatusOr<bool> NextWanted(std::string* bytes) {
    RETURN_IF_ERROR(CheckWantedOfCaller());
    auto more = next_(bytes);
    // These say better than the transport why.
    if (!more.ok()) RETURN_IF_ERROR(CheckWantedOfCaller());
    if (more.ok() && *more) RETURN_IF_ERROR(CheckRequestBytes(bytes->size()));
    return more;
  }

  absl::Status Take(const std::string& bytes, google::protobuf::Message* request) const {
    if (request->GetDescriptor() != method().request->GetDescriptor()) {
      return STOREOPS_BUG(absl::StrCat(method().full_name, " does not take a ", request->GetTypeName()));
    }
    if (request->ParseFromString(bytes)) return CheckRequest(request);
    return WithReason(
        absl::InvalidArgumentError(absl::StrCat("a request is not a serialised ", request->GetTypeName())),
        "MALFORMED_BODY");
  }

  // A handler that takes the end of a broken stream for the end of a whole one must not have it so.
  absl::Status Outcome(absl::Status status) const override {
    if (status.ok()) return ended_;
    RETURN_IF_ERROR(CheckCaller());
    return status;
  }

  void Answer(absl::Status status) override {
    next_ = nullptr;
    ReplyCallback done = std::move(done_);
    if (!status.ok()) return std::move(done)(std::move(status));
    std::move(done)(*std::move(reply_));
  }

  NextBytes next_;
  ReplyCallback done_;
  std::optional<Reply> reply_;
  absl::Status ended_;  // why there are no more requests
  bool read_all_ = false;
};

void Pipeline::ServeStream(Incoming incoming, std::shared_ptr<ReplyStream> stream,
                           absl::AnyInvocable<void(absl::Status)> done) {
  JoinEndedStreams();
  (new StreamCall(*this, std::move(incoming), std::move(stream), std::move(done)))->Start();
}

void Pipeline::ServeUpload(Incoming incoming, NextBytes next, ReplyCallback done) {
  JoinEndedStreams();
  (new UploadCall(*this, std::move(incoming), std::move(next), std::move(done)))->Start();
}

absl::Status Pipeline::StartThread(ThreadCall* call) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return UnavailableRetry("the server is shutting down", kStreamRetryAfter);
  if (streams_.size() >= static_cast<size_t>(options_.max_streams)) {
    return WithReason(
        ExhaustedRetry(absl::StrCat("at most ", options_.max_streams, " streams can be open"), kStreamRetryAfter),
        "TOO_MANY_STREAMS");
  }
  const auto entry = streams_.insert(streams_.end(), {std::thread(), call->shutdown_cancellation()});
  call->set_thread(entry);
  try {
    // The thread cannot end before this lock is released: its end takes `entry` under it.
    entry->thread = std::thread([call] { call->Run(); });
  } catch (const std::system_error&) {
    call->set_thread(std::nullopt);
    streams_.erase(entry);
    return WithReason(ExhaustedRetry("no thread is left for a stream", kStreamRetryAfter), "TOO_MANY_STREAMS");
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

void Pipeline::CountOut(StreamThreads::iterator stream) {
  absl::MutexLock lock(&mutex_);
  ended_streams_.push_back(std::move(stream->thread));
  streams_.erase(stream);
  --in_flight_;
}

}  // namespace storeops::rpc
