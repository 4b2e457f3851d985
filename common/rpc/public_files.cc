#include "common/rpc/public_files.h"

#include <algorithm>

#include "common/rpc/method_table.h"

namespace storeops::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

const DescriptorPool& Pool() { return *DescriptorPool::generated_pool(); }

// Served beside the table.
constexpr const char* kStandardServices[] = {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"};
// Of messages that come in google.protobuf.Any.
constexpr const char* kErrorFiles[] = {"google/rpc/error_details.proto", "google/rpc/error_info.proto",
                                       "google/rpc/status.proto"};

}  // namespace

PublicFiles::PublicFiles(const MethodTable& table) {
  for (const auto* service : table.services()) {
    services_.push_back(service->full_name());
    Add(*service->file());
  }
  for (const char* name : kStandardServices) {
    services_.emplace_back(name);
    const auto* service = Pool().FindServiceByName(name);
    if (service != nullptr) Add(*service->file());
  }
  for (const char* name : kErrorFiles) {
    const FileDescriptor* file = Pool().FindFileByName(name);
    if (file != nullptr) Add(*file);
  }
  std::sort(services_.begin(), services_.end());
}

void PublicFiles::Add(const FileDescriptor& file) {
  for (const FileDescriptor* one : WithImports(file)) files_.insert(one);
}

std::vector<const FileDescriptor*> PublicFiles::WithImports(const FileDescriptor& file) {
  std::vector<const FileDescriptor*> files = {&file};
  for (size_t next = 0; next < files.size(); ++next) {
    const FileDescriptor& importing = *files[next];
    for (int i = 0; i < importing.dependency_count(); ++i) {
      const FileDescriptor* imported = importing.dependency(i);
      if (std::find(files.begin(), files.end(), imported) == files.end()) files.push_back(imported);
    }
  }
  return files;
}

const FileDescriptor* PublicFiles::IfShown(const FileDescriptor* file) const {
  return file != nullptr && files_.contains(file) ? file : nullptr;
}

const FileDescriptor* PublicFiles::FindFile(const std::string& name) const {
  return IfShown(Pool().FindFileByName(name));
}

const FileDescriptor* PublicFiles::FindSymbol(const std::string& name) const {
  return IfShown(Pool().FindFileContainingSymbol(name));
}

const FileDescriptor* PublicFiles::FindExtension(const std::string& type, int number) const {
  const Descriptor* extended = Pool().FindMessageTypeByName(type);
  const FieldDescriptor* extension = extended == nullptr ? nullptr : Pool().FindExtensionByNumber(extended, number);
  return extension == nullptr ? nullptr : IfShown(extension->file());
}

const Descriptor* PublicFiles::FindExtended(const std::string& type, std::vector<int>* numbers) const {
  const Descriptor* extended = Pool().FindMessageTypeByName(type);
  if (extended == nullptr || IfShown(extended->file()) == nullptr) return nullptr;
  std::vector<const FieldDescriptor*> extensions;
  Pool().FindAllExtensions(extended, &extensions);
  for (const FieldDescriptor* extension : extensions) {
    if (IfShown(extension->file()) != nullptr) numbers->push_back(extension->number());
  }
  std::sort(numbers->begin(), numbers->end());
  return extended;
}

}  // namespace storeops::rpc
