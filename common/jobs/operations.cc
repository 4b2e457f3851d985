#include "common/jobs/operations.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/await.h"
#include "common/base/background_thread.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/jobs/operation_store.h"
#include "common/jobs/operation_work.h"
#include "common/rpc/method_table.h"
#include "google/protobuf/empty.pb.h"

namespace storeops::jobs {
namespace {

using google::longrunning::Operation;
using storeops::operations::v1::OperationMetadata;

constexpr absl::string_view kType = "operations.storeops/Operation";
constexpr absl::string_view kNamePrefix = "operations/";
constexpr int kMaxFruitlessAttempts = 5;
constexpr int kDueLimit = 64;
constexpr size_t kMaxMethodsOfLane = 16;
constexpr resource::PageSizes kPageSizes{50, 200};
constexpr absl::Duration kDatabaseLimit = absl::Seconds(10);
constexpr absl::Duration kWaitInterval = absl::Milliseconds(200);
constexpr absl::Duration kMaxRetryPause = absl::Minutes(1);
constexpr absl::Duration kShortenInterval = absl::Seconds(10);
// Of all threads together, while the database fails.
constexpr absl::Duration kWarningInterval = absl::Seconds(10);

std::string FormatName(absl::string_view service, int64_t id) { return absl::StrCat(kNamePrefix, service, ".", id); }

absl::Status NotFound(absl::string_view name) { return ResourceNotFound(kType, name); }

absl::StatusOr<Operation> ToOperation(const std::string& name, const OperationRow& row) {
  Operation operation;
  operation.set_name(name);
  operation.mutable_metadata()->PackFrom(row.metadata);
  bool readable = true;
  switch (row.metadata.state()) {
    case OperationMetadata::SUCCEEDED:
      operation.set_done(true);
      readable = operation.mutable_response()->ParseFromString(row.result);
      break;
    case OperationMetadata::FAILED:
    case OperationMetadata::CANCELLED:
      operation.set_done(true);
      readable = operation.mutable_error()->ParseFromString(row.result);
      break;
    default:
      break;
  }
  if (!readable) return STOREOPS_BUG(absl::StrCat("the result of ", name, " cannot be read"));
  return operation;
}

std::string CancelledResult() {
  return ToRpcStatus(absl::CancelledError("the operation was cancelled")).SerializeAsString();
}

}  // namespace

std::string ServiceOfOperation(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, kNamePrefix)) return "";
  const size_t dot = name.rfind('.');
  return dot == absl::string_view::npos ? "" : std::string(name.substr(0, dot));
}

class Operations::Impl {
 public:
  Impl(const resource::Store& store, const resource::PageTokens& tokens, std::string holder, Options options)
      : store_(store),
        tokens_(tokens),
        options_(std::move(options)),
        table_(store.database, std::move(holder), options_.lease_term),
        watcher_({.name = "operations", .body = [this] { RunWatcher(); }}),
        workers_({.name = "operations",
                  .body = [this] { RunWorker(); },
                  .on_stop = [this] { YieldAll(); },
                  .threads = std::accumulate(options_.threads.begin(), options_.threads.end(), 0)}) {}

  void Register(absl::string_view method, OperationLane lane, Worker worker);
  void Start();
  void Stop();
  absl::StatusOr<Operation> Create(resource::Write& write, const google::protobuf::Message& request);
  absl::StatusOr<Operation> Get(absl::string_view name, absl::Time deadline);
  absl::StatusOr<Operation> Cancel(absl::string_view name, absl::Time deadline);
  absl::StatusOr<Operation> Wait(absl::string_view name, absl::Time until, absl::Time deadline);
  absl::StatusOr<storeops::operations::v1::ListOperationsResponse> List(
      const storeops::operations::v1::ListOperationsRequest& request, absl::Time deadline);
  absl::StatusOr<int64_t> Prune(absl::Time now, int limit, absl::Time deadline) {
    return table_.Prune(now - options_.retention, limit, deadline);
  }
  const std::string& service() const { return options_.service; }

 private:
  absl::StatusOr<int64_t> ParseName(absl::string_view name) const;
  // One thread belongs to one lane, so that all lanes stop together.
  void RunWorker();
  void RunLane(const std::vector<std::string>& methods);
  void RunWatcher();
  void YieldAll();
  // An operation of one of these methods; null: none is due.
  absl::StatusOr<std::shared_ptr<OperationWork>> TakeUp(const std::vector<std::string>& methods);
  void WarnOfTakingUp(const absl::Status& failure);
  void Do(OperationWork& work);
  Ending Conclude(const OperationWork& work, const absl::StatusOr<std::unique_ptr<google::protobuf::Message>>& result);
  void WriteEnding(const OperationWork& work, const Ending& ending);
  int FruitlessAttempts(const OperationWork& work);
  absl::Duration RetryPause(int fruitless_attempts) const;

