#include "common/base/annotations.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storeops/options/v1/lists.pb.h"

namespace storeops {
namespace {

bool HoldsMessage(const google::protobuf::FieldDescriptor& field, const char* full_name) {
  return field.message_type() != nullptr && field.message_type()->full_name() == full_name;
}

}  // namespace

bool HasBehavior(const google::protobuf::FieldDescriptor& field, google::api::FieldBehavior behavior) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) return true;
  }
  return false;
}

const storeops::options::v1::FieldRules& RulesOf(const google::protobuf::FieldDescriptor& field) {
  return field.options().GetExtension(storeops::options::v1::rules);
}

const std::string& TableOf(const google::protobuf::Descriptor& type) {
  return type.options().GetExtension(storeops::options::v1::table).name();
}

int64_t MaxRowsOf(const google::protobuf::Descriptor& type) {
  return type.options().GetExtension(storeops::options::v1::table).max_rows();
}

bool IsPersonal(const google::protobuf::FieldDescriptor& field) {
  return field.options().HasExtension(storeops::options::v1::personal);
}

bool IsRendered(const google::protobuf::FieldDescriptor& field) {
  return field.options().GetExtension(storeops::options::v1::personal).rendered();
}

bool IsCost(const google::protobuf::FieldDescriptor& field) {
  return field.options().GetExtension(storeops::options::v1::cost);
}

bool IsGuarded(const google::protobuf::FieldDescriptor& field) { return IsPersonal(field) || IsCost(field); }

std::string GuardPermissionOf(const google::protobuf::FieldDescriptor& field) {
  const std::vector<std::string> words = absl::StrSplit(field.file()->package(), '.');
  return absl::StrCat(words.size() > 1 ? words[1] : words[0], IsPersonal(field) ? ".personal.read" : ".costs.read");
}

bool IsMoney(const google::protobuf::FieldDescriptor& field) { return HoldsMessage(field, "google.type.Money"); }

bool IsTimestamp(const google::protobuf::FieldDescriptor& field) {
  return HoldsMessage(field, "google.protobuf.Timestamp");
}

bool IsJudgedSingly(const google::protobuf::FieldDescriptor& field) {
  return field.options().GetExtension(storeops::options::v1::list).judged_singly();
}

}  // namespace storeops
