// Where a walk through a message is: for errors that name the field.
#ifndef STOREOPS_COMMON_BASE_FIELD_PATH_H_
#define STOREOPS_COMMON_BASE_FIELD_PATH_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace storeops {

// A step for each message on the way, on the stack; written out only when something is wrong.
struct FieldPath {
  const FieldPath* parent = nullptr;
  const google::protobuf::FieldDescriptor* field = nullptr;
  int index = -1;                    // in a list
  const std::string* key = nullptr;  // in a map

  // "product.variants[2].option_values[\"Size\"]", with `prefix` in front of it.
  std::string ToString(absl::string_view prefix) const;
};

// The key of an entry of a map, as text.
std::string MapKeyText(const google::protobuf::Message& entry);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_FIELD_PATH_H_
