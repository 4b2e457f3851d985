#include "services/gateway/http/media_door.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/gateway/http/byte_range.h"
#include "services/gateway/http/content.h"
#include "services/gateway/http/http_errors.h"
#include "services/gateway/http/incoming.h"
#include "services/gateway/http/percent.h"
#include "storeops/catalog/v1/media_service.pb.h"

namespace storeops::gateway {
namespace {

using catalog::v1::ReadMediaContentRequest;
using catalog::v1::ReadMediaContentResponse;
using catalog::v1::UploadMediaHeader;
using catalog::v1::UploadMediaRequest;

constexpr absl::string_view kDownloads = "/media/";
constexpr absl::string_view kUploadPath = "/v1/media:upload";
constexpr char kReadMethod[] = "storeops.catalog.v1.MediaService/ReadMediaContent";
constexpr char kUploadMethod[] = "storeops.catalog.v1.MediaService/UploadMedia";
constexpr int64_t kPartBytes = 1 << 20;
constexpr size_t kChunkBytes = 256 << 10;
constexpr absl::Duration kDownloadLimit = absl::Seconds(60);
constexpr size_t kHashDigits = 64;
constexpr size_t kMaxVariant = 20;

http::Response NotFound() {
  http::Response response = PlainError(404, "there is no such media");
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

http::Response NotAllowed(const char* allow) {
  http::Response refusal = PlainError(405, absl::StrCat("this path takes ", allow));
  refusal.headers.emplace_back("Allow", allow);
  return refusal;
}

// Hash and variant of a path; nothing if it has another form.
std::optional<ReadMediaContentRequest> ParsePath(absl::string_view path) {
  const std::vector<std::string> parts = absl::StrSplit(path.substr(kDownloads.size()), '/');
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  const auto is_plain = [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c); };
  if (parts.size() != 2 || parts[0].size() != kHashDigits || !std::all_of(parts[0].begin(), parts[0].end(), is_hex) ||
      parts[1].empty() || parts[1].size() > kMaxVariant || !std::all_of(parts[1].begin(), parts[1].end(), is_plain)) {
    return std::nullopt;
  }
  ReadMediaContentRequest request;
  request.set_hash(parts[0]);
  request.set_variant(parts[1]);
  return request;
}

// A name for the download that no quote or line end can break out of; in full as RFC 8187 writes it.
std::string Disposition(const ReadMediaContentResponse& content) {
  const char* const how = content.content_type() == "application/pdf" ? "attachment" : "inline";
  if (content.file_name().empty()) return how;
  std::string plain, full;
  for (const char c : content.file_name()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool safe = absl::ascii_isalnum(byte) || c == '.' || c == '-' || c == '_';
    plain += safe || c == ' ' ? c : '_';
    if (safe) {
      full += c;
    } else {
      absl::StrAppend(&full, "%", absl::Hex(byte, absl::kZeroPad2));
    }
  }
  return absl::StrCat(how, "; filename=\"", plain, "\"; filename*=UTF-8''", full);
}

// One download: asks the catalogue for a part at a time, in its callbacks. Keeps itself alive until it has answered.
class Transfer : public std::enable_shared_from_this<Transfer> {
 public:
  Transfer(rpc::Peer& catalog, ReadMediaContentRequest request, const http::Request& http, http::Responder respond)
      : catalog_(catalog),
        request_(std::move(request)),
        head_(http.method == "HEAD"),
        range_(http.Header("range")),
        if_range_(http.Header("if-range")),
        if_none_match_(http.Header("if-none-match")),
        deadline_(absl::Now() + kDownloadLimit),
        cancellation_(std::make_shared<rpc::Cancellation>()),
        etag_(absl::StrCat("\"", request_.hash(), ".", request_.variant(), "\"")),
        respond_(std::move(respond)) {
    http.client->OnGone([cancellation = cancellation_] { cancellation->Cancel(); });
  }

  // Most downloads are small and whole: what the content is and the content itself come together.
  void Start() { Ask(head_ || !range_.empty() || !if_none_match_.empty() ? 0 : kPartBytes); }

 private:
  void Ask(int64_t bytes) {
    request_.set_max_bytes(bytes);
    rpc::PeerCall call;
    call.method = kReadMethod;
    call.principal = {"services/gateway", "services/gateway", {"catalog.media.read"}};
    call.deadline = deadline_;
    call.retry = true;
    call.cancellation = cancellation_;
    catalog_.Start(std::move(call), request_.SerializeAsString(),
                   [self = shared_from_this()](const absl::StatusOr<std::string>& answer) { self->Take(answer); });
  }

