#include "common/changes/peer_feed_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/now.h"
#include "common/base/time.h"

namespace storeops::changes {
namespace {

namespace v1 = storeops::changes::v1;

constexpr absl::string_view kStreamChanges = "storeops.changes.v1.ChangeService/StreamChanges";
constexpr absl::string_view kSnapshotResources = "storeops.changes.v1.ChangeService/SnapshotResources";
// Below the method's own time limit, so that it is we who end a stream.
constexpr absl::Duration kStreamLimit = absl::Minutes(30);
// Each batch is a transaction of the follower. While thousands of changes a second come, many small ones would cost as
// much as the changes themselves.
constexpr absl::Duration kGather = absl::Milliseconds(100);

class PeerFeedSource final : public FeedSource {
 public:
  PeerFeedSource(rpc::Peer& peer, std::string source, std::vector<std::string> types, rpc::Principal principal)
      : peer_(peer), source_(std::move(source)), types_(std::move(types)), principal_(std::move(principal)) {}

  absl::Status Follow(const FeedPosition& after, const std::function<bool(const Batch&)>& on_batch) override {
    FeedPosition position = after;
    while (true) {
      const Outcome outcome = FollowStream(position, on_batch);
      if (outcome.wanted_no_more || stopped_->cancelled()) return absl::OkStatus();
      // A stream that lived until its time limit is renewed; any other end is a failure.
      if (!absl::IsDeadlineExceeded(outcome.status) || !outcome.received) {
        return outcome.status.ok() ? absl::UnavailableError(absl::StrCat("the stream of ", source_, " ended"))
                                   : outcome.status;
      }
    }
  }

  absl::Status Snapshot(const std::string& type, const std::string& after_id,
                        const std::function<bool(const SnapshotPage&)>& on_page) override {
    v1::SnapshotResourcesRequest request;
    request.set_source(source_);
    request.set_type(type);
    request.set_after_id(after_id);
    bool malformed = false;
    const absl::Status status =
        peer_.Stream(MakeCall(kSnapshotResources), request.SerializeAsString(), [&](const std::string& bytes) {
          v1::SnapshotResourcesResponse response;
          malformed = !response.ParseFromString(bytes);
          if (malformed) return false;
          SnapshotPage page;
          page.sequence = response.sequence();
          page.after_id = response.after_id();
          page.resources.assign(std::make_move_iterator(response.mutable_resources()->begin()),
                                std::make_move_iterator(response.mutable_resources()->end()));
          return on_page(page) && !stopped_->cancelled();
        });
    if (malformed) return Malformed();
    return stopped_->cancelled() ? absl::OkStatus() : status;
  }

  void Stop() override { stopped_->Cancel(); }

 private:
  struct Outcome {
    absl::Status status;
    bool received = false;
    bool wanted_no_more = false;
  };

  rpc::PeerCall MakeCall(absl::string_view method) const {
    rpc::PeerCall call;
    call.method = std::string(method);
    call.principal = principal_;
    call.trace = rpc::TraceContext::FromHeader("");
    call.deadline = SteadyNow() + kStreamLimit;
    call.cancellation = stopped_;
    return call;
  }

  absl::Status Malformed() const { return absl::InternalError(absl::StrCat("malformed response from ", source_)); }

  // Moves `position` on.
  Outcome FollowStream(FeedPosition& position, const std::function<bool(const Batch&)>& on_batch) {
    v1::StreamChangesRequest request;
    request.set_source(source_);
    request.set_after_sequence(position.sequence);
    request.set_last_change_id(position.last_change_id);
    request.set_last_change_sequence(position.last_change_sequence);
    request.mutable_types()->Assign(types_.begin(), types_.end());
    *request.mutable_gather() = ToDurationProto(kGather);

    Outcome outcome;
    bool malformed = false;
    outcome.status = peer_.Stream(MakeCall(kStreamChanges), request.SerializeAsString(), [&](const std::string& bytes) {
      v1::StreamChangesResponse response;
      malformed = !response.ParseFromString(bytes) || response.read_through() < position.sequence;
      if (malformed) return false;
      outcome.received = true;
      if (response.read_through() == position.sequence) return !stopped_->cancelled();  // a sign of life
      Batch batch;
      batch.read_through = response.read_through();
      batch.changes.assign(std::make_move_iterator(response.mutable_changes()->begin()),
                           std::make_move_iterator(response.mutable_changes()->end()));
      outcome.wanted_no_more = !on_batch(batch);
      Advance(position, batch);
      return !outcome.wanted_no_more && !stopped_->cancelled();
    });
    if (malformed) outcome.status = Malformed();
    return outcome;
  }

  rpc::Peer& peer_;
  const std::string source_;
  const std::vector<std::string> types_;
  const rpc::Principal principal_;
  const std::shared_ptr<rpc::Cancellation> stopped_ = std::make_shared<rpc::Cancellation>();
};

}  // namespace

std::unique_ptr<FeedSource> MakePeerFeedSource(rpc::Peer& peer, std::string source, std::vector<std::string> types,
                                               rpc::Principal principal) {
  return std::make_unique<PeerFeedSource>(peer, std::move(source), std::move(types), std::move(principal));
}

}  // namespace storeops::changes
