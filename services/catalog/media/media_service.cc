#include "services/catalog/media/media_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "services/catalog/media/media_store.h"
#include "services/catalog/translations.h"

namespace storeops::catalog {
namespace {

using google::protobuf::Message;
using v1::Media;

constexpr char kService[] = "storeops.catalog.v1.MediaService";
constexpr char kActor[] = "services/catalog";
constexpr char kOriginal[] = "original";
constexpr char kThumbnailType[] = "image/webp";
constexpr absl::Duration kCleanUpInterval = absl::Hours(1);
constexpr absl::Duration kIdleGrace = absl::Hours(24 * 30);
// Longer than any upload takes.
constexpr absl::Duration kUnownedGrace = absl::Hours(24);
constexpr int kCleanUpPage = 100;

absl::Status CheckMedia(Media& media) {
  if (media.language().empty()) media.set_language("en");
  const auto violations = CheckTranslations(media.language(), media.translations());
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

// All parts of an upload in turn.
absl::Status Receive(rpc::RequestStream& requests, IncomingContent& content) {
  v1::UploadMediaRequest request;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, requests.Read(&request));
    if (!more) return content.Finish();
    if (!request.has_chunk()) return InvalidField("chunk", "is what follows the header");
    RETURN_IF_ERROR(content.Add(request.chunk()));
  }
}

}  // namespace

resource::Hooks MediaService::MakeHooks() {
  resource::Hooks hooks;
  hooks.before_write = [this](resource::Write& write, const Message* before, Message* after) -> absl::Status {
    auto& media = static_cast<Media&>(*after);
    RETURN_IF_ERROR(CheckMedia(media));
    if (before == nullptr || !static_cast<const Media*>(before)->keep() || media.keep()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const int64_t id, media_->ParseName(media.name(), "name"));
    ASSIGN_OR_RETURN(const int64_t product, FindProductShowing(write.session(), id));
    return product == 0 ? AddIdleMedia(write.session(), id, write.now()) : absl::OkStatus();
  };
  hooks.before_delete = [this](resource::Write& write, const Message& before) -> absl::Status {
    const auto& media = static_cast<const Media&>(before);
    ASSIGN_OR_RETURN(const int64_t id, media_->ParseName(media.name(), "name"));
    ASSIGN_OR_RETURN(const int64_t product, FindProductShowing(write.session(), id));
    if (product != 0) {
      return PreconditionFailed(
          "MEDIA_IN_USE", media.name(),
          absl::StrCat("take it out of the products that show it first, e.g. products/", product));
    }
    RETURN_IF_ERROR(RemoveIdleMedia(write.session(), id));
    return AddUnownedContent(write.session(), media.hash(), write.now());
  };
  return hooks;
}

absl::Status MediaService::Bind(Environment& environment) {
  environment_ = &environment;
  ASSIGN_OR_RETURN(media_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                    Media::default_instance(), MakeHooks()));
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  service.Upload("UploadMedia", this, &MediaService::Upload)
      .Unary("ReadMediaContent", this, &MediaService::ReadContent)
      .Replay(&environment.replays);
  media_->Bind(service);
  environment.periodic.Add("clean-media", kCleanUpInterval, jobs::JobPace::kSlow,
                           [this](absl::Time deadline) { return CleanUp(deadline); });
  return absl::OkStatus();
}

absl::StatusOr<v1::UploadMediaResponse> MediaService::Upload(rpc::Call& call, rpc::RequestStream& requests) {
  v1::UploadMediaRequest request;
  ASSIGN_OR_RETURN(const bool any, requests.Read(&request));
  if (!any || !request.has_header()) return InvalidField("header", "is required, before the content");
  ASSIGN_OR_RETURN(IncomingContent content, IncomingContent::Open(*environment_->blobs, request.header()));
  Media described = content.Describe();
  if (const absl::Status status = CheckMedia(described); !status.ok()) return PrefixFields(status, "header.");
  RETURN_IF_ERROR(Receive(requests, content));
  auto existing = Existing(call, content.hash());
  if (!absl::IsNotFound(existing.status())) return existing;
  return Keep(call, content);
}

