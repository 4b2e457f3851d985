#include "services/gateway/http/api_handler.h"

#include <memory>
#include <utility>

#include "common/base/status_macros.h"
#include "services/gateway/http/blob_handler.h"
#include "services/gateway/http/connect_door.h"
#include "services/gateway/http/content.h"
#include "services/gateway/http/cors.h"
#include "services/gateway/http/home_page.h"
#include "services/gateway/http/http_errors.h"
#include "services/gateway/http/media_door.h"
#include "services/gateway/http/openapi.h"
#include "services/gateway/http/rest_door.h"

namespace storeops::gateway {
namespace {

// A page that does not change, plain and compressed.
class StaticPage {
 public:
  StaticPage() = default;
  explicit StaticPage(http::Response plain) : plain_(std::move(plain)), compressed_(plain_) {
    CompressResponse(false, plain_);
    CompressResponse(true, compressed_);
  }

  http::Response Answer(const http::Request& request) const {
    if (request.method == "GET" || request.method == "HEAD") {
      return AcceptsGzip(request.Header("accept-encoding")) ? compressed_ : plain_;
    }
    http::Response refusal = PlainError(405, "method not allowed; use GET or HEAD");
    refusal.headers.emplace_back("Allow", "GET, HEAD");
    return refusal;
  }

 private:
  http::Response plain_;
  http::Response compressed_;
};

class Api {
 public:
  Api(const rpc::MethodTable& table, rpc::Pipeline& pipeline, const ApiOptions& options)
      : table_(table),
        options_(options),
        cors_(options.cors_origins),
        connect_(table, pipeline, options),
        rest_(pipeline, options),
        media_(table, pipeline),
        blobs_({options.downloads, options.path_signer, options.clock, options.telemetry}) {
    for (const auto& [prefix, owner] : options.blob_owners) blobs_.AddOwner(prefix, owner);
  }

  absl::Status Prepare() {
    RETURN_IF_ERROR(rest_.AddRules(table_));
    home_page_ = StaticPage(HomePage(table_, options_.version));
    open_api_ = StaticPage({.status = 200,
                            .headers = {{"Content-Type", "application/json"}},
                            .body = OpenApiDocument(rest_.router(), options_.version)});
    return absl::OkStatus();
  }

  void Serve(http::Request request, http::Responder respond) {
    if (Cors::IsPreflight(request)) {
      respond(cors_.Preflight(request));
      return;
    }
    const absl::string_view origin = request.Header("origin");
    if (!origin.empty()) {
      respond = [this, origin = std::string(origin), respond = std::move(respond)](http::Response response) mutable {
        cors_.Allow(origin, response);
        respond(std::move(response));
      };
    }
    const absl::string_view path = request.Path();
    if (path == "/" || path == "/openapi.json") {
      respond((path == "/" ? home_page_ : open_api_).Answer(request));
    } else if (blobs_.Serves(path)) {
      blobs_.Serve(request, std::move(respond));
    } else if (MediaDoor::IsUploadPath(path)) {
      media_.Upload(std::move(request), std::move(respond));
    } else if (IsConnectPath(path)) {
      connect_.Serve(std::move(request), std::move(respond));
    } else {
      rest_.Serve(std::move(request), std::move(respond));
    }
  }

 private:
  const rpc::MethodTable& table_;
  const ApiOptions options_;
  const Cors cors_;
  const ConnectDoor connect_;
  RestDoor rest_;
  const MediaDoor media_;
  BlobHandler blobs_;
  StaticPage home_page_;
  StaticPage open_api_;
};

}  // namespace

absl::StatusOr<http::Handler> MakeApiHandler(const rpc::MethodTable& table, rpc::Pipeline& pipeline,
                                             const ApiOptions& options) {
  auto api = std::make_shared<Api>(table, pipeline, options);
  RETURN_IF_ERROR(api->Prepare());
  return [api](http::Request request, http::Responder respond) { api->Serve(std::move(request), std::move(respond)); };
}

}  // namespace storeops::gateway
