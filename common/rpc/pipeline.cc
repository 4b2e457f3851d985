#include "common/rpc/pipeline.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/rpc/active_call.h"
#include "common/rpc/stream_shares.h"
#include "common/rpc/stream_watch.h"
#include "common/rpc/worker_shares.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace storeops::rpc {
namespace {

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

Pipeline::Options Complete(Pipeline::Options options) {
  if (options.workers == nullptr || options.authenticator == nullptr || options.clock == nullptr) std::abort();
  return options;
}

}  // namespace

// Owns itself from Start to Finish.
class Pipeline::UnaryCall final : public Active {
 public:
  UnaryCall(Pipeline& pipeline, Incoming incoming, ReplyCallback done)
      : Active(pipeline, std::move(incoming)), done_(std::move(done)) {}

  void Start() {
    if (absl::Status status = CheckAccepted(); !status.ok()) return Finish(std::move(status));
    if (!method().unary_call()) return Finish(absl::UnimplementedError("the method streams"));
    const auto let_in = TryLetIn();
    if (!let_in.has_value()) return Submit([this] { LetInAndGo(); });
    if (!let_in->ok()) return Finish(*let_in);
    if (AnswerUnblocked()) return;
    Submit([this] { Run(); });
  }

 private:
  void Submit(absl::AnyInvocable<void()> work) { Submit(std::move(work), method().urgency); }
  void Submit(absl::AnyInvocable<void()> work, Urgency urgency) { SubmitFor(WorkerCaller(), std::move(work), urgency); }

  void SubmitFor(const WorkerShares::Caller& caller, absl::AnyInvocable<void()> work, Urgency urgency) {
    if (lends_thread()) return work();
    const auto service = admission_.group == nullptr ? WorkerPool::kNobody : admission_.group->service;
    auto task = [this, work = std::move(work)](absl::Status place) mutable {
      if (!place.ok()) return Finish(std::move(place));
      work();
    };
    pipeline_.worker_shares_->Submit(caller, std::move(task), urgency, service);
  }

  // Until now it had a share of its address; what follows takes one of its caller.
  void LetInAndGo() {
    if (absl::Status status = LetIn(); !status.ok()) return Finish(std::move(status));
    if (!AnswerUnblocked()) Submit([this] { Run(); });
  }

  // True if the call has ended or will be ended without this thread.
  bool AnswerUnblocked() {
    if (method().forward) {
      Forward();
      return true;
    }
    if (method().try_inline && TryInline()) return true;
    if (!method().join || lends_thread()) return false;
    Join();
    return true;
  }

  // True if the call has ended.
  bool TryInline() {
    if (absl::Status status = Decode(); !status.ok()) {
      Finish(std::move(status));
      return true;
    }
    auto answer = method().try_inline(call_, request());
    if (!answer.has_value()) return false;
    Deliver(*std::move(answer));
    return true;
  }

  void Join() {
    if (absl::Status status = Decode(); !status.ok()) return Finish(std::move(status));
    SetReplayKey();
    ReplyCallback done = [this](absl::StatusOr<Reply> answer) { EndJoined(std::move(answer)); };
    absl::Status taken = method().join(call_, request(), *pipeline_.options_.workers, std::move(done));
    if (!taken.ok()) Finish(std::move(taken));
  }

  void EndJoined(absl::StatusOr<Reply> answer) {
    if (answer.ok() || !call_.replay.has_value()) return Deliver(std::move(answer));
    // Not on this thread, which has others to answer. No new work: it has its place whatever else its caller has.
    auto finish = [this, failure = std::move(answer).status()]() mutable {
      Finish(method().replay->AnswerAfter(call_, std::move(failure)));
    };
    SubmitFor({}, std::move(finish), method().urgency);
  }

  void Run() {
    const absl::StatusOr<CostLane*> lane = Weigh();
    if (!lane.ok()) return Finish(lane.status());
    if (*lane == nullptr) return Finish(Answer());
    if (absl::Status status = EnterLane(**lane); !status.ok()) Finish(std::move(status));
  }

  // An expensive call waits without a worker, unless it came with a thread of its own.
  absl::Status EnterLane(CostLane& lane) {
    if (lends_thread()) {
      ASSIGN_OR_RETURN(const CostLane::Slot slot, lane.TryEnter(Asker()));
      Finish(Answer());
      return absl::OkStatus();
    }
    return lane.Enter(
        Asker(), [this] { return CheckWanted().ok(); },
        [this](CostLane::Slot slot) {
          slot_ = std::move(slot);
          Submit([this] { Finish(Answer()); }, Urgency::kBatch);
        });
  }

  absl::StatusOr<Reply> Answer() {
    RETURN_IF_ERROR(CheckWanted());
    RETURN_IF_ERROR(Decode());
    SetReplayKey();
    const auto handle = [this] { return method().unary(call_, request()); };
    return call_.replay.has_value() ? method().replay->AnswerOnce(call_, handle) : handle();
  }