absl::StatusOr<v1::UploadMediaResponse> MediaService::Keep(const rpc::Call& call, IncomingContent& content) {
  const resource::Store& store = environment_->store;
  RETURN_IF_ERROR(store.database.Transact(call.deadline, [&](db::Session& session) {
    return AddUnownedContent(session, content.hash(), store.clock.Now());
  }));
  RETURN_IF_ERROR(content.Keep(call.deadline));
  v1::UploadMediaResponse response;
  const absl::Status status = resource::RunWrite(store, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(auto item, media_->Insert(write, std::make_unique<Media>(content.Describe())));
    *response.mutable_media() = static_cast<const Media&>(*item.message);
    RETURN_IF_ERROR(RemoveUnownedContent(write.session(), content.hash()));
    return AddIdleMedia(write.session(), item.id, write.now());
  });
  // The same content came twice at the same time.
  if (absl::IsAlreadyExists(status)) return Existing(call, content.hash());
  RETURN_IF_ERROR(status);
  return response;
}

absl::StatusOr<Media> MediaService::FindByHash(const std::string& hash, absl::Time deadline) {
  ASSIGN_OR_RETURN(const auto ids, media_->FindByKey("hash", {hash}, deadline));
  if (ids[0] != 0) {
    ASSIGN_OR_RETURN(auto items, media_->ReadMany(ids, deadline));
    if (!items.empty()) return std::move(static_cast<Media&>(*items[0].message));
  }
  return ResourceNotFound(media_->type(), hash);
}

absl::StatusOr<v1::UploadMediaResponse> MediaService::Existing(const rpc::Call& call, const std::string& hash) {
  v1::UploadMediaResponse response;
  ASSIGN_OR_RETURN(*response.mutable_media(), FindByHash(hash, call.deadline));
  response.set_existing(true);
  ASSIGN_OR_RETURN(const int64_t id, media_->ParseName(response.media().name(), "name"));
  RETURN_IF_ERROR(TouchIdleMedia(environment_->store.database, id, environment_->store.clock.Now(), call.deadline));
  return response;
}

absl::StatusOr<v1::ReadMediaContentResponse> MediaService::ReadContent(rpc::Call& call,
                                                                       const v1::ReadMediaContentRequest& request) {
  ASSIGN_OR_RETURN(const Media media, FindByHash(request.hash(), call.deadline));
  v1::ReadMediaContentResponse response;
  std::string key = ContentKey(media.hash(), "");
  if (request.variant() == kOriginal) {
    response.set_content_type(media.content_type());
    response.set_size_bytes(media.size_bytes());
    response.set_file_name(media.file_name());
  } else {
    const auto variant = std::find_if(media.variants().begin(), media.variants().end(),
                                      [&](const auto& known) { return known.variant() == request.variant(); });
    if (variant == media.variants().end()) {
      return ResourceNotFound(media_->type(), absl::StrCat(media.name(), " as ", request.variant()));
    }
    response.set_content_type(kThumbnailType);
    response.set_size_bytes(variant->size_bytes());
    key = ContentKey(media.hash(), variant->variant());
  }
  const int64_t bytes = std::min(request.max_bytes(), response.size_bytes() - request.offset());
  if (bytes <= 0) return response;
  auto data = environment_->blobs->Read(key, request.offset(), bytes, call.deadline);
  if (absl::IsNotFound(data.status())) return absl::DataLossError(absl::StrCat("the content ", key, " is missing"));
  RETURN_IF_ERROR(data.status());
  response.set_data(*std::move(data));
  return response;
}

