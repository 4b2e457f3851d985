#include "common/rpc/read_permission.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/rpc/call.h"
#include "common/rpc/linked_services.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/descriptor.h"
#include "storeops/options/v1/options.pb.h"

namespace storeops::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::MethodDescriptor;
using storeops::options::v1::Access;

constexpr char kEverything[] = "*";

// Of the method of the resource's own package that returns it.
std::string PermissionOfGet(const Descriptor& type) {
  for (const auto* service : LinkedServices()) {
    if (service->file()->package() != type.file()->package()) continue;
    const MethodDescriptor* get = service->FindMethodByName(absl::StrCat("Get", type.name()));
    if (get != nullptr && get->output_type() == &type) {
      return get->options().GetExtension(storeops::options::v1::access).permission();
    }
  }
  return "";
}

std::map<std::string, std::string, std::less<>> FindReadPermissions() {
  std::map<std::string, std::string, std::less<>> permissions;
  for (const auto* file : LinkedFiles()) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      const Descriptor& type = *file->message_type(i);
      const std::string& name = type.options().GetExtension(google::api::resource).type();
      if (name.empty()) continue;
      const std::string& stated = type.options().GetExtension(storeops::options::v1::read_permission);
      permissions[name] = stated.empty() ? PermissionOfGet(type) : stated;
    }
  }
  return permissions;
}

const std::string& NeededFor(absl::string_view type) {
  static const auto& everything = *new std::string(kEverything);
  const auto found = ReadPermissions().find(type);
  return found == ReadPermissions().end() || found->second.empty() ? everything : found->second;
}

}  // namespace

const std::map<std::string, std::string, std::less<>>& ReadPermissions() {
  static const auto& permissions = *new std::map<std::string, std::string, std::less<>>(FindReadPermissions());
  return permissions;
}

bool MayRead(const Principal& principal, absl::string_view type) { return principal.Has(NeededFor(type)); }

absl::Status CheckMayRead(const Principal& principal, absl::string_view type) {
  return MayRead(principal, type) ? absl::OkStatus() : PermissionMissing(NeededFor(type));
}

absl::Status CheckMayCall(const Principal& principal, absl::string_view method) {
  std::string full_name(method);
  std::replace(full_name.begin(), full_name.end(), '/', '.');
  const auto* found = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(full_name);
  if (found == nullptr) return principal.Has(kEverything) ? absl::OkStatus() : PermissionMissing(kEverything);
  const Access& access = found->options().GetExtension(storeops::options::v1::access);
  if (access.rule_case() != Access::kPermission || principal.Has(access.permission())) return absl::OkStatus();
  return PermissionMissing(access.permission());
}

}  // namespace storeops::rpc
