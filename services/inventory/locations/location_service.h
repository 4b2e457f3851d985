// LocationService: the standard methods, and locations for those who keep pieces there.
#ifndef STOREOPS_SERVICES_INVENTORY_LOCATIONS_LOCATION_SERVICE_H_
#define STOREOPS_SERVICES_INVENTORY_LOCATIONS_LOCATION_SERVICE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/module/module.h"
#include "storeops/inventory/v1/location.pb.h"

namespace storeops::inventory {

class LocationService {
 public:
  absl::Status Bind(Environment& environment);

  // The live location of this name, which stays so until the end of the transaction if `lock`. INVALID_ARGUMENT naming
  // `field` if there is none.
  absl::StatusOr<v1::Location> Read(db::Session& session, const std::string& name, absl::string_view field,
                                    bool lock) const;
  // The location of this name, deleted or not. NOT_FOUND.
  absl::StatusOr<v1::Location> Get(const std::string& name, absl::string_view field, absl::Time deadline) const;
  // Ids of live locations by their codes; 0 for a code that none has.
  absl::StatusOr<std::vector<int64_t>> FindByCode(const std::vector<std::string>& codes, absl::Time deadline) const;

  absl::StatusOr<int64_t> ParseName(absl::string_view name, absl::string_view field) const {
    return locations_->ParseName(name, field);
  }

 private:
  std::unique_ptr<resource::Resource> locations_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_LOCATIONS_LOCATION_SERVICE_H_
