#include "common/rpc/reply.h"

#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/json.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace storeops::rpc {
namespace {

using google::protobuf::Message;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

const Message* PrototypeOf(const Message& message) {
  return google::protobuf::MessageFactory::generated_factory()->GetPrototype(message.GetDescriptor());
}

bool Parse(absl::string_view bytes, Message* message) {
  return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

absl::StatusOr<std::string> BinaryToJson(const Message& prototype, absl::string_view bytes) {
  const std::unique_ptr<Message> message(prototype.New());
  if (!Parse(bytes, message.get())) {
    return absl::InternalError(absl::StrCat("the answer is not a ", prototype.GetTypeName()));
  }
  return MessageToJson(*message);
}

}  // namespace

// The encoded bytes lie right behind it, in the same allocation.
struct EncodedMessage::Block {
  std::atomic<uint32_t> owners;
  const uint32_t size;
  const Message* const prototype;  // of a generated type: lives as long as the program
  std::atomic<const std::string*> json;

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
};

EncodedMessage::EncodedMessage(const Message& message) {
  const size_t size = message.ByteSizeLong();
  void* const memory = ::operator new(sizeof(Block) + size);
  block_ = new (memory) Block{1, static_cast<uint32_t>(size), PrototypeOf(message), nullptr};
  message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(block_->bytes()));
}

EncodedMessage::EncodedMessage(const EncodedMessage& other) : block_(other.block_) {
  if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
}

EncodedMessage& EncodedMessage::operator=(EncodedMessage other) noexcept {
  std::swap(block_, other.block_);
  return *this;
}

EncodedMessage::~EncodedMessage() {
  if (block_ == nullptr || block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  delete block_->json.load(std::memory_order_relaxed);
  block_->~Block();
  ::operator delete(block_);
}

absl::string_view EncodedMessage::binary() const { return {block_->bytes(), block_->size}; }

const std::string& EncodedMessage::json() const {
  const std::string* json = block_->json.load(std::memory_order_acquire);
  if (json != nullptr) return *json;
  auto made = std::make_unique<const std::string>(BinaryToJson(*block_->prototype, binary()).value_or(""));
  // Another thread may have been faster.
  if (!block_->json.compare_exchange_strong(json, made.get(), std::memory_order_acq_rel)) return *json;
  return *made.release();
}

bool EncodedMessage::ParseTo(Message* message) const {
  return message->GetDescriptor() == block_->prototype->GetDescriptor() && Parse(binary(), message);
}

EncodedList::EncodedList(int field_number, std::vector<const EncodedMessage*> items, std::unique_ptr<Message> rest)
    : field_number_(field_number), items_(std::move(items)), rest_(std::move(rest)) {}

const std::string& EncodedList::binary() const {
  absl::call_once(binary_once_, [this] { binary_ = MakeBinary(); });
  return binary_;
}

const std::string& EncodedList::json() const {
  absl::call_once(json_once_, [this] { json_ = MakeJson().value_or(""); });
  return json_;
}

std::string EncodedList::MakeBinary() const {
  const uint32_t tag = WireFormatLite::MakeTag(field_number_, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  const size_t tag_bytes = CodedOutputStream::VarintSize32(tag);
  size_t size = rest_->ByteSizeLong();
  for (const EncodedMessage* item : items_) {
    const size_t length = item->binary().size();
    size += tag_bytes + CodedOutputStream::VarintSize64(length) + length;
  }
  std::string bytes;
  bytes.reserve(size);
  for (const EncodedMessage* item : items_) {
    const absl::string_view binary = item->binary();
    uint8_t head[20];
    const uint8_t* end = CodedOutputStream::WriteVarint32ToArray(tag, head);
    end = CodedOutputStream::WriteVarint64ToArray(binary.size(), const_cast<uint8_t*>(end));
    bytes.append(reinterpret_cast<const char*>(head), end - head);
    bytes.append(binary.data(), binary.size());
  }
  rest_->AppendToString(&bytes);
  return bytes;
}

absl::StatusOr<std::string> EncodedList::MakeJson() const {
  ASSIGN_OR_RETURN(const std::string rest_json, MessageToJson(*rest_));
  const auto* field = rest_->GetDescriptor()->FindFieldByNumber(field_number_);
  if (field == nullptr) return absl::InternalError(absl::StrCat("no field ", field_number_, " for a list"));
  if (items_.empty()) return rest_json;
  size_t size = field->json_name().size() + rest_json.size() + 8;
  for (const EncodedMessage* item : items_) size += item->json().size() + 1;
  std::string json;
  json.reserve(size);
  absl::StrAppend(&json, "{\"", field->json_name(), "\":");
  char separator = '[';
  for (const EncodedMessage* item : items_) {
    if (item->json().empty()) return absl::InternalError("an item cannot be written as JSON");
    json += separator;
    json += item->json();
    separator = ',';
  }
  json += ']';
  if (rest_json != "{}") json += ',';
  json.append(rest_json, 1);
  return json;
}

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

std::string Reply::ToBinary() const {
  if (const auto* message = std::get_if<std::unique_ptr<Message>>(&body_)) return (*message)->SerializeAsString();
  if (const auto* encoded = std::get_if<EncodedMessage>(&body_)) return std::string(encoded->binary());
  if (const auto encoded_list = list()) return encoded_list->binary();
  return std::get<std::string>(body_);
}

absl::StatusOr<std::string> Reply::ToJson(const Message& response_prototype) const {
  if (const auto* message = std::get_if<std::unique_ptr<Message>>(&body_)) return MessageToJson(**message);
  if (const auto* bytes = std::get_if<std::string>(&body_)) return BinaryToJson(response_prototype, *bytes);
  const auto encoded_list = list();
  const std::string& json = encoded_list != nullptr ? encoded_list->json() : std::get<EncodedMessage>(body_).json();
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
