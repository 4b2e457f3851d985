// The suite as a program outside it sees it: calls through the gateway's gRPC door with an API key.
#ifndef STOREOPS_SERVICES_STOREOPS_CLIENT_H_
#define STOREOPS_SERVICES_STOREOPS_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/peer.h"
#include "google/protobuf/message.h"

namespace storeops {

class Client {
 public:
  // `key` may be empty: public methods only.
  Client(const std::string& address, const rpc::PeerTls& tls, const std::string& key)
      : peer_(rpc::MakeRemotePeer(address, tls, nullptr, key.empty() ? "" : "Bearer " + key)) {}

  // One call by its method's full name ("package.Service/Method"). `retry` repeats it while the gateway is unavailable:
  // for reads, and for writes that carry a request_id.
  absl::Status Call(absl::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message* response, bool retry = false,
                    absl::Duration time_limit = absl::Seconds(60));

  rpc::Peer& peer() { return *peer_; }

 private:
  std::unique_ptr<rpc::Peer> peer_;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_CLIENT_H_
