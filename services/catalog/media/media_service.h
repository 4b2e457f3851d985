// MediaService: uploads, the standard methods, content, and the removal of what nobody uses.
#ifndef STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_SERVICE_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/catalog/media/media_content.h"
#include "storeops/catalog/v1/media_service.pb.h"

namespace storeops::catalog {

class MediaService {
 public:
  // `environment` outlives this object.
  absl::Status Bind(Environment& environment);

  // Those of these media that exist.
  absl::StatusOr<std::vector<v1::Media>> ReadMany(const std::vector<std::string>& names, absl::Time deadline) const;
  // Those of these media whose content is missing or of another size than it should be. Storage that cannot be asked is
  // no reason to suspect it.
  absl::StatusOr<std::set<std::string>> FindUnreadable(const std::vector<std::string>& names,
                                                       absl::Time deadline) const;

 private:
  resource::Hooks MakeHooks();
  absl::StatusOr<v1::UploadMediaResponse> Upload(rpc::Call& call, rpc::RequestStream& requests);
  absl::StatusOr<v1::UploadMediaResponse> Keep(const rpc::Call& call, IncomingContent& content);
  // NOT_FOUND if no media has this content.
  absl::StatusOr<v1::Media> FindByHash(const std::string& hash, absl::Time deadline);
  absl::StatusOr<v1::UploadMediaResponse> Existing(const rpc::Call& call, const std::string& hash);
  absl::StatusOr<v1::ReadMediaContentResponse> ReadContent(rpc::Call& call, const v1::ReadMediaContentRequest& request);

  absl::Status CleanUp(absl::Time deadline);
  absl::Status DeleteIdle(absl::Time deadline);
  absl::Status DeleteIfIdle(int64_t id, absl::Time deadline);
  absl::Status DeleteUnowned(absl::Time deadline);

  Environment* environment_ = nullptr;
  std::unique_ptr<resource::Resource> media_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_SERVICE_H_
