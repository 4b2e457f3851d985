// How many streams one caller and one network address may have open, so that the others, and the services of the suite,
// find some.
#ifndef STOREOPS_COMMON_RPC_STREAM_SHARES_H_
#define STOREOPS_COMMON_RPC_STREAM_SHARES_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/address_shares.h"
#include "common/rpc/call.h"

namespace storeops::rpc {

// Thread-safe.
class StreamShares {
 public:
  // Of `max_streams` of the process one caller may have a quarter, one address half, and all but services three
  // quarters; at least one each. Services have no limit of their own: they follow the feeds of others, a few streams
  // each. What a service passes on counts for its caller and for no address.
  explicit StreamShares(int max_streams);

  // Services and what they pass on come from their own address, not from that of a client.
  static bool CountsForAddress(const Principal& caller);

  // What a stream has taken; given back with the object.
  class Places {
   public:
    // Of the address that the stream comes from, before or once the caller is known. RESOURCE_EXHAUSTED with RetryInfo
    // (TOO_MANY_STREAMS_OF_ADDRESS).
    absl::Status TakeForAddress(StreamShares& shares, const std::string& address);
    // Once the caller is known. RESOURCE_EXHAUSTED with RetryInfo (TOO_MANY_STREAMS_OF_CALLER, TOO_MANY_STREAMS).
    absl::Status TakeForCaller(StreamShares& shares, const Principal& caller);

   private:
    std::optional<AddressShares::Share> address_;
    std::optional<AddressShares::Share> caller_;
  };

 private:
  const int max_of_caller_;
  const int max_of_address_;
  const int max_of_people_;
  AddressShares callers_;
  AddressShares addresses_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_STREAM_SHARES_H_
