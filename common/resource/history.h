// What of a resource changed, for people to read, and the lists of it; and what of it must not be shown.
#ifndef STOREOPS_COMMON_RESOURCE_HISTORY_H_
#define STOREOPS_COMMON_RESOURCE_HISTORY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/resource/field_json.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "storeops/changes/v1/changes.pb.h"

namespace storeops::db {
class Database;
}

namespace storeops::resource {

class PageTokens;

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

// List...History: the entries of the resource that the request's `name` names and that is stored under `type` and `id`,
// newest first. NOT_FOUND if it has none.
absl::Status ListHistory(db::Database& database, const PageTokens& tokens, absl::string_view type, int64_t id,
                         const google::protobuf::Message& request, google::protobuf::Message* response,
                         absl::Time deadline);

// Fields with rules.secret, at any depth.
bool HasSecrets(const google::protobuf::Descriptor& type);
void ClearSecrets(google::protobuf::Message* message);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_HISTORY_H_
