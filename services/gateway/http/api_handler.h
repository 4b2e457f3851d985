// The HTTP side of the API: Connect, REST, /openapi.json and the page at "/".
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_API_HANDLER_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_API_HANDLER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/http/server.h"
#include "common/rpc/method_table.h"
#include "common/rpc/pipeline.h"
#include "common/telemetry/telemetry.h"
#include "services/gateway/http/blob_owner.h"
#include "services/gateway/http/download_limits.h"

namespace storeops::blobs {
class PathSigner;
}

namespace storeops::gateway {

struct ApiOptions {
  std::vector<std::string> cors_origins;  // pages that may call from a browser: "https://shop.example", or "*"
  std::string version;                    // shown in the OpenAPI document and on the page
  // Of a compressed body; a method's own limit counts too.
  size_t max_decompressed_bytes = 32 << 20;
  const Clock* clock = &Clock::System();
  // Owners of files by the prefixes of their paths, e.g. "/media/"; they outlive the handler and its downloads.
  std::vector<std::pair<std::string, std::shared_ptr<BlobOwner>>> blob_owners = {};
  DownloadOptions downloads = {};
  // Checks signed URLs; null: none is accepted. Outlives the handler.
  const blobs::PathSigner* path_signer = nullptr;
  telemetry::Telemetry* telemetry = nullptr;  // may be null
};

// Routes: POST and GET /{package.Service}/{Method} is Connect; "/" and "/openapi.json" as they say; what is below the
// prefix of a blob owner and POST /v1/media:upload are files; everything else is REST by the google.api.http rules.
// HEAD is answered as GET without the body.
//
// None of the HTTP server's threads writes a large answer: unary replies of 64 KiB and more become JSON, and are
// compressed, on a worker of the pipeline (smaller ones too, save those that are answered from memory); streams are not
// served over HTTP; both documents are compressed once.
// INTERNAL for a malformed rule. The table and the pipeline must outlive the handler.
absl::StatusOr<http::Handler> MakeApiHandler(const rpc::MethodTable& table, rpc::Pipeline& pipeline,
                                             const ApiOptions& options);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_API_HANDLER_H_
