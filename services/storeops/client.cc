#include "services/storeops/client.h"

#include <utility>

#include "common/base/now.h"

namespace storeops {

absl::Status Client::Call(absl::string_view method, const google::protobuf::Message& request,
                          google::protobuf::Message* response, bool retry, absl::Duration time_limit) {
  rpc::PeerCall call;
  call.method = std::string(method);
  call.deadline = SteadyNow() + time_limit;
  call.retry = retry;
  return peer_->CallBlocking(std::move(call), request, response);
}

}  // namespace storeops
