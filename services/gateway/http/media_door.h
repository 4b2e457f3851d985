// Media over plain HTTP: GET /media/{hash}/{variant} for whoever knows the address, POST /v1/media:upload for who may.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_MEDIA_DOOR_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_MEDIA_DOOR_H_

#include "absl/strings/string_view.h"
#include "common/http/server.h"
#include "common/rpc/method_table.h"
#include "common/rpc/peer.h"
#include "common/rpc/pipeline.h"

namespace storeops::gateway {

class MediaDoor {
 public:
  // `catalog` has the media; null: there are none here. All outlive the door and its requests.
  MediaDoor(const rpc::MethodTable& table, rpc::Pipeline& pipeline, rpc::Peer* catalog)
      : table_(table), pipeline_(pipeline), catalog_(catalog) {}

  // "/media/..." and "/v1/media:upload".
  static bool IsMediaPath(absl::string_view path);
  void Serve(http::Request request, http::Responder respond) const;

 private:
  void Download(http::Request request, http::Responder respond) const;
  void Upload(http::Request request, http::Responder respond) const;

  const rpc::MethodTable& table_;
  rpc::Pipeline& pipeline_;
  rpc::Peer* const catalog_;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_MEDIA_DOOR_H_
