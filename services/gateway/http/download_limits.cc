#include "services/gateway/http/download_limits.h"

#include <atomic>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/address_shares.h"
#include "common/base/errors.h"
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
  explicit State(const DownloadOptions& options) : open(options.max_open, options.max_open_of_address) {}

  std::atomic<int64_t> bytes{0};
  AddressShares open;
};

DownloadLimits::DownloadLimits(const DownloadOptions& options, const Clock& clock, telemetry::Telemetry* telemetry)
    : options_(options),
      telemetry_(telemetry),
      rate_(RateOptions(options.per_second_of_address), clock),
      state_(std::make_shared<State>(options)) {
  if (telemetry == nullptr) return;
  auto& bytes = telemetry->Counter("storeops_download_bytes_total", "Bytes of files read for downloads over HTTP");
  // Read when metrics are collected: downloads may end after the telemetry.
  watch_ = telemetry->Watch("storeops_downloads_open", "Downloads of files over HTTP that are open", {},
                            [state = state_, &bytes] {
                              bytes.Increment(static_cast<double>(state->bytes.load()) - bytes.Value());
                              return static_cast<double>(state->open.taken());
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
  const std::string address = AddressGroup(peer_address);
  if (absl::Status status = rate_.Admit(address, true); !status.ok()) {
    return Refuse("rate", std::move(status), "DOWNLOAD_RATE_LIMITED");
  }
  AddressShares::Lack lack;
  std::optional<AddressShares::Share> share = state_->open.Take(address, 1, &lack);
  if (share.has_value()) return std::make_shared<AddressShares::Share>(*std::move(share));
  if (lack == AddressShares::Lack::kOfAll) {
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
