#include "services/gateway/http/blob_handler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "services/gateway/http/byte_range.h"
#include "services/gateway/http/http_errors.h"

namespace storeops::gateway {
namespace {

constexpr int64_t kChunkBytes = 256 << 10;
// Calls to owners at once. Half of the workers of a process as it starts by default: other calls find free ones, also
// where storage is slow.
constexpr int kReadsAtOnce = 16;
// Of one call to an owner.
constexpr absl::Duration kReadLimit = absl::Seconds(30);
constexpr absl::Duration kLongestPrivateAge = absl::Hours(1);

http::Response NotFound() {
  http::Response response =
      RestError(WithReason(absl::NotFoundError("file not found, or its URL must be signed"), "FILE_NOT_FOUND"));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

http::Response Refused(const absl::Status& status) {
  http::Response response = RestError(status);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

http::Response NotAllowed() {
  http::Response response =
      RestError(WithReason(absl::UnimplementedError("method not allowed; use GET or HEAD"), "METHOD_NOT_ALLOWED"), 405);
  response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

http::Response NotSatisfiable(int64_t size) {
  http::Response response =
      RestError(WithReason(absl::OutOfRangeError(absl::StrCat("the range begins behind the file's ", size, " bytes")),
                           "RANGE_NOT_SATISFIABLE"),
                416);
  response.headers.emplace_back("Content-Range", absl::StrCat("bytes */", size));
  return response;
}

bool IsShown(absl::string_view content_type) {
  return absl::StartsWith(content_type, "image/") || absl::StartsWith(content_type, "video/") ||
         absl::StartsWith(content_type, "audio/");
}

// A name for the download that no quote or line end can break out of; in full as RFC 8187 writes it.
std::string Disposition(const BlobFile& file) {
  const char* const how = IsShown(file.content_type) ? "inline" : "attachment";
  if (file.file_name.empty()) return how;
  std::string plain, full;
  for (const char c : file.file_name) {
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

}  // namespace

struct BlobHandler::Shared {
  explicit Shared(const Options& given)
      : options(given),
        limits(given.downloads, *given.clock, given.telemetry),
        reads(std::make_shared<ReadQueue>(kReadsAtOnce)) {}

  const Options options;
  DownloadLimits limits;
  const std::shared_ptr<ReadQueue> reads;
};

// What a download sends after its first chunk. Holds the download's slot until it has been sent.
class BlobHandler::Body final : public http::BodySource {
 public:
  Body(std::shared_ptr<Shared> shared, std::shared_ptr<BlobOwner> owner, std::shared_ptr<void> slot, std::string key,
       int64_t offset, int64_t bytes)
      : shared_(std::move(shared)),
        owner_(std::move(owner)),
        slot_(std::move(slot)),
        key_(std::move(key)),
        bytes_(bytes),
        offset_(offset),
        end_(offset + bytes),
        cancellation_(std::make_shared<rpc::Cancellation>()) {}
  ~Body() override { cancellation_->Cancel(); }

  int64_t bytes() const override { return bytes_; }
  absl::Duration stall_limit() const override { return shared_->options.downloads.stall_limit; }

  void Next(Take take) override {
    const int64_t offset = offset_;
    const int64_t bytes = std::min(kChunkBytes, end_ - offset);
    offset_ += bytes;
    shared_->reads->Start([shared = shared_, owner = owner_, key = key_, cancellation = cancellation_, offset, bytes,
                           take = std::move(take)](ReadQueue::Permit permit) mutable {
      if (cancellation->cancelled()) return take(absl::CancelledError("the client has gone"));
      owner->Read(
          key, offset, bytes, {SteadyNow() + kReadLimit, cancellation},
          [shared = std::move(shared), permit = std::move(permit), key, bytes, take = std::move(take)](
              absl::StatusOr<std::string> chunk) mutable { take(Check(*shared, key, bytes, std::move(chunk))); });
    });
  }

 private:
  static absl::StatusOr<std::string> Check(Shared& shared, const std::string& key, int64_t bytes,
                                           absl::StatusOr<std::string> chunk) {
    if (chunk.ok() && static_cast<int64_t>(chunk->size()) != bytes) {
      chunk = absl::DataLossError(absl::StrCat("read ", chunk->size(), " of ", bytes, " bytes"));
    }
    if (chunk.ok()) {
      shared.limits.CountBytes(bytes);
    } else if (!absl::IsCancelled(chunk.status())) {
      telemetry::Log(telemetry::LogLevel::kWarning, "a download was cut off because its file could not be read",
                     {{"key", key}, {"error", chunk.status().ToString()}});
    }
    return chunk;
  }

  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<BlobOwner> owner_;
  const std::shared_ptr<void> slot_;
  const std::string key_;
  const int64_t bytes_;
  int64_t offset_;  // of the next chunk
  const int64_t end_;
  const std::shared_ptr<rpc::Cancellation> cancellation_;
};

// From the request to the head of the response and the first chunk.
class BlobHandler::Download : public std::enable_shared_from_this<Download> {
 public:
  Download(std::shared_ptr<Shared> shared, std::shared_ptr<BlobOwner> owner, std::shared_ptr<void> slot,
           const http::Request& request, http::Responder respond)
      : shared_(std::move(shared)),
        owner_(std::move(owner)),
        slot_(std::move(slot)),
        head_(request.method == "HEAD"),
        range_(request.Header("range")),
        if_range_(request.Header("if-range")),
        if_none_match_(request.Header("if-none-match")),
        cancellation_(std::make_shared<rpc::Cancellation>()),
        respond_(std::move(respond)) {
    request.client->OnGone([cancellation = cancellation_] { cancellation->Cancel(); });
  }

  // `expiry`: of the URL's signature, which has been checked; nothing: the URL is not signed.
  void Start(std::string path, std::optional<absl::Time> expiry) {
    expiry_ = expiry;
    // Most downloads are small and whole: what the file is and its content come by one call.
    const int64_t first_bytes = head_ || !range_.empty() || !if_none_match_.empty() ? 0 : kChunkBytes;
    shared_->reads->Start([self = shared_from_this(), path = std::move(path), first_bytes](ReadQueue::Permit permit) {
      self->owner_->Find(
          path, first_bytes, self->MakeCall(),
          [self, permit = std::move(permit)](absl::StatusOr<BlobFile> file) { self->Answer(std::move(file)); });
    });
  }

 private:
  BlobCall MakeCall() const { return {SteadyNow() + kReadLimit, cancellation_}; }

  void Answer(absl::StatusOr<BlobFile> file) {
    if (absl::IsNotFound(file.status())) return respond_(NotFound());
    if (!file.ok()) return respond_(Refused(file.status()));
    // The same answer as for a missing file: paths may be guessed.
    if (!file->is_public && !expiry_.has_value()) return respond_(NotFound());
    http::Response response;
    const std::string etag = absl::StrCat("\"", file->hash, "\"");
    AddHeaders(*file, etag, response);
    if (!if_none_match_.empty() && MatchesAny(if_none_match_, etag)) {
      response.status = 304;
      return respond_(std::move(response));
    }
    const bool ranged = !head_ && (if_range_.empty() || if_range_ == etag);
    const ByteRange part = ChooseRange(ranged ? range_ : "", file->size);
    if (part.kind == ByteRange::Kind::kNone) return respond_(NotSatisfiable(file->size));
    response.headers.emplace_back("Content-Type", file->content_type);
    response.headers.emplace_back("Content-Disposition", Disposition(*file));
    if (part.kind == ByteRange::Kind::kPart) {
      response.status = 206;
      response.headers.emplace_back("Content-Range",
                                    absl::StrCat("bytes ", part.first, "-", part.last, "/", file->size));
    }
    if (head_) {
      response.headers.emplace_back("Content-Length", absl::StrCat(file->size));
    } else {
      AddBody(*std::move(file), part.first, part.last + 1, response);
    }
    respond_(std::move(response));
  }

  void AddHeaders(const BlobFile& file, const std::string& etag, http::Response& response) const {
    response.headers = {{"ETag", etag},
                        {"Cache-Control", CacheControl(file)},
                        {"Accept-Ranges", "bytes"},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Content-Security-Policy", "default-src 'none'; sandbox"},
                        {"Cross-Origin-Resource-Policy", "cross-origin"}};
  }

  // A file that needs a signature is cached by the client alone, and not beyond the URL's time.
  std::string CacheControl(const BlobFile& file) const {
    if (file.is_public) return file.immutable ? "public, max-age=31536000, immutable" : "public, no-cache";
    if (!file.immutable) return "private, no-cache";
    const absl::Duration left = *expiry_ - shared_->options.clock->Now();
    return absl::StrCat("private, max-age=",
                        absl::ToInt64Seconds(std::clamp(left, absl::ZeroDuration(), kLongestPrivateAge)));
  }

  // From `first` up to `end`. `begin` is of the file's begin, or empty.
  void AddBody(BlobFile file, int64_t first, int64_t end, http::Response& response) {
    if (first == 0) response.body = std::move(file.begin);
    if (static_cast<int64_t>(response.body.size()) > end) response.body.clear();
    shared_->limits.CountBytes(static_cast<int64_t>(response.body.size()));
    const int64_t offset = first + static_cast<int64_t>(response.body.size());
    response.more = std::make_shared<Body>(shared_, owner_, slot_, std::move(file.key), offset, end - offset);
  }

  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<BlobOwner> owner_;
  const std::shared_ptr<void> slot_;
  const bool head_;
  const std::string range_;
  const std::string if_range_;
  const std::string if_none_match_;
  const std::shared_ptr<rpc::Cancellation> cancellation_;
  http::Responder respond_;
  std::optional<absl::Time> expiry_;
};

BlobHandler::BlobHandler(const Options& options) : shared_(std::make_shared<Shared>(options)) {}
BlobHandler::~BlobHandler() = default;

void BlobHandler::AddOwner(std::string prefix, std::shared_ptr<BlobOwner> owner) {
  owners_.emplace_back(std::move(prefix), std::move(owner));
}

const BlobHandler::Owner* BlobHandler::FindOwner(absl::string_view path) const {
  for (const Owner& owner : owners_) {
    if (absl::StartsWith(path, owner.first)) return &owner;
  }
  return nullptr;
}

void BlobHandler::Serve(const http::Request& request, http::Responder respond) {
  if (request.method != "GET" && request.method != "HEAD") return respond(NotAllowed());
  auto slot = shared_->limits.Open(request.peer_address);
  if (!slot.ok()) return respond(Refused(slot.status()));
  std::optional<absl::Time> expiry;
  if (shared_->options.signer != nullptr && blobs::PathSigner::IsSigned(request.Query())) {
    const auto checked = shared_->options.signer->Check(request.Path(), request.Query(), shared_->options.clock->Now());
    if (!checked.ok()) {
      shared_->limits.CountRefused("signature");
      return respond(Refused(checked.status()));
    }
    expiry = *checked;
  }
  const Owner& owner = *FindOwner(request.Path());
  std::make_shared<Download>(shared_, owner.second, *std::move(slot), request, std::move(respond))
      ->Start(std::string(request.Path().substr(owner.first.size())), expiry);
}

}  // namespace storeops::gateway
