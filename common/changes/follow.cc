#include "common/changes/follow.h"

#include <atomic>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/status_macros.h"

namespace storeops::changes {
namespace {

constexpr absl::Duration kReadLimit = absl::Seconds(30);
constexpr absl::Duration kAskInterval = absl::Milliseconds(100);
// The feed wakes us. Should it not run in this process, we look this often.
constexpr absl::Duration kLookInterval = absl::Seconds(1);
constexpr int kLocalBatch = 1000;

class LocalFeedSource final : public FeedSource {
 public:
  LocalFeedSource(Feed& feed, std::vector<std::string> types, Contents contents)
      : feed_(feed), types_(std::move(types)), contents_(contents) {}

  absl::Status Follow(int64_t after, const std::function<bool(const Batch&)>& on_batch) override {
    return FollowFeed(
        feed_, after, types_, contents_, kLocalBatch, [this](int64_t) { return !stopped_.load(); }, on_batch);
  }
  void Stop() override { stopped_.store(true); }

 private:
  Feed& feed_;
  const std::vector<std::string> types_;
  const Contents contents_;
  std::atomic<bool> stopped_{false};
};

// Waits until there may be more. False when told to stop.
absl::StatusOr<bool> AwaitMore(Feed& feed, int64_t after, absl::FunctionRef<bool(int64_t)> keep_going) {
  const absl::Time look_at = absl::Now() + kLookInterval;
  while (absl::Now() < look_at) {
    const absl::Time ask_at = absl::Now() + kAskInterval;
    if (!feed.AwaitAfter(after, ask_at)) return absl::UnavailableError("the feed is stopping");
    if (!keep_going(after)) return false;
    if (absl::Now() < ask_at) return true;  // woken
  }
  return true;
}

}  // namespace

absl::Status FollowFeed(Feed& feed, int64_t after, const std::vector<std::string>& types, Contents contents,
                        int batch_limit, absl::FunctionRef<bool(int64_t read_through)> keep_going,
                        absl::FunctionRef<bool(const Batch&)> on_batch) {
  while (keep_going(after)) {
    ASSIGN_OR_RETURN(const Batch batch, feed.Read(after, batch_limit, types, absl::Now() + kReadLimit, contents));
    if (batch.read_through == after) {
      ASSIGN_OR_RETURN(const bool going_on, AwaitMore(feed, after, keep_going));
      if (!going_on) return absl::OkStatus();
      continue;
    }
    if (!on_batch(batch)) return absl::OkStatus();
    after = batch.read_through;
  }
  return absl::OkStatus();
}

std::unique_ptr<FeedSource> MakeLocalFeedSource(Feed& feed, std::vector<std::string> types, Contents contents) {
  return std::make_unique<LocalFeedSource>(feed, std::move(types), contents);
}

}  // namespace storeops::changes
