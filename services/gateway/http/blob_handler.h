// Files of all services over HTTP: GET and HEAD with one Range, conditions (RFC 9110) and signed URLs.
//
// The gateway registers an owner for each prefix: an adapter to a peer's RPCs, so the files may be anywhere. A download
// stores one chunk (256 KiB) at a time, whatever the client's speed: the next one is read when the client has taken the
// one before. No thread waits for a client, and none of the HTTP server's threads reads.
//
// Errors are those of REST (http_errors.h): 403 SIGNATURE_INVALID and SIGNATURE_EXPIRED, 404 FILE_NOT_FOUND, 405, 416
// RANGE_NOT_SATISFIABLE with Content-Range "bytes */SIZE", 429 and 503 with Retry-After (download_limits.h). An error
// after the first bytes closes the connection.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_BLOB_HANDLER_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_BLOB_HANDLER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/blobs/path_signer.h"
#include "common/http/server.h"
#include "common/telemetry/telemetry.h"
#include "services/gateway/http/blob_owner.h"
#include "services/gateway/http/download_limits.h"
#include "services/gateway/http/read_queue.h"

namespace storeops::gateway {

class BlobHandler {
 public:
  struct Options {
    DownloadOptions downloads;
    // Checks signed URLs; null: none is accepted. Outlives the handler.
    const blobs::PathSigner* signer = nullptr;
    const Clock* clock = &Clock::System();
    telemetry::Telemetry* telemetry = nullptr;  // may be null
  };

  explicit BlobHandler(const Options& options);
  ~BlobHandler();

  // `prefix` begins and ends with "/", e.g. "/media/". Before the first request. A download that is
  // open shares its owner.
  void AddOwner(std::string prefix, std::shared_ptr<BlobOwner> owner);

  // True if `path` is below a prefix.
  bool Serves(absl::string_view path) const { return FindOwner(path) != nullptr; }
  // For paths that it serves. Does not block.
  void Serve(const http::Request& request, http::Responder respond);

 private:
  class Body;
  class Download;
  struct Shared;
  using Owner = std::pair<std::string, std::shared_ptr<BlobOwner>>;

  const Owner* FindOwner(absl::string_view path) const;

  const std::shared_ptr<Shared> shared_;  // with downloads that are open
  std::vector<Owner> owners_;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_BLOB_HANDLER_H_
