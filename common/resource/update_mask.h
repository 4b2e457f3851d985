// What an update writes: the fields that its mask names.
#ifndef STOREOPS_COMMON_RESOURCE_UPDATE_MASK_H_
#define STOREOPS_COMMON_RESOURCE_UPDATE_MASK_H_

#include "absl/status/status.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace storeops::resource {

// Copies into `target` (the resource as it is) what `mask` names of `sent`. An empty mask and "*" name every top-level
// field that is set in `sent`. Paths lead through single messages; lists and maps are replaced whole. A named field
// that is not set in `sent` is cleared.
//
// INVALID_ARGUMENT naming `request_prefix` + "update_mask" for paths that are unknown, OUTPUT_ONLY, or IMMUTABLE with
// another value; naming `sent_prefix` + field for an IMMUTABLE field with another value under an empty mask. "etag" is
// passed over.
absl::Status ApplyMask(const google::protobuf::FieldMask& mask, const google::protobuf::Message& sent,
                       const std::string& request_prefix, const std::string& sent_prefix,
                       google::protobuf::Message* target);

// Clears OUTPUT_ONLY fields at any depth: callers cannot set them, and AIP-203 has them ignored.
void ClearOutputOnly(google::protobuf::Message* message);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_UPDATE_MASK_H_
