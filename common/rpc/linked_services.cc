#include "common/rpc/linked_services.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "google/protobuf/descriptor_database.h"

namespace storeops::rpc {

std::vector<const google::protobuf::FileDescriptor*> LinkedFiles() {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  std::vector<std::string> files;
  // The only way to list generated files: the pool itself is lazy and knows just what was asked of it.
  google::protobuf::DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  std::sort(files.begin(), files.end());
  std::vector<const google::protobuf::FileDescriptor*> linked;
  for (const std::string& name : files) {
    const auto* file = pool->FindFileByName(name);
    if (file != nullptr && absl::StartsWith(file->package(), "storeops.")) linked.push_back(file);
  }
  return linked;
}

std::vector<const google::protobuf::ServiceDescriptor*> LinkedServices() {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  for (const auto* file : LinkedFiles()) {
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  }
  std::sort(services.begin(), services.end(),
            [](const auto* a, const auto* b) { return a->full_name() < b->full_name(); });
  return services;
}

}  // namespace storeops::rpc
