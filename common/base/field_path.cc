#include "common/base/field_path.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace storeops {

using google::protobuf::FieldDescriptor;

std::string FieldPath::ToString(absl::string_view prefix) const {
  std::string text = parent == nullptr ? std::string(prefix) : absl::StrCat(parent->ToString(prefix), ".");
  absl::StrAppend(&text, field->name());
  if (index >= 0) absl::StrAppend(&text, "[", index, "]");
  if (key != nullptr) absl::StrAppend(&text, "[\"", absl::Utf8SafeCEscape(*key), "\"]");
  return text;
}

std::string MapKeyText(const google::protobuf::Message& entry) {
  const google::protobuf::Reflection& reflection = *entry.GetReflection();
  const FieldDescriptor* key = entry.GetDescriptor()->map_key();
  switch (key->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(entry, key);
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection.GetInt32(entry, key));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection.GetInt64(entry, key));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection.GetUInt32(entry, key));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(reflection.GetUInt64(entry, key));
    default:
      return reflection.GetBool(entry, key) ? "true" : "false";
  }
}

}  // namespace storeops
