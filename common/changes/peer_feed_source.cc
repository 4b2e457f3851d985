#include "common/changes/peer_feed_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace storeops::changes {
namespace {

namespace v1 = storeops::changes::v1;

constexpr absl::string_view kMethod = "storeops.changes.v1.ChangeService/StreamChanges";
// Below the method's own time limit, so that it is we who end a stream.
constexpr absl::Duration kStreamLimit = absl::Minutes(30);

class PeerFeedSource final : public FeedSource {
 public:
  PeerFeedSource(rpc::Peer& peer, std::string source, std::vector<std::string> types, rpc::Principal principal)
      : peer_(peer), source_(std::move(source)), types_(std::move(types)), principal_(std::move(principal)) {}

  absl::Status Follow(int64_t after, const std::function<bool(const Batch&)>& on_batch) override {
    while (true) {
      const Outcome outcome = FollowStream(after, on_batch);
      if (outcome.wanted_no_more || stopped_->cancelled()) return absl::OkStatus();
      // A stream that lived until its time limit is renewed; any other end is a failure.
      if (!absl::IsDeadlineExceeded(outcome.status) || !outcome.received) {
        return outcome.status.ok() ? absl::UnavailableError(absl::StrCat("the stream of ", source_, " ended"))
                                   : outcome.status;
      }
      after = outcome.read_through;
    }
  }

  void Stop() override { stopped_->Cancel(); }

 private:
  struct Outcome {
    absl::Status status;
    int64_t read_through;
    bool received = false;
    bool wanted_no_more = false;
  };

  Outcome FollowStream(int64_t after, const std::function<bool(const Batch&)>& on_batch) {
    v1::StreamChangesRequest request;
    request.set_source(source_);
    request.set_after_sequence(after);
    request.mutable_types()->Assign(types_.begin(), types_.end());

    rpc::PeerCall call;
    call.method = std::string(kMethod);
    call.principal = principal_;
    call.trace = rpc::TraceContext::FromHeader("");
    call.deadline = absl::Now() + kStreamLimit;
    call.cancellation = stopped_;

    Outcome outcome;
    outcome.read_through = after;
    bool malformed = false;
    outcome.status = peer_.Stream(std::move(call), request.SerializeAsString(), [&](const std::string& bytes) {
      v1::StreamChangesResponse response;
      malformed = !response.ParseFromString(bytes) || response.read_through() < outcome.read_through;
      if (malformed) return false;
      outcome.received = true;
      if (response.read_through() == outcome.read_through) return !stopped_->cancelled();  // a sign of life
      Batch batch;
      batch.read_through = response.read_through();
      batch.changes.assign(std::make_move_iterator(response.mutable_changes()->begin()),
                           std::make_move_iterator(response.mutable_changes()->end()));
      outcome.wanted_no_more = !on_batch(batch);
      outcome.read_through = batch.read_through;
      return !outcome.wanted_no_more && !stopped_->cancelled();
    });
    if (malformed) {
      outcome.status = absl::InternalError(absl::StrCat("the stream of ", source_, " sent what makes no sense"));
    }
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
