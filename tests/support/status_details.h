// What an error's google.rpc details state.
#ifndef STOREOPS_TESTS_SUPPORT_STATUS_DETAILS_H_
#define STOREOPS_TESTS_SUPPORT_STATUS_DETAILS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"  // older error_details.proto: proto/CMakeLists.txt
#endif

namespace storeops::testing {

// Of ErrorInfo; empty if there is none.
std::string Reason(const absl::Status& status);
// The path of the first wrong field of BadRequest; empty if none is named.
std::string WrongField(const absl::Status& status);
// The paths of all wrong fields of BadRequest; the status as text if there is none.
std::vector<std::string> WrongFields(const absl::Status& status);

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_STATUS_DETAILS_H_
