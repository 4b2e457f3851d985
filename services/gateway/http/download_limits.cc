#include "services/gateway/http/download_limits.h"

#include <atomic>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "prometheus/counter.h"

namespace storeops::gateway {
namespace {

// Most downloads take less; more is a guess, as a slow client decides.
constexpr absl::Duration kRetryDownload = absl::Seconds(2);
constexpr double kBurst = 4;

rpc::RateLimiter::Options RateOptions(double per_second) {
  rpc::RateLimiter::Options options;
  options.anonymous_calls_per_second = per_second;
  options.anonymous_burst = kBurst * per_second;
  return options;
}

}  // namespace

struct DownloadLimits::State {
  std::atomic<int64_t> bytes{0};
  absl::Mutex mutex;
  int open ABSL_GUARDED_BY(mutex) = 0;
  absl::flat_hash_map<std::string, int> of_address ABSL_GUARDED_BY(mutex);  // without zeros

  void Release(const std::string& address) {
    absl::MutexLock lock(&mutex);
    STOREOPS_ASSERT(open > 0);
    --open;
    const auto found = of_address.find(address);
    if (--found->second == 0) of_address.erase(found);
  }
};

DownloadLimits::DownloadLimits(const DownloadOptions& options, const Clock& clock, telemetry::Telemetry* telemetry)
    : options_(options),
      telemetry_(telemetry),
      rate_(RateOptions(options.per_second_of_address), clock),
      state_(std::make_shared<State>()) {
  if (telemetry == nullptr) return;
  auto& bytes = telemetry->Counter("storeops_download_bytes_total", "Bytes of files read for downloads over HTTP");
  // Read when metrics are collected: downloads may end after the telemetry.
  watch_ = telemetry->Watch("storeops_downloads_open", "Downloads of files over HTTP that are open", {},
                            [state = state_, &bytes] {
                              bytes.Increment(static_cast<double>(state->bytes.load()) - bytes.Value());
                              absl::MutexLock lock(&state->mutex);
                              return static_cast<double>(state->open);
                            });
}

void DownloadLimits::CountBytes(int64_t bytes) { state_->bytes += bytes; }

void DownloadLimits::CountRefused(const std::string& cause) {
  if (telemetry_ == nullptr) return;
  telemetry_->Counter("storeops_downloads_refused_total", "Downloads refused, by cause", {{"cause", cause}})
      .Increment();
}

DownloadLimits::~DownloadLimits() = default;

absl::StatusOr<std::shared_ptr<void>> DownloadLimits::Open(absl::string_view peer_address) {
  std::string address = rpc::RateLimiter::AddressKey(peer_address);
  if (absl::Status status = rate_.Admit(address, true); !status.ok()) {
    return Refuse("rate", std::move(status), "DOWNLOAD_RATE_LIMITED");
  }
  bool full = false;
  {
    absl::MutexLock lock(&state_->mutex);
    full = state_->open >= options_.max_open;
    if (!full) {
      int& of_address = state_->of_address[address];
      if (of_address < options_.max_open_of_address) {
        ++of_address;
        ++state_->open;
        return std::shared_ptr<void>(nullptr, [state = state_, address](void*) { state->Release(address); });
      }
    }
  }
  if (full) {
    return Refuse("process",
                  UnavailableRetry(absl::StrCat("at most ", options_.max_open, " downloads at once"), kRetryDownload),
                  "TOO_MANY_DOWNLOADS");
  }
  return Refuse(
      "address",
      ExhaustedRetry(absl::StrCat("at most ", options_.max_open_of_address, " downloads at once from one address"),
                     kRetryDownload),
      "TOO_MANY_DOWNLOADS_OF_ADDRESS");
}

absl::Status DownloadLimits::Refuse(const std::string& cause, absl::Status status, absl::string_view reason) {
  CountRefused(cause);
  return WithReason(std::move(status), reason);
}

}  // namespace storeops::gateway
