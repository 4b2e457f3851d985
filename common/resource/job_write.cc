#include "common/resource/job_write.h"

#include "google/protobuf/empty.pb.h"

namespace storeops::resource {

absl::Status RunJobWrite(const Store& store, const std::string& actor, absl::Time deadline,
                         absl::FunctionRef<absl::Status(Write&)> body) {
  rpc::Call call;
  call.principal.name = actor;
  call.deadline = deadline;
  google::protobuf::Empty nothing;
  return RunWrite(store, call, &nothing, body);
}

}  // namespace storeops::resource
