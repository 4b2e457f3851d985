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
inline std::string Reason(const absl::Status& status) { return ReasonOf(status); }

// The paths of all wrong fields of BadRequest; the status as text if there is none.
inline std::vector<std::string> WrongFields(const absl::Status& status) {
  google::rpc::BadRequest bad;
  if (!GetDetail(status, &bad)) return {status.ToString()};
  std::vector<std::string> fields;
  for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  return fields;
}

// The path of the first wrong field of BadRequest; empty if none is named.
inline std::string WrongField(const absl::Status& status) {
  google::rpc::BadRequest bad;
  return GetDetail(status, &bad) && bad.field_violations_size() > 0 ? bad.field_violations(0).field() : "";
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_STATUS_DETAILS_H_
