#include "services/gateway/http/media_door.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/gateway/http/content.h"
#include "services/gateway/http/http_errors.h"
#include "services/gateway/http/incoming.h"
#include "services/gateway/http/percent.h"
#include "storeops/catalog/v1/media_service.pb.h"

namespace storeops::gateway {
namespace {

using catalog::v1::UploadMediaHeader;
using catalog::v1::UploadMediaRequest;

constexpr absl::string_view kUploadPath = "/v1/media:upload";
constexpr char kUploadMethod[] = "storeops.catalog.v1.MediaService/UploadMedia";
constexpr size_t kUploadChunkBytes = 256 << 10;

http::Response NotAnUpload() {
  http::Response refusal = PlainError(405, "method not allowed; use POST or PUT");
  refusal.headers.emplace_back("Allow", "POST, PUT");
  return refusal;
}

// What a request says about the file that it carries. Of the query: fileName, altText, language.
absl::StatusOr<UploadMediaHeader> MakeHeader(const http::Request& request) {
  UploadMediaHeader header;
  const std::string type = MediaType(request.Header("content-type"));
  // What curl says when it is told nothing.
  if (type != "application/x-www-form-urlencoded") header.set_content_type(type);
  if (type == "multipart/form-data") {
    return InvalidField("content_type", "send the file itself as the body, not a form: curl -T FILE");
  }
  header.set_size_bytes(static_cast<int64_t>(request.body.size()));
  ASSIGN_OR_RETURN(const QueryPairs pairs, ParseQuery(request.Query()));
  for (const auto& [name, value] : pairs) {
    if (name == "fileName" || name == "file_name") {
      header.set_file_name(value);
    } else if (name == "altText" || name == "alt_text") {
      header.set_alt_text(value);
    } else if (name == "language") {
      header.set_language(value);
    } else {
      return InvalidField(name, "there is no such parameter; there are fileName, altText, language");
    }
  }
  return header;
}

// The parts of an upload: the header, then the body in pieces.
rpc::NextBytes PartsOf(const UploadMediaHeader& header, std::string body) {
  struct State {
    std::string header;
    std::string body;
    size_t sent = 0;
  };
  UploadMediaRequest first;
  *first.mutable_header() = header;
  const auto state = std::make_shared<State>(State{first.SerializeAsString(), std::move(body)});
  return [state](std::string* bytes) -> absl::StatusOr<bool> {
    if (!state->header.empty()) {
      *bytes = std::exchange(state->header, "");
      return true;
    }
    if (state->sent == state->body.size()) return false;
    UploadMediaRequest request;
    request.set_chunk(state->body.substr(state->sent, kUploadChunkBytes));
    state->sent += request.chunk().size();
    *bytes = request.SerializeAsString();
    return true;
  };
}

http::Response UploadAnswer(const rpc::Method& method, const absl::StatusOr<rpc::Reply>& reply) {
  if (!reply.ok()) return RestError(reply.status());
  auto json = reply->ToJson(*method.response);
  if (!json.ok()) return RestError(json.status());
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          .body = *std::move(json)};
}

}  // namespace

bool MediaDoor::IsUploadPath(absl::string_view path) { return path == kUploadPath; }

void MediaDoor::Upload(http::Request request, http::Responder respond) const {
  if (request.method != "POST" && request.method != "PUT") return respond(NotAnUpload());
  const rpc::Method* method = table_.Find(kUploadMethod);
  if (method == nullptr) return respond(RestError(absl::NotFoundError("this process takes no media"), 404));
  const absl::string_view coding = request.Header("content-encoding");
  if (!coding.empty() && coding != "identity") {
    return respond(RestError(absl::UnimplementedError("files are sent as they are, without a content coding")));
  }
  const auto header = MakeHeader(request);
  if (!header.ok()) return respond(RestError(header.status()));
  rpc::Incoming incoming = MakeIncoming(*method, request);
  incoming.request_bytes = 0;  // of an upload each part counts by itself
  pipeline_.ServeUpload(std::move(incoming), PartsOf(*header, std::move(request.body)),
                        [method, respond = std::move(respond)](const absl::StatusOr<rpc::Reply>& reply) mutable {
                          respond(UploadAnswer(*method, reply));
                        });
}

}  // namespace storeops::gateway