  void Take(const absl::StatusOr<std::string>& answer) {
    if (absl::IsNotFound(answer.status())) return respond_(NotFound());
    if (!answer.ok()) return respond_(RestError(answer.status()));
    ReadMediaContentResponse content;
    if (!content.ParseFromString(*answer)) return respond_(RestError(absl::InternalError("not a media's content")));
    if (!known_ && !TakeHead(content)) return;
    response_.body.append(content.data());
    const auto have = static_cast<int64_t>(response_.body.size());
    if (have == wanted_) return respond_(std::move(response_));
    if (content.data().empty() && request_.max_bytes() > 0) {
      return respond_(RestError(absl::DataLossError("the content is shorter than it should be")));
    }
    request_.set_offset(first_ + have);
    Ask(std::min(kPartBytes, wanted_ - have));
  }

  // False if that is the answer.
  bool TakeHead(const ReadMediaContentResponse& content) {
    known_ = true;
    const int64_t size = content.size_bytes();
    response_.headers = {{"ETag", etag_},
                         {"Cache-Control", "public, max-age=31536000, immutable"},
                         {"Accept-Ranges", "bytes"},
                         {"X-Content-Type-Options", "nosniff"},
                         {"Content-Security-Policy", "default-src 'none'; sandbox"},
                         {"Cross-Origin-Resource-Policy", "cross-origin"}};
    if (!if_none_match_.empty() && MatchesAny(if_none_match_, etag_)) {
      response_.status = 304;
      respond_(std::move(response_));
      return false;
    }
    response_.headers.emplace_back("Content-Type", content.content_type());
    response_.headers.emplace_back("Content-Disposition", Disposition(content));
    const bool ranged = !head_ && (if_range_.empty() || if_range_ == etag_);
    const ByteRange part = ChooseRange(ranged ? range_ : "", size);
    if (part.kind == ByteRange::Kind::kNone) {
      http::Response refusal = PlainError(416, "no byte of this range is there");
      refusal.headers.emplace_back("Content-Range", absl::StrCat("bytes */", size));
      respond_(std::move(refusal));
      return false;
    }
    if (part.kind == ByteRange::Kind::kPart) {
      response_.status = 206;
      response_.headers.emplace_back("Content-Range", absl::StrCat("bytes ", part.first, "-", part.last, "/", size));
    }
    if (head_) {
      response_.headers.emplace_back("Content-Length", absl::StrCat(size));
      respond_(std::move(response_));
      return false;
    }
    first_ = part.first;
    wanted_ = part.last - part.first + 1;
    return true;
  }

  rpc::Peer& catalog_;
  ReadMediaContentRequest request_;
  const bool head_;
  const std::string range_;
  const std::string if_range_;
  const std::string if_none_match_;
  const absl::Time deadline_;
  const std::shared_ptr<rpc::Cancellation> cancellation_;
  const std::string etag_;
  http::Responder respond_;
  bool known_ = false;
  int64_t first_ = 0;
  int64_t wanted_ = 0;
  http::Response response_;
};

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
    request.set_chunk(state->body.substr(state->sent, kChunkBytes));
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

bool MediaDoor::IsMediaPath(absl::string_view path) {
  return absl::StartsWith(path, kDownloads) || path == kUploadPath;
}

void MediaDoor::Serve(http::Request request, http::Responder respond) const {
  request.Path() == kUploadPath ? Upload(std::move(request), std::move(respond))
                                : Download(std::move(request), std::move(respond));
}

void MediaDoor::Download(http::Request request, http::Responder respond) const {
  if (request.method != "GET" && request.method != "HEAD") return respond(NotAllowed("GET, HEAD"));
  auto asked = ParsePath(request.Path());
  if (!asked.has_value() || catalog_ == nullptr) return respond(NotFound());
  std::make_shared<Transfer>(*catalog_, *std::move(asked), request, std::move(respond))->Start();
}

void MediaDoor::Upload(http::Request request, http::Responder respond) const {
  if (request.method != "POST" && request.method != "PUT") return respond(NotAllowed("POST, PUT"));
  const rpc::Method* method = table_.Find(kUploadMethod);
  if (method == nullptr) return respond(NotFound());
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
