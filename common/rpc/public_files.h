// Which .proto files a server shows to everybody: those of the API that it serves, and no others.
#ifndef STOREOPS_COMMON_RPC_PUBLIC_FILES_H_
#define STOREOPS_COMMON_RPC_PUBLIC_FILES_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace storeops::rpc {

class MethodTable;

// The files of a table's services and all that these import; google.rpc, whose messages errors carry; health checks and
// reflection. Files that serve this program alone, such as what its tokens hold, are not linked to any of these.
// Constant, thread-safe.
class PublicFiles {
 public:
  explicit PublicFiles(const MethodTable& table);

  // Full names, sorted.
  const std::vector<std::string>& services() const { return services_; }
  // Null for a file that does not exist or is not shown.
  const google::protobuf::FileDescriptor* FindFile(const std::string& name) const;
  const google::protobuf::FileDescriptor* FindSymbol(const std::string& name) const;
  const google::protobuf::FileDescriptor* FindExtension(const std::string& type, int number) const;
  // Of the extensions that are in shown files; ascending. Null: the type is not shown.
  const google::protobuf::Descriptor* FindExtended(const std::string& type, std::vector<int>* numbers) const;

  // The file and all that it imports, each once, imports last.
  static std::vector<const google::protobuf::FileDescriptor*> WithImports(const google::protobuf::FileDescriptor& file);

 private:
  void Add(const google::protobuf::FileDescriptor& file);
  const google::protobuf::FileDescriptor* IfShown(const google::protobuf::FileDescriptor* file) const;

  std::vector<std::string> services_;
  absl::flat_hash_set<const google::protobuf::FileDescriptor*> files_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_PUBLIC_FILES_H_