  const resource::Store store_;
  const resource::PageTokens& tokens_;
  const Options options_;
  OperationStore table_;
  // Fixed from Start on.
  std::map<std::string, Worker, std::less<>> methods_;
  std::array<std::vector<std::string>, kOperationLanes> lanes_;  // the methods of each
  std::atomic<int> started_threads_{0};
  absl::Mutex mutex_;
  absl::Time next_warning_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int64_t ended_ ABSL_GUARDED_BY(mutex_) = 0;  // work that ended in this process
  std::vector<std::shared_ptr<OperationWork>> running_ ABSL_GUARDED_BY(mutex_);
  BackgroundThread watcher_;
  BackgroundThread workers_;
};

void Operations::Impl::Register(absl::string_view method, OperationLane lane, Worker worker) {
  std::vector<std::string>& methods = lanes_[static_cast<size_t>(lane)];
  STOREOPS_ASSERT(!methods_.contains(method) && methods.size() < kMaxMethodsOfLane);
  methods.emplace_back(method);
  methods_.emplace(method, std::move(worker));
}

void Operations::Impl::Start() {
  if (methods_.empty()) return;
  workers_.Start();
  watcher_.Start();
}

void Operations::Impl::Stop() {
  workers_.Stop();
  // Only now: leases are renewed until the last one is released.
  watcher_.Stop();
}

void Operations::Impl::YieldAll() {
  absl::MutexLock lock(&mutex_);
  for (const auto& work : running_) work->Yield();
}

absl::StatusOr<int64_t> Operations::Impl::ParseName(absl::string_view name) const {
  absl::string_view number = name;
  int64_t id = 0;
  if (!absl::ConsumePrefix(&number, absl::StrCat(kNamePrefix, options_.service, ".")) ||
      !absl::SimpleAtoi(number, &id) || FormatName(options_.service, id) != name) {
    return NotFound(name);
  }
  return id;
}

absl::StatusOr<Operation> Operations::Impl::Create(resource::Write& write, const google::protobuf::Message& request) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, write.TakeIds("operation", 1));
  OperationRow row;
  row.id = ids.front();
  row.metadata.set_state(OperationMetadata::QUEUED);
  row.metadata.set_method(write.call().method->full_name);
  row.metadata.set_creator(write.call().principal.name);
  *row.metadata.mutable_create_time() = ToTimestamp(write.now());
  RETURN_IF_ERROR(table_.Insert(write.session(), row, request.SerializeAsString(), write.now()));
  write.AfterCommit([this] { workers_.Wake(); });
  return ToOperation(FormatName(options_.service, row.id), row);
}

absl::StatusOr<Operation> Operations::Impl::Get(absl::string_view name, absl::Time deadline) {
  ASSIGN_OR_RETURN(const int64_t id, ParseName(name));
  ASSIGN_OR_RETURN(const std::optional<OperationRow> row, table_.Read(id, deadline));
  if (!row.has_value()) return NotFound(name);
  return ToOperation(std::string(name), *row);
}

absl::StatusOr<Operation> Operations::Impl::Cancel(absl::string_view name, absl::Time deadline) {
  ASSIGN_OR_RETURN(const int64_t id, ParseName(name));
  RETURN_IF_ERROR(table_.Cancel(id, CancelledResult(), store_.clock.Now(), deadline));
  {
    absl::MutexLock lock(&mutex_);
    ++ended_;
    for (const auto& work : running_) {
      if (work->claim().id == id) work->RequestCancel();
    }
  }
  return Get(name, deadline);
}

absl::StatusOr<Operation> Operations::Impl::Wait(absl::string_view name, absl::Time until, absl::Time deadline) {
  while (true) {
    int64_t seen;
    {
      absl::MutexLock lock(&mutex_);
      seen = ended_;
    }
    ASSIGN_OR_RETURN(Operation operation, Get(name, deadline));
    const absl::Time now = SteadyNow();
    if (operation.done() || now >= until) return operation;
    absl::MutexLock lock(&mutex_);
    const auto woken = [this, seen] {
      mutex_.AssertReaderHeld();
      return ended_ != seen;
    };
    // Work of other processes is looked for again and again.
    AwaitUntil(mutex_, absl::Condition(&woken), std::min(until, now + kWaitInterval));
  }
}

