// What of a resource changed, for people to read; and what of it must not be shown.
#ifndef STOREOPS_COMMON_RESOURCE_HISTORY_H_
#define STOREOPS_COMMON_RESOURCE_HISTORY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/resource/field_json.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "storeops/changes/v1/changes.pb.h"

namespace storeops::resource {

// name, etag, create_time, update_time, delete_time: kept by the engine, and told by an entry's own attributes.
bool IsBookkeeping(const google::protobuf::FieldDescriptor& field);

// Top-level fields other than bookkeeping whose values differ; all that are set when `before` is null.
std::vector<const google::protobuf::FieldDescriptor*> ChangedFields(const google::protobuf::Message* before,
                                                                    const google::protobuf::Message& after);

// An entry with only `changes` filled: each changed field as JSON, secrets as "***". `after_json`, if it is there
// already, spares an encoding.
storeops::changes::v1::HistoryEntry DescribeChanges(const google::protobuf::Message* before,
                                                    const google::protobuf::Message& after,
                                                    const FieldJson* after_json = nullptr);

// Fields with rules.secret, at any depth.
bool HasSecrets(const google::protobuf::Descriptor& type);
void ClearSecrets(google::protobuf::Message* message);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_HISTORY_H_
