// The top-level fields of a message as JSON, one by one: what tables and history keep.
#ifndef STOREOPS_COMMON_RESOURCE_FIELD_JSON_H_
#define STOREOPS_COMMON_RESOURCE_FIELD_JSON_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace storeops::resource {

// protobuf's JSON mapping with the fields' own names. The message is encoded once, not once for each field.
class FieldJson {
 public:
  FieldJson() = default;
  explicit FieldJson(const google::protobuf::Message& message);

  // False if the message holds what no JSON has, such as a time out of range.
  bool ok() const { return ok_; }
  // The field's value; empty for one that is not set or has its default.
  absl::string_view Get(absl::string_view field) const;

 private:
  struct Member {
    const google::protobuf::FieldDescriptor* field;
    size_t begin, size;  // in json_
  };
  bool ok_ = true;
  std::string json_;  // the values, one behind the other
  std::vector<Member> members_;
};

// Fills `message`, which is cleared first, from an object of fields. Fields that are not known any more are passed
// over.
absl::Status MessageFromJson(const std::string& json, google::protobuf::Message* message);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_FIELD_JSON_H_
