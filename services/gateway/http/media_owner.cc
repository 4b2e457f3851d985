#include "services/gateway/http/media_owner.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storeops/catalog/v1/media_service.pb.h"

namespace storeops::gateway {
namespace {

using catalog::v1::ReadMediaContentRequest;
using catalog::v1::ReadMediaContentResponse;

constexpr char kReadMethod[] = "storeops.catalog.v1.MediaService/ReadMediaContent";
constexpr size_t kHashDigits = 64;
constexpr size_t kMaxVariant = 20;

// Hash and variant of "hash/variant"; nothing if it has another form.
std::optional<ReadMediaContentRequest> ParsePath(absl::string_view path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '/');
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

class MediaOwner final : public BlobOwner {
 public:
  explicit MediaOwner(rpc::Peer& catalog) : catalog_(catalog) {}

  void Find(const std::string& path, int64_t first_bytes, BlobCall call,
            absl::AnyInvocable<void(absl::StatusOr<BlobFile>)> done) override {
    auto request = ParsePath(path);
    if (!request.has_value()) return done(absl::NotFoundError("not a path of media"));
    request->set_max_bytes(first_bytes);
    Ask(*request, std::move(call),
        [path, hash = absl::StrCat(request->hash(), ".", request->variant()),
         done = std::move(done)](absl::StatusOr<ReadMediaContentResponse> content) mutable {
          if (!content.ok()) return done(content.status());
          BlobFile file{.key = path,
                        .size = content->size_bytes(),
                        .content_type = content->content_type(),
                        .hash = std::move(hash),
                        .file_name = content->file_name(),
                        .is_public = true,
                        .immutable = true,
                        .begin = std::move(*content->mutable_data())};
          done(std::move(file));
        });
  }

  void Read(const std::string& key, int64_t offset, int64_t bytes, BlobCall call,
            absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) override {
    auto request = ParsePath(key);
    if (!request.has_value()) return done(absl::InternalError("not a key of media"));
    request->set_offset(offset);
    request->set_max_bytes(bytes);
    Ask(*request, std::move(call), [done = std::move(done)](absl::StatusOr<ReadMediaContentResponse> content) mutable {
      if (!content.ok()) return done(content.status());
      done(std::move(*content->mutable_data()));
    });
  }

 private:
  void Ask(const ReadMediaContentRequest& request, BlobCall blob_call,
           absl::AnyInvocable<void(absl::StatusOr<ReadMediaContentResponse>)> done) {
    rpc::PeerCall call;
    call.method = kReadMethod;
    call.principal = {"services/gateway", "services/gateway", {"catalog.media.read"}};
    call.deadline = blob_call.deadline;
    call.retry = true;
    call.cancellation = std::move(blob_call.cancellation);
    catalog_.Start(std::move(call), request.SerializeAsString(),
                   [done = std::move(done)](const absl::StatusOr<std::string>& answer) mutable {
                     if (!answer.ok()) return done(answer.status());
                     ReadMediaContentResponse content;
                     if (content.ParseFromString(*answer)) return done(std::move(content));
                     done(absl::InternalError("malformed response from catalog"));
                   });
  }

  rpc::Peer& catalog_;
};

}  // namespace

std::shared_ptr<BlobOwner> MakeMediaOwner(rpc::Peer& catalog) { return std::make_shared<MediaOwner>(catalog); }

}  // namespace storeops::gateway