  void SetReplayKey() {
    const auto* field = method().request_id_field;
    if (call_.replay.has_value() || method().replay == nullptr || field == nullptr || method().no_side_effects) return;
    std::string request_id = request().GetReflection()->GetString(request(), field);
    if (request_id.empty()) return;
    std::string hash = pipeline_.request_hash_.Mac(SerializeForHash(request()));
    call_.replay = ReplayKey{call_.principal.name, method().full_name, std::move(request_id), std::move(hash)};
  }

  void Forward() {
    auto bytes = Bytes();
    if (!bytes.ok()) return Finish(std::move(bytes).status());
    method().forward(call_, *std::move(bytes), [this](absl::StatusOr<Reply> answer) { Deliver(std::move(answer)); });
  }

  // Finish, for threads that are no workers.
  void Deliver(absl::StatusOr<Reply> answer) {
    if (!answer.ok() || answer->bytes() < large_reply_bytes() || lends_thread() || pipeline_.OnWorker()) {
      return Finish(std::move(answer));
    }
    const auto kept = std::make_shared<absl::StatusOr<Reply>>(std::move(answer));
    const auto finish = [this, kept] { Finish(std::move(*kept)); };
    if (!pipeline_.options_.workers->TrySubmit(finish, method().urgency)) finish();
  }

  void Finish(absl::StatusOr<Reply> answer) {
    slot_.Release();
    MaskAnswer(answer);
    if (absl::Status status = Conclude(answer.status()); !status.ok()) answer = std::move(status);
    Pipeline& pipeline = pipeline_;
    const Admission admission = admission_;
    // What the call and its transport hold is let go before the pipeline forgets the call.
    ReplyCallback done = std::move(done_);
    std::move(done)(std::move(answer));
    done = nullptr;
    delete this;
    pipeline.CountOut(admission);
  }

  ReplyCallback done_;
  CostLane::Slot slot_;  // while it works, if it is expensive
};

Pipeline::Pipeline(Options options)
    : options_(Complete(std::move(options))),
      request_hash_(options_.secret, "request-hash"),
      worker_shares_(std::make_unique<WorkerShares>(*options_.workers, WorkerShares::Options{})),
      stream_shares_(std::make_unique<StreamShares>(options_.max_streams)),
      stream_watch_(std::make_unique<StreamWatch>(*options_.authenticator, options_.stream_check_interval)) {}

Pipeline::~Pipeline() {
  StopAccepting();
  AwaitIdle(absl::InfiniteFuture());
  JoinEndedStreams();
}

void Pipeline::Serve(Incoming incoming, ReplyCallback done) {
  (new UnaryCall(*this, std::move(incoming), std::move(done)))->Start();
}

Pipeline::MethodState Pipeline::StateOf(const Method& method) {
  static constexpr const char* kNames[kUrgencies] = {"interactive", "batch", "background"};
  MethodState state;
  if (options_.telemetry != nullptr) state.metrics = &options_.telemetry->ForMethod(method.full_name);
  if (!method.unary_call()) return state;
  const auto urgency = static_cast<size_t>(method.urgency);
  const std::string package(method.descriptor->file()->package());
  const std::string name = absl::StrCat(kNames[urgency], " calls of ", package);
  const auto [group, added] = groups_.try_emplace(name);
  if (added) {
    const auto service = services_.try_emplace(package, services_.size() + 1).first->second;
    group->second = {.name = name, .service = service, .limit = options_.max_in_flight[urgency]};
  }
  state.group = &group->second;
  return state;
}

Pipeline::Admission Pipeline::CountIn(const Method& method) {
  absl::MutexLock lock(&mutex_);
  ++in_flight_;
  const auto [found, added] = methods_.try_emplace(&method);
  if (added) found->second = StateOf(method);
  const MethodState& state = found->second;
  Admission admission{.stopping = stopping_, .accepted = !stopping_, .group = nullptr, .metrics = state.metrics};
  if (state.group == nullptr || stopping_) return admission;
  admission.group = state.group;
  admission.accepted = ++state.group->in_flight <= state.group->limit;
  return admission;
}

void Pipeline::CountOut(const Admission& admission) {
  absl::MutexLock lock(&mutex_);
  --in_flight_;
  if (admission.group != nullptr) --admission.group->in_flight;
}

void Pipeline::StopAccepting() {
  std::vector<std::shared_ptr<Cancellation>> streams;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (const auto& stream : streams_) {
      if (stream.cancellation != nullptr) streams.push_back(stream.cancellation);
    }
  }
  // Outside the lock: reactions may be somebody else's code.
  for (const auto& cancellation : streams) cancellation->Cancel();
}

bool Pipeline::AwaitIdle(absl::Time deadline) {
  const auto idle = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return in_flight_ == 0; };
  absl::MutexLock lock(&mutex_);
  return AwaitUntil(mutex_, absl::Condition(&idle), deadline);
}

int Pipeline::in_flight() const {
  absl::MutexLock lock(&mutex_);
  return in_flight_;
}

}  // namespace storeops::rpc