absl::StatusOr<storeops::operations::v1::ListOperationsResponse> Operations::Impl::List(
    const storeops::operations::v1::ListOperationsRequest& request, absl::Time deadline) {
  if (request.service() != options_.service) {
    return InvalidField("service", absl::StrCat("\"", request.service(), "\" has no operations here"));
  }
  ASSIGN_OR_RETURN(const resource::ListPage page, tokens_.Open(request, "n", kPageSizes));
  const int64_t before = page.Number(0, std::numeric_limits<int64_t>::max());
  ASSIGN_OR_RETURN(std::vector<OperationRow> rows, table_.List(before, page.limit(), deadline));

  storeops::operations::v1::ListOperationsResponse response;
  page.Close(rows, [](const OperationRow& last) -> resource::PageKeys { return {last.id}; }, &response);
  for (const OperationRow& row : rows) {
    ASSIGN_OR_RETURN(*response.add_operations(), ToOperation(FormatName(options_.service, row.id), row));
  }
  return response;
}

void Operations::Impl::RunWorker() {
  int thread = started_threads_.fetch_add(1);
  size_t lane = 0;
  while (thread >= options_.threads[lane]) thread -= options_.threads[lane++];
  if (!lanes_[lane].empty()) RunLane(lanes_[lane]);
}

void Operations::Impl::RunLane(const std::vector<std::string>& methods) {
  while (!workers_.Stopping()) {
    const auto work = TakeUp(methods);
    if (!work.ok()) WarnOfTakingUp(work.status());
    if (work.ok() && *work != nullptr) {
      Do(**work);
      absl::MutexLock lock(&mutex_);
      running_.erase(std::find(running_.begin(), running_.end(), *work));
      ++ended_;
      continue;
    }
    workers_.AwaitWake(SteadyNow() + options_.poll_interval);
  }
}

void Operations::Impl::WarnOfTakingUp(const absl::Status& failure) {
  const absl::Time now = SteadyNow();
  absl::MutexLock lock(&mutex_);
  if (now < next_warning_) return;
  next_warning_ = now + kWarningInterval;
  telemetry::Log(telemetry::LogLevel::kWarning, "operations cannot be taken up",
                 {{"service", options_.service}, {"error", failure.ToString()}});
}

absl::StatusOr<std::shared_ptr<OperationWork>> Operations::Impl::TakeUp(const std::vector<std::string>& methods) {
  const absl::Time now = SteadyNow();
  const absl::Time deadline = now + kDatabaseLimit;
  ASSIGN_OR_RETURN(const std::vector<DueOperation> due, table_.Due(methods, kDueLimit, deadline));
  for (const DueOperation& candidate : due) {
    ASSIGN_OR_RETURN(const std::optional<Claim> claim, table_.TryClaim(candidate, store_.clock.Now(), deadline));
    if (!claim.has_value()) continue;
    ASSIGN_OR_RETURN(ClaimedWork claimed, table_.ReadWork(*claim, deadline));
    auto work = std::make_shared<OperationWork>(table_, *claim, candidate.method, std::move(claimed), now);
    absl::MutexLock lock(&mutex_);
    if (workers_.Stopping()) work->Yield();
    running_.push_back(work);
    return work;
  }
  return nullptr;
}

void Operations::Impl::Do(OperationWork& work) {
  const int attempts = work.attempt();
  if (work.cancel_requested()) {
    return WriteEnding(work, {OperationMetadata::CANCELLED, CancelledResult(), attempts - 1, {}, store_.clock.Now()});
  }
  if (work.fruitless_attempts() > kMaxFruitlessAttempts) {
    const absl::Status failure =
        WithReason(absl::AbortedError(absl::StrCat("given up: ", kMaxFruitlessAttempts,
                                                   " attempts in a row ended without progress, by their process's end "
                                                   "or because the database did not answer")),
                   "OPERATION_GIVEN_UP");
    return WriteEnding(
        work,
        {OperationMetadata::FAILED, ToRpcStatus(failure).SerializeAsString(), attempts - 1, {}, store_.clock.Now()});
  }
  const auto result = methods_.find(work.method())->second(work);
  if (work.lost()) {
    telemetry::Log(telemetry::LogLevel::kWarning, "an operation was lost to another process",
                   {{"operation", FormatName(options_.service, work.claim().id)}});
    return;
  }
  WriteEnding(work, Conclude(work, result));
}

