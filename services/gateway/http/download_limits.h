// How many downloads there are at once, and how fast new ones come: for the process and for each network address.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_DOWNLOAD_LIMITS_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_DOWNLOAD_LIMITS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/rpc/rate_limiter.h"
#include "common/telemetry/telemetry.h"

namespace storeops::gateway {

struct DownloadOptions {
  // Of the process; each stores at most one chunk of 256 KiB, so 512 store 128 MiB.
  int max_open = 512;
  // Of one network address: an IPv4 address, or the first 64 bits of an IPv6 address.
  int max_open_of_address = 64;
  // New ones of one address, HEAD and 304 included; four times that at once.
  double per_second_of_address = 100;
  // A download whose client takes less than 16 KiB for so long is closed.
  absl::Duration stall_limit = absl::Seconds(30);
};

// Thread-safe. It and its slots may outlive the telemetry; Open and CountRefused may not be called then.
class DownloadLimits {
 public:
  // `telemetry` may be null. Counts storeops_downloads_open, storeops_download_bytes_total and
  // storeops_downloads_refused_total{cause}.
  DownloadLimits(const DownloadOptions& options, const Clock& clock, telemetry::Telemetry* telemetry);
  ~DownloadLimits();

  // A download is open until its slot is released. With RetryInfo: UNAVAILABLE, reason TOO_MANY_DOWNLOADS, above the
  // process's limit; RESOURCE_EXHAUSTED, reason TOO_MANY_DOWNLOADS_OF_ADDRESS or DOWNLOAD_RATE_LIMITED, above those of
  // the address.
  absl::StatusOr<std::shared_ptr<void>> Open(absl::string_view peer_address);

  void CountBytes(int64_t bytes);
  void CountRefused(const std::string& cause);

  const DownloadOptions& options() const { return options_; }

 private:
  struct State;
  absl::Status Refuse(const std::string& cause, absl::Status status, absl::string_view reason);

  const DownloadOptions options_;
  telemetry::Telemetry* const telemetry_;
  rpc::RateLimiter rate_;
  const std::shared_ptr<State> state_;
  std::shared_ptr<void> watch_;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_DOWNLOAD_LIMITS_H_
