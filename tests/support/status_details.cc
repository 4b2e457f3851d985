#include "tests/support/status_details.h"

namespace storeops::testing {

std::string Reason(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return GetDetail(status, &info) ? info.reason() : "";
}

std::string WrongField(const absl::Status& status) {
  google::rpc::BadRequest bad;
  return GetDetail(status, &bad) && bad.field_violations_size() > 0 ? bad.field_violations(0).field() : "";
}

std::vector<std::string> WrongFields(const absl::Status& status) {
  google::rpc::BadRequest bad;
  if (!GetDetail(status, &bad)) return {status.ToString()};
  std::vector<std::string> fields;
  for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  return fields;
}

}  // namespace storeops::testing
