// The HTTP side of the API: Connect, REST, /openapi.json and the page at "/".
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_API_HANDLER_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_API_HANDLER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/http/server.h"
#include "common/rpc/method_table.h"
#include "common/rpc/peer.h"
#include "common/rpc/pipeline.h"

namespace storeops::gateway {

struct ApiOptions {
  std::vector<std::string> cors_origins;  // pages that may call from a browser: "https://shop.example", or "*"
  std::string version;                    // shown in the OpenAPI document and on the page
  // Of a compressed body; a method's own limit counts too.
  size_t max_decompressed_bytes = 32 << 20;
  const Clock* clock = &Clock::System();
  // Has the media that are served at /media/; null: there are none. Outlives the handler.
  rpc::Peer* catalog = nullptr;
};

// Routes: POST and GET /{package.Service}/{Method} is Connect; "/" and "/openapi.json" as they say; GET /media/... and
// POST /v1/media:upload are files; everything else is
// REST by the google.api.http rules. HEAD is answered as GET without the body.
// INTERNAL for a rule that makes no sense. The table and the pipeline must outlive the handler.
absl::StatusOr<http::Handler> MakeApiHandler(const rpc::MethodTable& table, rpc::Pipeline& pipeline,
                                             const ApiOptions& options);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_API_HANDLER_H_
