// Uploads of media over plain HTTP: POST /v1/media:upload, the file as the body.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_MEDIA_DOOR_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_MEDIA_DOOR_H_

#include "absl/strings/string_view.h"
#include "common/http/server.h"
#include "common/rpc/method_table.h"
#include "common/rpc/pipeline.h"

namespace storeops::gateway {

class MediaDoor {
 public:
  // Both outlive the door and its requests.
  MediaDoor(const rpc::MethodTable& table, rpc::Pipeline& pipeline) : table_(table), pipeline_(pipeline) {}

  // "/v1/media:upload".
  static bool IsUploadPath(absl::string_view path);
  void Upload(http::Request request, http::Responder respond) const;

 private:
  const rpc::MethodTable& table_;
  rpc::Pipeline& pipeline_;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_MEDIA_DOOR_H_
