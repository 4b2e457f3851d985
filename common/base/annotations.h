// Reads the annotations of messages and fields (google.api.*, storeops.options.v1.*).
#ifndef STOREOPS_COMMON_BASE_ANNOTATIONS_H_
#define STOREOPS_COMMON_BASE_ANNOTATIONS_H_

#include <cstdint>
#include <string>

#include "google/api/field_behavior.pb.h"
#include "google/protobuf/descriptor.h"
#include "storeops/options/v1/options.pb.h"

namespace storeops {

bool HasBehavior(const google::protobuf::FieldDescriptor& field, google::api::FieldBehavior behavior);
inline bool IsOutputOnly(const google::protobuf::FieldDescriptor& field) {
  return HasBehavior(field, google::api::OUTPUT_ONLY);
}

// The default instance for a field without rules.
const storeops::options::v1::FieldRules& RulesOf(const google::protobuf::FieldDescriptor& field);

// The table's name; empty for a message that is not kept in a table of its own.
const std::string& TableOf(const google::protobuf::Descriptor& type);
// The stated limit of the table's rows; 0 if it may grow without bound.
int64_t MaxRowsOf(const google::protobuf::Descriptor& type);

// Annotated as personal data.
bool IsPersonal(const google::protobuf::FieldDescriptor& field);
// Annotated as what goods cost, or what is earned by them.
bool IsCost(const google::protobuf::FieldDescriptor& field);
// One of the two: shown only to callers with the permission below.
bool IsGuarded(const google::protobuf::FieldDescriptor& field);
// "inventory.personal.read" for a personal field of storeops.inventory.v1.Order, "catalog.costs.read" for a cost of
// storeops.catalog.v1.Variant.
std::string GuardPermissionOf(const google::protobuf::FieldDescriptor& field);
bool IsRendered(const google::protobuf::FieldDescriptor& field);

// A list whose items are checked one by one by who takes them (lists.proto).
bool IsJudgedSingly(const google::protobuf::FieldDescriptor& field);

// What a field holds, as far as rules and tables care.
bool IsMoney(const google::protobuf::FieldDescriptor& field);
bool IsTimestamp(const google::protobuf::FieldDescriptor& field);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_ANNOTATIONS_H_
