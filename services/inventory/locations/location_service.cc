#include "services/inventory/locations/location_service.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/inventory/locations/location_store.h"

namespace storeops::inventory {
namespace {

using google::protobuf::Message;
using v1::Location;

constexpr char kService[] = "storeops.inventory.v1.LocationService";

absl::Status CheckBins(const Location& location) {
  std::vector<FieldViolation> violations;
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < location.bins_size(); ++i) {
    if (seen.insert(location.bins(i).code()).second) continue;
    violations.push_back({absl::StrCat("bins[", i, "].code"), "the location has this bin already"});
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

}  // namespace

absl::Status LocationService::Bind(Environment& environment) {
  resource::Hooks hooks;
  hooks.before_write = [](resource::Write&, const Message*, Message* after) {
    return CheckBins(static_cast<const Location&>(*after));
  };
  hooks.before_delete = [this](resource::Write& write, const Message& before) -> absl::Status {
    const std::string& name = static_cast<const Location&>(before).name();
    ASSIGN_OR_RETURN(const int64_t id, locations_->ParseName(name, "name"));
    ASSIGN_OR_RETURN(const std::string sku, FindSkuAtLocation(write.session(), id));
    if (sku.empty()) return absl::OkStatus();
    return PreconditionFailed("LOCATION_IN_USE", name,
                              absl::StrCat("pieces lie there, are expected or promised, e.g. of SKU \"", sku, "\""));
  };
  ASSIGN_OR_RETURN(locations_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                        Location::default_instance(), std::move(hooks)));
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  locations_->Bind(service);
  service.Replay(&environment.replays);
  return absl::OkStatus();
}

absl::StatusOr<Location> LocationService::Read(db::Session& session, const std::string& name, absl::string_view field,
                                               bool lock) const {
  ASSIGN_OR_RETURN(const int64_t id, locations_->ParseName(name, field));
  auto item = locations_->Read(session, id, lock);
  if (absl::IsNotFound(item.status())) return InvalidField(field, absl::StrCat("there is no ", name));
  RETURN_IF_ERROR(item.status());
  auto& location = static_cast<Location&>(*item->message);
  if (location.has_delete_time()) return InvalidField(field, absl::StrCat(name, " is deleted"));
  return std::move(location);
}

absl::StatusOr<Location> LocationService::Get(const std::string& name, absl::string_view field,
                                              absl::Time deadline) const {
  ASSIGN_OR_RETURN(const int64_t id, locations_->ParseName(name, field));
  ASSIGN_OR_RETURN(auto items, locations_->Scan(id - 1, 1, /*deleted_too=*/true, deadline));
  if (items.empty() || items[0].id != id) return ResourceNotFound(locations_->type(), name);
  return std::move(static_cast<Location&>(*items[0].message));
}

absl::StatusOr<std::vector<int64_t>> LocationService::FindByCode(const std::vector<std::string>& codes,
                                                                 absl::Time deadline) const {
  return locations_->FindByKey("code", codes, deadline);
}

}  // namespace storeops::inventory
