#include "common/resource/standard_request.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "storeops/changes/v1/changes.pb.h"

namespace storeops::resource {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* Find(const Message& message, absl::string_view field) {
  return message.GetDescriptor()->FindFieldByName(std::string(field));
}

bool IsText(const Descriptor& type, const char* name, bool repeated = false) {
  const FieldDescriptor* field = type.FindFieldByName(name);
  return field != nullptr && field->type() == FieldDescriptor::TYPE_STRING && field->is_repeated() == repeated;
}

bool Holds(const Descriptor& type, absl::string_view name, const Descriptor& held, bool repeated = false) {
  const FieldDescriptor* field = type.FindFieldByName(std::string(name));
  return field != nullptr && field->message_type() == &held && field->is_repeated() == repeated;
}

bool HasOnly(const Descriptor& type, std::initializer_list<absl::string_view> names) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (std::find(names.begin(), names.end(), type.field(i)->name()) == names.end()) return false;
  }
  return true;
}

bool IsPaged(const Descriptor& request, const Descriptor& response) {
  const FieldDescriptor* size = request.FindFieldByName("page_size");
  return size != nullptr && size->type() == FieldDescriptor::TYPE_INT32 && IsText(request, "page_token") &&
         IsText(response, "next_page_token");
}

// `parent` is in the request of a resource that has one, and in no other.
bool FitsParent(const Descriptor& request, bool has_parent) {
  return has_parent ? IsText(request, "parent") : request.FindFieldByName("parent") == nullptr;
}

bool IsCreate(const Descriptor& request, const Descriptor& type, absl::string_view field, bool has_parent) {
  return Holds(request, field, type) && FitsParent(request, has_parent) &&
         HasOnly(request, {"parent", field, "request_id"});
}

bool IsUpdate(const Descriptor& request, const Descriptor& type, absl::string_view field) {
  return Holds(request, field, type) && Holds(request, "update_mask", *google::protobuf::FieldMask::descriptor()) &&
         HasOnly(request, {field, "update_mask", "request_id"});
}

// The type of `requests`' items; null if there is no such list.
const Descriptor* RequestsType(const Descriptor& request) {
  const FieldDescriptor* field = request.FindFieldByName("requests");
  if (field == nullptr || !field->is_repeated() || !HasOnly(request, {"parent", "requests", "request_id"})) {
    return nullptr;
  }
  return field->message_type();
}

}  // namespace

std::string GetText(const Message& message, absl::string_view name) {
  const FieldDescriptor* field = Find(message, name);
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

int GetInt(const Message& message, absl::string_view name) {
  const FieldDescriptor* field = Find(message, name);
  return field == nullptr ? 0 : message.GetReflection()->GetInt32(message, field);
}

bool GetBool(const Message& message, absl::string_view name) {
  const FieldDescriptor* field = Find(message, name);
  return field != nullptr && message.GetReflection()->GetBool(message, field);
}

google::protobuf::FieldMask GetMask(const Message& message, absl::string_view name) {
  google::protobuf::FieldMask mask;
  const Message* held = GetMessage(message, name);
  if (held != nullptr) mask.CopyFrom(*held);
  return mask;
}

std::vector<std::string> GetTexts(const Message& message, absl::string_view name) {
  const FieldDescriptor* field = Find(message, name);
  std::vector<std::string> texts;
  const int size = field == nullptr ? 0 : message.GetReflection()->FieldSize(message, field);
  for (int i = 0; i < size; ++i) texts.push_back(message.GetReflection()->GetRepeatedString(message, field, i));
  return texts;
}

const Message* GetMessage(const Message& message, absl::string_view name) {
  const FieldDescriptor* field = Find(message, name);
  if (field == nullptr || !message.GetReflection()->HasField(message, field)) return nullptr;
  return &message.GetReflection()->GetMessage(message, field);
}

std::vector<const Message*> GetMessages(const Message& message, absl::string_view name) {
  const FieldDescriptor* field = Find(message, name);
  std::vector<const Message*> messages;
  const int size = field == nullptr ? 0 : message.GetReflection()->FieldSize(message, field);
  for (int i = 0; i < size; ++i) messages.push_back(&message.GetReflection()->GetRepeatedMessage(message, field, i));
  return messages;
}

void SetText(absl::string_view value, absl::string_view name, Message* message) {
  const FieldDescriptor* field = Find(*message, name);
  if (field != nullptr) message->GetReflection()->SetString(message, field, std::string(value));
}

const FieldDescriptor* FindItems(const Descriptor& response, const Descriptor& type) {
  for (int i = 0; i < response.field_count(); ++i) {
    const FieldDescriptor* field = response.field(i);
    if (field->is_repeated() && field->message_type() == &type) return field;
  }
  return nullptr;
}

void AddItem(std::unique_ptr<Message> item, Message* response) {
  const FieldDescriptor* field = FindItems(*response->GetDescriptor(), *item->GetDescriptor());
  if (field != nullptr) response->GetReflection()->AddAllocatedMessage(response, field, item.release());
}

absl::StatusOr<std::vector<NameIds>> ReadNames(const Message& request, const NamePattern& pattern) {
  const std::vector<std::string> names = GetTexts(request, "names");
  if (names.size() > kMaxBatchGet) {
    return InvalidField("names", absl::StrCat("must have at most ", kMaxBatchGet, " items, has ", names.size()));
  }
  const std::string parent = GetText(request, "parent");
  int64_t parent_id = 0;
  if (!parent.empty()) {
    ASSIGN_OR_RETURN(parent_id, pattern.parent().ParseIdOrAny(parent, "parent"));
  }
  std::vector<NameIds> ids;
  ids.reserve(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string field = absl::StrCat("names[", i, "]");
    ASSIGN_OR_RETURN(ids.emplace_back(), pattern.Parse(names[i], field));
    if (parent_id != 0 && ids.back().parent != parent_id) {
      return InvalidField(field, absl::StrCat("must be of the parent ", parent, ", got \"", names[i], "\""));
    }
  }
  return ids;
}

absl::Status MissingInBatch(absl::string_view type, absl::string_view name, size_t index) {
  const std::string field = absl::StrCat("names[", index, "]");
  const absl::Status missing = ResourceNotFound(type, name);
  absl::Status named(missing.code(), absl::StrCat(field, ": ", missing.message()));
  missing.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) { named.SetPayload(url, payload); });
  return WithReason(std::move(named), "RESOURCE_NOT_FOUND", {{"field", field}});
}

