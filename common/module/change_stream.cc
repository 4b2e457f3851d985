#include "common/module/change_stream.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/changes/follow.h"
#include "common/rpc/read_permission.h"

namespace storeops {
namespace {

using changes::Batch;
using changes::v1::SnapshotResourcesResponse;
using changes::v1::StreamChangesResponse;

constexpr int kMaxChanges = 1000;
constexpr absl::Duration kLongestGather = absl::Seconds(10);
constexpr size_t kMaxMessageBytes = 1 << 20;
constexpr int kMaxCatchUps = 1000;

// What was committed before the call may still wait for its sequence. Not for ever, while others go on writing.
absl::Status SequenceWhatWaits(changes::Feed& feed, absl::Time deadline) {
  for (int i = 0; i < kMaxCatchUps; ++i) {
    ASSIGN_OR_RETURN(const int sequenced, feed.SequenceOnce(deadline));
    if (sequenced == 0) break;
  }
  return absl::OkStatus();
}

class FeedWriter {
 public:
  // Leaves out what `reader` may not read. All outlive this object.
  FeedWriter(const rpc::Principal& reader, absl::Duration heartbeat_interval, rpc::ReplyStream& out)
      : reader_(reader), heartbeat_interval_(heartbeat_interval), out_(out) {}

  // False when the caller has gone.
  bool Send(const Batch& batch) {
    StreamChangesResponse message;
    size_t bytes = 0;
    for (const changes::Change& change : batch.changes) {
      if (!rpc::MayRead(reader_, change.type())) continue;
      const size_t size = change.ByteSizeLong();
      if (bytes > 0 && bytes + size > kMaxMessageBytes) {
        if (!Write(message)) return false;
        message.Clear();
        bytes = 0;
      }
      *message.add_changes() = change;
      message.set_read_through(change.sequence());
      bytes += size;
    }
    message.set_read_through(batch.read_through);
    return Write(message);
  }

  bool BeatIfIdle(int64_t read_through) {
    if (SteadyNow() - written_ < heartbeat_interval_) return true;
    StreamChangesResponse message;
    message.set_read_through(read_through);
    return Write(message);
  }

  bool wrote() const { return wrote_; }

 private:
  bool Write(const StreamChangesResponse& message) {
    written_ = SteadyNow();
    wrote_ = true;
    return out_.Write(message);
  }

  const rpc::Principal& reader_;
  const absl::Duration heartbeat_interval_;
  rpc::ReplyStream& out_;
  absl::Time written_ = SteadyNow();
  bool wrote_ = false;
};

}  // namespace

absl::Status StreamFeed(changes::Feed& feed, const rpc::Call& call, const changes::v1::StreamChangesRequest& request,
                        absl::Duration heartbeat_interval, rpc::ReplyStream& out) {
  const std::vector<std::string> types(request.types().begin(), request.types().end());
  const absl::Duration gather = FromDurationProto(request.gather());
  if (gather < absl::ZeroDuration() || gather > kLongestGather) {
    return InvalidField("gather", absl::StrCat("must be between 0 s and ", absl::FormatDuration(kLongestGather)));
  }
  for (const std::string& type : types) RETURN_IF_ERROR(rpc::CheckMayRead(call.principal, type));
  RETURN_IF_ERROR(feed.CheckPosition(
      {request.after_sequence(), request.last_change_id(), request.last_change_sequence()}, call.deadline));
  std::optional<int64_t> end;
  if (request.until_now()) {
    RETURN_IF_ERROR(SequenceWhatWaits(feed, call.deadline));
    // Also finds a cursor that is out of range, which a stream that is at its end already would not look for.
    RETURN_IF_ERROR(feed.Read(request.after_sequence(), 1, types, call.deadline).status());
    ASSIGN_OR_RETURN(end, feed.LastSequence(call.deadline));
  }
  FeedWriter writer(call.principal, heartbeat_interval, out);
  const auto keep_going = [&](int64_t read_through) {
    if (call.Cancelled() || SteadyNow() >= call.deadline) return false;
    if (end.has_value() && read_through >= *end) return false;
    return writer.BeatIfIdle(read_through);
  };
  const auto send = [&](const Batch& batch) { return writer.Send(batch); };
  RETURN_IF_ERROR(changes::FollowFeed(feed, request.after_sequence(), types, changes::Contents::kWhole,
                                      {.batch_limit = kMaxChanges, .gather = gather}, keep_going, send));
  if (SteadyNow() >= call.deadline) return absl::DeadlineExceededError("the stream's time is over");
  if (end.has_value() && !writer.wrote()) {
    StreamChangesResponse message;
    message.set_read_through(request.after_sequence());
    (void)out.Write(message);
  }
  return absl::OkStatus();
}

absl::Status StreamSnapshot(changes::Feed& feed, const rpc::Call& call,
                            const changes::v1::SnapshotResourcesRequest& request, rpc::ReplyStream& out) {
  RETURN_IF_ERROR(rpc::CheckMayRead(call.principal, request.type()));
  const auto keep_going = [&] { return !call.Cancelled() && SteadyNow() < call.deadline; };
  RETURN_IF_ERROR(changes::SnapshotFeed(
      feed, request.type(), request.after_id(), kMaxChanges, keep_going, [&](const changes::SnapshotPage& page) {
        SnapshotResourcesResponse message;
        message.set_sequence(page.sequence);
        message.set_after_id(page.after_id);
        message.mutable_resources()->Assign(page.resources.begin(), page.resources.end());
        return out.Write(message);
      }));
  if (SteadyNow() >= call.deadline) return absl::DeadlineExceededError("the stream's time is over");
  return absl::OkStatus();
}

}  // namespace storeops
