#include "common/changes/follow.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"

namespace storeops::changes {
namespace {

constexpr absl::Duration kReadLimit = absl::Seconds(30);
constexpr absl::Duration kAskInterval = absl::Milliseconds(100);
// The feed wakes us. Should it not run in this process, we look this often.
constexpr absl::Duration kLookInterval = absl::Seconds(1);
constexpr int kLocalBatch = 1000;
constexpr int kLocalPage = 500;
constexpr size_t kPageBytes = 1 << 20;

class LocalFeedSource final : public FeedSource {
 public:
  LocalFeedSource(Feed& feed, std::vector<std::string> types, Contents contents)
      : feed_(feed), types_(std::move(types)), contents_(contents) {}

  absl::Status Follow(const FeedPosition& after, const std::function<bool(const Batch&)>& on_batch) override {
    RETURN_IF_ERROR(feed_.CheckPosition(after, SteadyNow() + kReadLimit));
    return FollowFeed(
        feed_, after.sequence, types_, contents_, {.batch_limit = kLocalBatch},
        [this](int64_t) { return !stopped_.load(); }, on_batch);
  }
  absl::Status Snapshot(const std::string& type, const std::string& after_id,
                        const std::function<bool(const SnapshotPage&)>& on_page) override {
    return SnapshotFeed(feed_, type, after_id, kLocalPage, [this] { return !stopped_.load(); }, on_page);
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
  const absl::Time look_at = SteadyNow() + kLookInterval;
  while (SteadyNow() < look_at) {
    const absl::Time ask_at = SteadyNow() + kAskInterval;
    if (!feed.AwaitAfter(after, ask_at)) return absl::UnavailableError("the feed is stopping");
    if (!keep_going(after)) return false;
    if (SteadyNow() < ask_at) return true;  // woken
  }
  return true;
}

// False when told to stop.
bool Gather(absl::Duration pause, int64_t after, absl::FunctionRef<bool(int64_t)> keep_going) {
  while (pause > absl::ZeroDuration()) {
    if (!keep_going(after)) return false;
    const absl::Duration step = std::min(pause, kAskInterval);
    absl::SleepFor(step);
    pause -= step;
  }
  return true;
}

}  // namespace

absl::Status FollowFeed(Feed& feed, int64_t after, const std::vector<std::string>& types, Contents contents,
                        const FollowPace& pace, absl::FunctionRef<bool(int64_t read_through)> keep_going,
                        absl::FunctionRef<bool(const Batch&)> on_batch) {
  while (keep_going(after)) {
    ASSIGN_OR_RETURN(const Batch batch, feed.Read(after, pace.batch_limit, types, SteadyNow() + kReadLimit, contents));
    if (batch.read_through == after) {
      ASSIGN_OR_RETURN(const bool going_on, AwaitMore(feed, after, keep_going));
      if (!going_on) return absl::OkStatus();
      continue;
    }
    if (!on_batch(batch)) return absl::OkStatus();
    after = batch.read_through;
    const bool full = batch.changes.size() >= static_cast<size_t>(pace.batch_limit);
    if (!full && !Gather(pace.gather, after, keep_going)) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status SnapshotFeed(Feed& feed, const std::string& type, std::string after_id, int page_limit,
                          absl::FunctionRef<bool()> keep_going, absl::FunctionRef<bool(const SnapshotPage&)> on_page) {
  const Feed::ReadSnapshot* const read = feed.FindSnapshot(type);
  if (read == nullptr) {
    return WithReason(absl::NotFoundError(absl::StrCat(feed.source(), " offers no snapshot of \"", type, "\"")),
                      "NO_SNAPSHOT_OF_TYPE");
  }
  SnapshotPage page;
  // Read first: rows read later contain all changes up to it.
  ASSIGN_OR_RETURN(page.sequence, feed.LastSequence(SteadyNow() + kReadLimit));
  page.after_id = std::move(after_id);
  size_t bytes = 0;
  const auto send = [&] {
    const bool more = on_page(page);
    page.resources.clear();
    bytes = 0;
    return more;
  };
  for (bool first = true; keep_going(); first = false) {
    ASSIGN_OR_RETURN(auto resources, (*read)(page.after_id, page_limit, SteadyNow() + kReadLimit));
    if (resources.empty() && !first) break;
    for (SnapshotResource& resource : resources) {
      const size_t size = resource.change.ByteSizeLong();
      if (bytes > 0 && bytes + size > kPageBytes && !send()) return absl::OkStatus();
      resource.change.set_source(feed.source());
      page.resources.push_back(std::move(resource.change));
      page.after_id = std::move(resource.id);
      bytes += size;
    }
    if (!send() || resources.empty()) break;
  }
  return absl::OkStatus();
}

std::unique_ptr<FeedSource> MakeLocalFeedSource(Feed& feed, std::vector<std::string> types, Contents contents) {
  return std::make_unique<LocalFeedSource>(feed, std::move(types), contents);
}

}  // namespace storeops::changes
