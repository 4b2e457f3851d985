#include "common/rpc/reply.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/json.h"

namespace storeops::rpc {
namespace {

using google::protobuf::Message;

absl::StatusOr<std::string> BinaryToJson(const Message& prototype, const std::string& bytes) {
  const std::unique_ptr<Message> message(prototype.New());
  if (!message->ParseFromString(bytes)) {
    return absl::InternalError(absl::StrCat("the answer is not a ", prototype.GetTypeName()));
  }
  return MessageToJson(*message);
}

}  // namespace

Reply Reply::List(std::shared_ptr<const EncodedList> list, std::shared_ptr<const void> owner) {
  const EncodedList* const plain = list.get();
  return Reply(std::shared_ptr<const EncodedList>(
      plain, [list = std::move(list), owner = std::move(owner)](const EncodedList*) {}));
}

Reply Reply::FromBinary(std::string bytes) { return Reply(std::move(bytes)); }

std::shared_ptr<const EncodedList> Reply::list() const {
  const auto* list = std::get_if<std::shared_ptr<const EncodedList>>(&body_);
  return list == nullptr ? nullptr : *list;
}

size_t Reply::bytes() const {
  if (const auto* message = std::get_if<std::unique_ptr<Message>>(&body_)) return (*message)->ByteSizeLong();
  if (const auto* encoded = std::get_if<EncodedMessage>(&body_)) return encoded->size();
  if (const auto encoded_list = list()) return encoded_list->size();
  return std::get<std::string>(body_).size();
}

std::string Reply::ToBinary() const {
  if (const auto* message = std::get_if<std::unique_ptr<Message>>(&body_)) return (*message)->SerializeAsString();
  if (const auto* encoded = std::get_if<EncodedMessage>(&body_)) return encoded->ToBinary();
  if (const auto encoded_list = list()) return encoded_list->binary();
  return std::get<std::string>(body_);
}

absl::StatusOr<std::string> Reply::ToJson(const Message& response_prototype) const {
  if (const auto* message = std::get_if<std::unique_ptr<Message>>(&body_)) return MessageToJson(**message);
  if (const auto* bytes = std::get_if<std::string>(&body_)) return BinaryToJson(response_prototype, *bytes);
  const auto encoded_list = list();
  std::string json = encoded_list != nullptr ? encoded_list->json() : *std::get<EncodedMessage>(body_).json();
  if (json.empty()) return absl::InternalError("the answer cannot be written as JSON");
  return json;
}

absl::Status Reply::ToMessage(Message* response) const {
  if (const auto* message = std::get_if<std::unique_ptr<Message>>(&body_);
      message != nullptr && (*message)->GetDescriptor() == response->GetDescriptor()) {
    response->CopyFrom(**message);
    return absl::OkStatus();
  }
  if (response->ParseFromString(ToBinary())) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the answer is not a ", response->GetTypeName()));
}

}  // namespace storeops::rpc