Ending Operations::Impl::Conclude(const OperationWork& work,
                                  const absl::StatusOr<std::unique_ptr<google::protobuf::Message>>& result) {
  const int attempt = work.attempt();
  const absl::Time now = store_.clock.Now();
  if (result.ok()) {
    google::protobuf::Any response;
    if (*result != nullptr) {
      response.PackFrom(**result);
    } else {
      response.PackFrom(google::protobuf::Empty());
    }
    return {OperationMetadata::SUCCEEDED, response.SerializeAsString(), attempt, {}, now};
  }
  const absl::Status& status = result.status();
  // Given back: this was no attempt that failed.
  if (work.yielded()) return {OperationMetadata::QUEUED, "", attempt - 1, {}, std::nullopt, /*given_back=*/true};
  if (absl::IsCancelled(status)) return {OperationMetadata::CANCELLED, CancelledResult(), attempt, {}, now};
  telemetry::Log(telemetry::LogLevel::kWarning, "an operation failed",
                 {{"operation", FormatName(options_.service, work.claim().id)},
                  {"method", work.method()},
                  {"attempt", absl::StrCat(attempt)},
                  {"error", status.ToString()}});
  const int fruitless =
      absl::IsAborted(status) || absl::IsUnavailable(status) ? FruitlessAttempts(work) : kMaxFruitlessAttempts;
  if (fruitless < kMaxFruitlessAttempts) {
    return {OperationMetadata::QUEUED, "", attempt, RetryPause(fruitless), std::nullopt};
  }
  return {OperationMetadata::FAILED, ToRpcStatus(status).SerializeAsString(), attempt, {}, now};
}

// Where the database does not say, this attempt is taken for progress: the row's own count decides when it is taken up.
int Operations::Impl::FruitlessAttempts(const OperationWork& work) {
  if (work.Unsaved().checkpoint.has_value()) return 0;
  return table_.FruitlessAttempts(work.claim(), SteadyNow() + kDatabaseLimit).value_or(0);
}

absl::Duration Operations::Impl::RetryPause(int fruitless_attempts) const {
  return std::min(options_.poll_interval * (1 << std::max(fruitless_attempts, 1)), kMaxRetryPause);
}

// Tries for as long as nobody else can have taken the operation up.
void Operations::Impl::WriteEnding(const OperationWork& work, const Ending& ending) {
  while (true) {
    const absl::StatusOr<bool> written = table_.End(work.claim(), work.Unsaved(), ending, SteadyNow() + kDatabaseLimit);
    if (written.ok()) return;
    telemetry::Log(
        telemetry::LogLevel::kWarning, "the end of an operation cannot be written",
        {{"operation", FormatName(options_.service, work.claim().id)}, {"error", written.status().ToString()}});
    if (SteadyNow() + options_.poll_interval >= work.lease_end()) return;
    absl::SleepFor(options_.poll_interval);
  }
}

void Operations::Impl::RunWatcher() {
  const absl::Duration interval = std::min(options_.poll_interval, options_.lease_term / 4);
  absl::Time shortened = absl::InfinitePast();
  while (watcher_.WaitFor(interval)) {
    if (SteadyNow() - shortened > kShortenInterval) {
      shortened = SteadyNow();
      // What fails is tried again.
      table_.Shorten(std::max(options_.lease_term, kMaxRetryPause), shortened + kDatabaseLimit).IgnoreError();
    }
    std::vector<std::shared_ptr<OperationWork>> running;
    {
      absl::MutexLock lock(&mutex_);
      running = running_;
    }
    for (const auto& work : running) work->Watch(SteadyNow() + options_.lease_term / 4);
  }
}

Operations::Operations(const resource::Store& store, const resource::PageTokens& tokens, std::string holder,
                       Options options)
    : impl_(std::make_unique<Impl>(store, tokens, std::move(holder), std::move(options))) {}

Operations::~Operations() { Stop(); }

void Operations::Register(absl::string_view method, OperationLane lane, Worker worker) {
  impl_->Register(method, lane, std::move(worker));
}
void Operations::Start() { impl_->Start(); }
void Operations::Stop() { impl_->Stop(); }

absl::StatusOr<Operation> Operations::Create(resource::Write& write, const google::protobuf::Message& request) {
  return impl_->Create(write, request);
}

absl::StatusOr<Operation> Operations::Get(absl::string_view name, absl::Time deadline) {
  return impl_->Get(name, deadline);
}

absl::StatusOr<Operation> Operations::Cancel(absl::string_view name, absl::Time deadline) {
  return impl_->Cancel(name, deadline);
}

absl::StatusOr<Operation> Operations::Wait(absl::string_view name, absl::Time until, absl::Time deadline) {
  return impl_->Wait(name, until, deadline);
}

absl::StatusOr<storeops::operations::v1::ListOperationsResponse> Operations::List(
    const storeops::operations::v1::ListOperationsRequest& request, absl::Time deadline) {
  return impl_->List(request, deadline);
}

absl::StatusOr<int64_t> Operations::Prune(absl::Time now, int limit, absl::Time deadline) {
  return impl_->Prune(now, limit, deadline);
}

const std::string& Operations::service() const { return impl_->service(); }

}  // namespace storeops::jobs