absl::StatusOr<std::vector<Media>> MediaService::ReadMany(const std::vector<std::string>& names,
                                                          absl::Time deadline) const {
  std::vector<int64_t> ids;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(ids.emplace_back(), media_->ParseName(name, "media"));
  }
  std::vector<Media> media;
  if (ids.empty()) return media;
  ASSIGN_OR_RETURN(const auto items, media_->ReadMany(ids, deadline));
  for (const auto& item : items) media.push_back(std::move(static_cast<Media&>(*item.message)));
  return media;
}

absl::StatusOr<std::set<std::string>> MediaService::FindUnreadable(const std::vector<std::string>& names,
                                                                   absl::Time deadline) const {
  std::set<std::string> unreadable;
  ASSIGN_OR_RETURN(const std::vector<Media> found, ReadMany(names, deadline));
  for (const Media& media : found) {
    const auto size = environment_->blobs->Size(ContentKey(media.hash(), ""), deadline);
    const bool there = size.ok() ? *size == media.size_bytes() : !absl::IsNotFound(size.status());
    if (!there) unreadable.insert(media.name());
  }
  return unreadable;
}

absl::Status MediaService::CleanUp(absl::Time deadline) {
  RETURN_IF_ERROR(DeleteIdle(deadline));
  return DeleteUnowned(deadline);
}

absl::Status MediaService::DeleteIdle(absl::Time deadline) {
  const resource::Store& store = environment_->store;
  while (!environment_->periodic.Stopping()) {
    ASSIGN_OR_RETURN(const auto ids,
                     ReadIdleMedia(store.database, store.clock.Now() - kIdleGrace, kCleanUpPage, deadline));
    for (const int64_t id : ids) RETURN_IF_ERROR(DeleteIfIdle(id, deadline));
    if (ids.size() < static_cast<size_t>(kCleanUpPage)) break;
  }
  return absl::OkStatus();
}

absl::Status MediaService::DeleteIfIdle(int64_t id, absl::Time deadline) {
  ASSIGN_OR_RETURN(const auto items, media_->ReadMany({id}, deadline));
  absl::Status status = absl::NotFoundError("gone already");
  if (!items.empty() && !static_cast<const Media&>(*items[0].message).keep()) {
    rpc::Call call;
    call.principal.name = kActor;
    call.trace = rpc::TraceContext::FromHeader("");
    call.start = SteadyNow();
    call.deadline = deadline;
    v1::DeleteMediaRequest request;
    request.set_name(media_->FormatName(id));
    request.set_etag(
        static_cast<const Media&>(*items[0].message).etag());  // what was marked to be kept meanwhile stays
    Media deleted;
    status = media_->Delete(call, request, &deleted);
    if (status.ok() || absl::IsAborted(status)) return absl::OkStatus();
    if (!absl::IsFailedPrecondition(status) && !absl::IsNotFound(status)) return status;
  }
  // Gone, used or kept: not idle.
  return environment_->store.database.Transact(deadline,
                                               [&](db::Session& session) { return RemoveIdleMedia(session, id); });
}

absl::Status MediaService::DeleteUnowned(absl::Time deadline) {
  const resource::Store& store = environment_->store;
  const absl::Time before = store.clock.Now() - kUnownedGrace;
  while (!environment_->periodic.Stopping()) {
    ASSIGN_OR_RETURN(const auto hashes, ReadUnownedContent(store.database, before, kCleanUpPage, deadline));
    for (const std::string& hash : hashes) {
      RETURN_IF_ERROR(store.database.Transact(deadline, [&](db::Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(const bool locked, LockUnownedContent(session, hash, before));
        if (!locked) return absl::OkStatus();
        ASSIGN_OR_RETURN(const bool owned, IsOwned(session, hash));
        if (!owned) RETURN_IF_ERROR(DeleteContent(*environment_->blobs, hash, deadline));
        return RemoveUnownedContent(session, hash);
      }));
    }
    if (hashes.size() < static_cast<size_t>(kCleanUpPage)) break;
  }
  return absl::OkStatus();
}

}  // namespace storeops::catalog
