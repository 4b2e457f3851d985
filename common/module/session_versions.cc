#include "common/module/session_versions.h"

#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/rpc/personal_data.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif
#include "prometheus/gauge.h"

namespace storeops {
namespace {

namespace v1 = storeops::changes::v1;
using google::protobuf::Message;

constexpr absl::string_view kStreamChanges = "storeops.changes.v1.ChangeService/StreamChanges";
// Below the method's own time limit, so that it is we who end a stream.
constexpr absl::Duration kStreamLimit = absl::Minutes(30);

// The lowest version whose tokens are valid after a change; 0 if the change does not say.
int64_t LowestValid(const changes::Change& change) {
  constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  if (change.kind() == changes::Change::EXPUNGED) return kNone;
  const google::protobuf::Descriptor* const type = rpc::FindResourceType(change.type());
  if (type == nullptr) return 0;
  const std::unique_ptr<Message> person(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (!person->ParseFromString(change.resource())) return 0;
  const google::protobuf::FieldDescriptor* const version = type->FindFieldByName("session_version");
  const google::protobuf::FieldDescriptor* const deleted = type->FindFieldByName("delete_time");
  if (deleted != nullptr && person->GetReflection()->HasField(*person, deleted)) return kNone;
  return version == nullptr ? 0 : person->GetReflection()->GetInt64(*person, version);
}

}  // namespace

SessionVersions::SessionVersions(Options options)
    : options_(std::move(options)),
      thread_({.name = "sessions", .body = [this] { Run(); }, .on_stop = [this] { stopped_->Cancel(); }}) {
  if (options_.telemetry == nullptr) return;
  loaded_gauge_ = &options_.telemetry->Gauge("storeops_sessions_loaded",
                                             "1 once this process knows which access tokens have ended early.");
}

void SessionVersions::Start(rpc::Peer& peer) {
  peer_ = &peer;
  started_ = true;
  thread_.Start();
}

void SessionVersions::Stop() { thread_.Stop(); }

bool SessionVersions::AwaitLoaded(absl::Time deadline) const {
  absl::MutexLock lock(&mutex_);
  return AwaitUntil(mutex_, absl::Condition(&loaded_), deadline);
}

absl::Status SessionVersions::Check(const rpc::Principal& principal) const {
  if (!started_) return absl::OkStatus();
  absl::ReaderMutexLock lock(&mutex_);
  if (!loaded_) {
    if (principal.relayed) return absl::OkStatus();
    return UnavailableRetry("access tokens cannot be checked yet", absl::Seconds(1));
  }
  const auto found = versions_.find(principal.name);
  if (found == versions_.end() || principal.session_version >= found->second) return absl::OkStatus();
  return Unauthenticated("TOKEN_REVOKED", "the session of this access token has ended: sign in again");
}

void SessionVersions::Run() {
  bool loaded = false;
  while (!thread_.Stopping()) {
    const absl::Status status = Read(/*until_now=*/!loaded);
    if (status.ok() && !loaded) {
      loaded = true;
      SetLoaded();
      backoff_.Reset();
      continue;
    }
    if (absl::IsDeadlineExceeded(status)) continue;  // a stream that lived until its time limit
    if (absl::IsOutOfRange(status)) Restart(status);
    if (!thread_.WaitFor(backoff_.Next())) return;
  }
}

absl::Status SessionVersions::Read(bool until_now) {
  v1::StreamChangesRequest request;
  request.set_source(options_.source);
  request.set_after_sequence(position_.sequence);
  request.set_last_change_id(position_.last_change_id);
  request.set_last_change_sequence(position_.last_change_sequence);
  request.add_types(options_.type);
  request.set_until_now(until_now);
  rpc::PeerCall call;
  call.method = std::string(kStreamChanges);
  call.principal = {absl::StrCat("services/", options_.source), "sessions", {"changes.read", options_.read_permission}};
  call.trace = rpc::TraceContext::FromHeader("");
  call.deadline = SteadyNow() + kStreamLimit;
  call.cancellation = stopped_;
  bool malformed = false;
  const absl::Status status = peer_->Stream(call, request.SerializeAsString(), [&](const std::string& bytes) {
    v1::StreamChangesResponse response;
    malformed = !response.ParseFromString(bytes) || response.read_through() < position_.sequence;
    if (malformed) return false;
    changes::Batch batch;
    batch.read_through = response.read_through();
    batch.changes.assign(std::make_move_iterator(response.mutable_changes()->begin()),
                         std::make_move_iterator(response.mutable_changes()->end()));
    Apply(batch);
    backoff_.Reset();
    return !stopped_->cancelled();
  });
  if (malformed) return absl::InternalError(absl::StrCat("malformed response from ", options_.source));
  return status;
}

void SessionVersions::Apply(const changes::Batch& batch) {
  for (const changes::Change& change : batch.changes) {
    const int64_t lowest = LowestValid(change);
    absl::MutexLock lock(&mutex_);
    if (lowest > 0) versions_[change.subject()] = lowest;
  }
  changes::Advance(position_, batch);
}

void SessionVersions::Restart(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const bool pruned = GetDetail(status, &info) && info.reason() == "FEED_PRUNED";
  int64_t oldest = 1;
  if (pruned) (void)absl::SimpleAtoi(info.metadata().at("oldest_sequence"), &oldest);
  position_ = {.sequence = oldest - 1};
  if (pruned) return;
  // Versions of what happened after the backup would shut people out for good.
  absl::MutexLock lock(&mutex_);
  versions_.clear();
}

void SessionVersions::SetLoaded() {
  if (loaded_gauge_ != nullptr) loaded_gauge_->Set(1);
  absl::MutexLock lock(&mutex_);
  loaded_ = true;
}

}  // namespace storeops
