#include "common/rpc/stream_shares.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/rpc/caller_kind.h"

namespace storeops::rpc {
namespace {

constexpr absl::Duration kPlaceRetryAfter = absl::Seconds(1);

absl::Status TooManyStreams(absl::string_view of, int limit, absl::string_view reason) {
  return WithReason(
      ExhaustedRetry(absl::StrCat("at most ", limit, " streams of ", of, " can be open"), kPlaceRetryAfter), reason,
      {{"limit", absl::StrCat(limit)}});
}

}  // namespace

StreamShares::StreamShares(int max_streams)
    : max_of_caller_(std::max(1, max_streams / 4)),
      max_of_address_(std::max(1, max_streams / 2)),
      max_of_people_(std::max(1, max_streams * 3 / 4)),
      callers_(max_of_people_, max_of_caller_),
      addresses_(max_streams, max_of_address_) {}

bool StreamShares::CountsForAddress(const Principal& caller) { return !caller.relayed && !IsService(caller); }

absl::Status StreamShares::Places::TakeForAddress(StreamShares& shares, const std::string& address) {
  address_ = shares.addresses_.Take(address);
  if (address_.has_value()) return absl::OkStatus();
  return TooManyStreams("one network address", shares.max_of_address_, "TOO_MANY_STREAMS_OF_ADDRESS");
}

absl::Status StreamShares::Places::TakeForCaller(StreamShares& shares, const Principal& caller) {
  if (IsService(caller) || !caller.authenticated()) return absl::OkStatus();
  AddressShares::Lack lack;
  caller_ = shares.callers_.Take(caller.name, 1, &lack);
  if (caller_.has_value()) return absl::OkStatus();
  if (lack == AddressShares::Lack::kOfGroup) {
    return TooManyStreams("one caller", shares.max_of_caller_, "TOO_MANY_STREAMS_OF_CALLER");
  }
  return TooManyStreams("all callers but services", shares.max_of_people_, "TOO_MANY_STREAMS");
}

}  // namespace storeops::rpc
