// A service as seen by another: in the same process or at an address, the caller cannot tell.
#ifndef STOREOPS_COMMON_RPC_PEER_H_
#define STOREOPS_COMMON_RPC_PEER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/method_table.h"
#include "common/rpc/pipeline.h"

namespace storeops::rpc {

// What goes along with a call to a peer.
struct PeerCall {
  std::string method;  // full name, "storeops.catalog.v1.ProductService/GetProduct"
  // On whose behalf; the peer sees this principal.
  Principal principal;
  TraceContext trace;
  absl::Time deadline = absl::InfiniteFuture();
  std::string language;
  // Repeated on UNAVAILABLE, within the deadline, at most 4 times, less when most calls fail. Not streams or uploads.
  // For reads and for writes with a request_id only.
  bool retry = false;
  std::shared_ptr<const Cancellation> cancellation;
  // Set by CallBlocking: the thread that starts the call waits for its end. A worker that waits for a peer of its own
  // process runs the call itself: workers that wait could otherwise be all that there are to run what they wait for.
  bool blocks = false;

  // The same caller, trace and deadline as `call`, at most `limit` from now.
  static PeerCall From(const Call& call, absl::string_view method, absl::Duration limit = absl::InfiniteDuration());
};

// Outlives its calls, and is not destroyed by one of their callbacks. Calls without a deadline get one of 60 s, streams
// and uploads have none.
class Peer {
 public:
  virtual ~Peer() = default;

  // Does not block; `done` is called exactly once with the serialised response.
  virtual void Start(PeerCall call, std::string request,
                     absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) = 0;
  // Blocks; `on_message` gets each serialised message, one after the other, maybe on another thread, and returns false
  // to stop (then the result is OK).
  virtual absl::Status Stream(PeerCall call, const std::string& request,
                              const std::function<bool(const std::string&)>& on_message) = 0;
  // Blocks until the serialised response; `next` is called for each serialised request, maybe on another thread, and
  // not after this has returned. Its error ends the call and is the result. The peer may answer before it has read all.
  virtual absl::StatusOr<std::string> Upload(PeerCall call, const NextBytes& next) = 0;

  // Blocks until the answer or the deadline.
  absl::Status CallBlocking(PeerCall call, const google::protobuf::Message& request,
                            google::protobuf::Message* response);
};

// A peer in this process: the same pipeline, no network.
std::unique_ptr<Peer> MakeLocalPeer(const MethodTable& table, Pipeline& pipeline, const AccessTokens& tokens);

struct PeerTls {
  bool enabled = false;
  std::string root_ca;            // PEM; empty: the system's
  std::string certificate_chain;  // client certificate for mTLS; may be empty
  std::string private_key;
  std::string expected_name;  // overrides the name checked in the server's certificate; may be empty
};

// A peer at "host:port" or any gRPC target ("dns:///catalog.storeops:8081"). Calls carry a short-lived token for the
// principal, minted with `tokens`, or `authorization` when that is not empty (clients outside the suite).
std::unique_ptr<Peer> MakeRemotePeer(const std::string& target, const PeerTls& tls, const AccessTokens* tokens,
                                     const std::string& authorization = "");

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_PEER_H_
