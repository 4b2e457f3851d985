// The feed of another service, read by its stream.
#ifndef STOREOPS_COMMON_CHANGES_PEER_FEED_SOURCE_H_
#define STOREOPS_COMMON_CHANGES_PEER_FEED_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "common/changes/changes.h"
#include "common/rpc/peer.h"

namespace storeops::changes {

// `source`: the service, e.g. "catalog"; `types`: empty means all; `principal`: who reads, e.g. "services/analytics"
// with the permission changes.read. The stream is renewed when its time limit ends it.
std::unique_ptr<FeedSource> MakePeerFeedSource(rpc::Peer& peer, std::string source, std::vector<std::string> types,
                                               rpc::Principal principal);

}  // namespace storeops::changes

#endif  // STOREOPS_COMMON_CHANGES_PEER_FEED_SOURCE_H_
