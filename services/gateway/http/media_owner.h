// The catalog's media as files of the blob handler: /media/{hash}/{variant}, public.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_MEDIA_OWNER_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_MEDIA_OWNER_H_

#include <memory>

#include "common/rpc/peer.h"
#include "services/gateway/http/blob_owner.h"

namespace storeops::gateway {

inline constexpr char kMediaPrefix[] = "/media/";

// Reads by MediaService.ReadMediaContent, a chunk a call. `catalog` outlives the owner.
std::shared_ptr<BlobOwner> MakeMediaOwner(rpc::Peer& catalog);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_MEDIA_OWNER_H_
