// The two ways to a peer, without retries. For peer.cc.
#ifndef STOREOPS_COMMON_RPC_PEER_TRANSPORTS_H_
#define STOREOPS_COMMON_RPC_PEER_TRANSPORTS_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/peer.h"

namespace storeops::rpc {

std::unique_ptr<Peer> MakeLocalTransport(const MethodTable& table, Pipeline& pipeline, const AccessTokens& tokens);
std::unique_ptr<Peer> MakeRemoteTransport(const std::string& target, const PeerTls& tls, const AccessTokens* tokens,
                                          const std::string& authorization);

// DEADLINE_EXCEEDED naming the method.
absl::Status DidNotAnswer(absl::string_view method);

// Mints tokens for principals and keeps each as long as it is good for another minute.
class TokenCache {
 public:
  explicit TokenCache(const AccessTokens& tokens) : tokens_(tokens) {}

  // The value of an authorization header; empty for nobody.
  std::string AuthorizationOf(const Principal& principal);

 private:
  static constexpr size_t kMaxTokens = 4096;
  struct Entry {
    std::string authorization;
    absl::Time minted;
  };

  const AccessTokens& tokens_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_PEER_TRANSPORTS_H_
