// ChannelService: the standard methods, and channels for those who publish there.
#ifndef STOREOPS_SERVICES_CATALOG_CHANNELS_CHANNEL_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_CHANNELS_CHANNEL_SERVICE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "storeops/catalog/v1/channel.pb.h"

namespace storeops::catalog {

class ChannelService {
 public:
  absl::Status Bind(Environment& environment);

  // The live channel of this name, which stays so until the end of the transaction. INVALID_ARGUMENT naming `field` if
  // there is none.
  absl::StatusOr<v1::Channel> Lock(db::Session& session, const std::string& name, absl::string_view field) const;
  // The live ones among these names; others are left out.
  absl::StatusOr<std::vector<v1::Channel>> ReadMany(const std::vector<std::string>& names, absl::Time deadline) const;

  absl::StatusOr<int64_t> ParseName(absl::string_view name, absl::string_view field) const {
    return channels_->ParseName(name, field);
  }
  const std::string& type() const { return channels_->type(); }

 private:
  std::unique_ptr<resource::Resource> channels_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_CHANNELS_CHANNEL_SERVICE_H_