std::string MethodName(MethodKind kind, absl::string_view singular, absl::string_view plural) {
  switch (kind) {
    case MethodKind::kCreate:
      return absl::StrCat("Create", singular);
    case MethodKind::kBatchCreate:
      return absl::StrCat("BatchCreate", plural);
    case MethodKind::kGet:
      return absl::StrCat("Get", singular);
    case MethodKind::kBatchGet:
      return absl::StrCat("BatchGet", plural);
    case MethodKind::kList:
      return absl::StrCat("List", plural);
    case MethodKind::kUpdate:
      return absl::StrCat("Update", singular);
    case MethodKind::kBatchUpdate:
      return absl::StrCat("BatchUpdate", plural);
    case MethodKind::kDelete:
      return absl::StrCat("Delete", singular);
    case MethodKind::kUndelete:
      return absl::StrCat("Undelete", singular);
    case MethodKind::kListHistory:
      break;
  }
  return absl::StrCat("List", singular, "History");
}

bool HasStandardShape(MethodKind kind, const google::protobuf::MethodDescriptor& method, const Descriptor& type,
                      absl::string_view field, bool has_parent) {
  if (method.client_streaming() || method.server_streaming()) return false;
  const Descriptor& request = *method.input_type();
  const Descriptor& response = *method.output_type();
  const Descriptor* requests = RequestsType(request);
  const bool may_have_parent = request.FindFieldByName("parent") == nullptr || FitsParent(request, has_parent);
  switch (kind) {
    case MethodKind::kCreate:
      return &response == &type && IsCreate(request, type, field, has_parent);
    case MethodKind::kUpdate:
      return &response == &type && IsUpdate(request, type, field);
    case MethodKind::kBatchCreate:
      return may_have_parent && requests != nullptr && IsCreate(*requests, type, field, has_parent) &&
             FindItems(response, type) != nullptr;
    case MethodKind::kBatchUpdate:
      return request.FindFieldByName("parent") == nullptr && requests != nullptr && IsUpdate(*requests, type, field) &&
             FindItems(response, type) != nullptr;
    case MethodKind::kGet:
      return &response == &type && IsText(request, "name") && HasOnly(request, {"name"});
    case MethodKind::kBatchGet:
      return may_have_parent && IsText(request, "names", true) && HasOnly(request, {"parent", "names"}) &&
             FindItems(response, type) != nullptr;
    case MethodKind::kList:
      return IsPaged(request, response) && FindItems(response, type) != nullptr && FitsParent(request, has_parent) &&
             HasOnly(request, {"parent", "page_size", "page_token", "filter", "order_by", "show_deleted"});
    case MethodKind::kDelete:
      return (&response == &type || response.full_name() == "google.protobuf.Empty") && IsText(request, "name") &&
             HasOnly(request, {"name", "etag", "request_id"});
    case MethodKind::kUndelete:
      return &response == &type && IsText(request, "name") && HasOnly(request, {"name", "etag", "request_id"});
    case MethodKind::kListHistory:
      return IsPaged(request, response) && IsText(request, "name") &&
             FindItems(response, *storeops::changes::v1::HistoryEntry::descriptor()) != nullptr &&
             HasOnly(request, {"name", "page_size", "page_token"});
  }
  return false;
}

}  // namespace storeops::resource
