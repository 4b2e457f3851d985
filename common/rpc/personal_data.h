// Personal data and costs in messages: who may read them, and their masks. Driven by the fields' annotations
// (storeops.options.v1.personal and .cost); the pipeline masks every response with it. What is said of personal fields
// below holds for costs, too: these are cleared.
#ifndef STOREOPS_COMMON_RPC_PERSONAL_DATA_H_
#define STOREOPS_COMMON_RPC_PERSONAL_DATA_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace storeops::rpc {

struct Principal;

// What a caller reads instead of personal text.
inline constexpr char kPersonalMask[] = "***";

// The permissions for the personal fields that a message of this type can hold at any depth; sorted, each once; empty:
// it can hold none. Messages of other types (google.protobuf.Any, Change.resource, the values of a HistoryEntry) may
// hold fields of every linked package. Lives as long as the program. Thread-safe.
const std::vector<std::string>& PersonalPermissions(const google::protobuf::Descriptor& type);

// Permissions for personal fields that a caller lacks. Points into `permissions` of PersonalPermissions.
using HiddenData = std::vector<absl::string_view>;

HiddenData HiddenFrom(const Principal& principal, const std::vector<std::string>& permissions);

// Masks the personal fields whose permission is hidden, at any depth, also in Any, Change.resource and HistoryEntry.
// What cannot be decoded there is masked whole. Fields that a handler renders are left to it.
void MaskPersonalData(const HiddenData& hidden, google::protobuf::Message* message);

// INVALID_ARGUMENT naming each hidden field of a request whose value is the mask: a caller who cannot read a value must
// not write its mask back. PERMISSION_DENIED naming a hidden cost that the request sets. Fields that are OUTPUT_ONLY or
// that an update_mask leaves out are not written.
absl::Status CheckNoMaskWritten(const HiddenData& hidden, const google::protobuf::Message& request);

// OK if filters and orders of this caller may compare the field; PERMISSION_DENIED naming it and `request_field`
// ("filter", "order_by") if it holds personal data that the caller may not read. Nobody (null) may read any.
absl::Status CheckComparable(const Principal* principal, const google::protobuf::FieldDescriptor& field,
                             absl::string_view request_field);

// "catalog.storeops/Product" -> its message; null if no linked file has such a resource.
const google::protobuf::Descriptor* FindResourceType(absl::string_view type);

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_PERSONAL_DATA_H_
