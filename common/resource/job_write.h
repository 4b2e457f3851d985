// Writes of background work, which no call is under way for.
#ifndef STOREOPS_COMMON_RESOURCE_JOB_WRITE_H_
#define STOREOPS_COMMON_RESOURCE_JOB_WRITE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/resource/write.h"

namespace storeops::resource {

// RunWrite without an answer. History says that `actor` made the changes: whoever asked for the work ("users/7"), or
// the service itself ("services/catalog").
absl::Status RunJobWrite(const Store& store, const std::string& actor, absl::Time deadline,
                         absl::FunctionRef<absl::Status(Write&)> body);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_JOB_WRITE_H_
