// Fields of the standard methods' requests and responses, by their names and by reflection.
#ifndef STOREOPS_COMMON_RESOURCE_STANDARD_REQUEST_H_
#define STOREOPS_COMMON_RESOURCE_STANDARD_REQUEST_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/resource/resource_name.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace storeops::resource {

// Empty, 0, false when the request has no such field.
std::string GetText(const google::protobuf::Message& message, absl::string_view field);
int GetInt(const google::protobuf::Message& message, absl::string_view field);
bool GetBool(const google::protobuf::Message& message, absl::string_view field);
google::protobuf::FieldMask GetMask(const google::protobuf::Message& message, absl::string_view field);
std::vector<std::string> GetTexts(const google::protobuf::Message& message, absl::string_view field);
// Null when not set.
const google::protobuf::Message* GetMessage(const google::protobuf::Message& message, absl::string_view field);
std::vector<const google::protobuf::Message*> GetMessages(const google::protobuf::Message& message,
                                                          absl::string_view field);

void SetText(absl::string_view value, absl::string_view field, google::protobuf::Message* message);
// The repeated field of the response whose items are of `type`; null if there is none.
const google::protobuf::FieldDescriptor* FindItems(const google::protobuf::Descriptor& response,
                                                   const google::protobuf::Descriptor& type);
// Appends to FindItems(), taking the item over.
void AddItem(std::unique_ptr<google::protobuf::Message> item, google::protobuf::Message* response);

// The standard methods of a resource whose descriptors they must fit to be bound.
enum class MethodKind {
  kCreate,
  kBatchCreate,
  kGet,
  kBatchGet,
  kList,
  kUpdate,
  kBatchUpdate,
  kDelete,
  kUndelete,
  kListHistory
};

// "BatchCreateProducts". `singular` and `plural` are "Product" and "Products".
std::string MethodName(MethodKind kind, absl::string_view singular, absl::string_view plural);
// True if request and response have the fields of the standard method, and the request no others. `field` is the
// resource's name in requests: "product". With a parent, Create and List have `parent`, and batches may have it.
bool HasStandardShape(MethodKind kind, const google::protobuf::MethodDescriptor& method,
                      const google::protobuf::Descriptor& type, absl::string_view field, bool has_parent);

// BatchGet (https://google.aip.dev/231): the `names` of the request, at most kMaxBatchGet, as ids. INVALID_ARGUMENT
// naming the first wrong one, or the first that is not of the request's `parent`.
inline constexpr int kMaxBatchGet = 1000;
absl::StatusOr<std::vector<NameIds>> ReadNames(const google::protobuf::Message& request, const NamePattern& pattern);
// NOT_FOUND for names[index], which the error names, too.
absl::Status MissingInBatch(absl::string_view type, absl::string_view name, size_t index);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_STANDARD_REQUEST_H_
