#include "common/rpc/encoded_message.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "common/rpc/dictionary_compressor.h"
#include "common/rpc/json.h"
#include "common/rpc/json_cache.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace storeops::rpc {

using google::protobuf::Message;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

namespace {

constexpr size_t kJsonBytes = size_t{256} << 20;

// By the address of the block. Lives as long as the program.
JsonCache& Jsons() {
  static auto& cache = *new JsonCache(kJsonBytes);
  return cache;
}

}  // namespace

// What messages of one type share. Lives as long as the program.
struct EncodedMessage::Kind {
  const Message* prototype;
  DictionaryCompressor compressor;

  static Kind& Of(const Message& message) {
    static absl::Mutex mutex;
    static auto& kinds = *new absl::flat_hash_map<const google::protobuf::Descriptor*, Kind*>;
    absl::MutexLock lock(&mutex);
    Kind*& kind = kinds[message.GetDescriptor()];
    if (kind == nullptr) {
      kind = new Kind;
      kind->prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(message.GetDescriptor());
    }
    return *kind;
  }
};

// The stored bytes lie right behind it, in the same allocation.
struct EncodedMessage::Block {
  std::atomic<uint32_t> owners;
  const uint32_t size;         // as encoded
  const uint32_t stored_size;  // compressed, if it is smaller
  Kind* const kind;
  std::atomic<bool> has_json;  // may be in the cache

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
};

EncodedMessage::EncodedMessage(const Message& message) {
  Kind& kind = Kind::Of(message);
  const std::string encoded = message.SerializeAsString();
  const std::string compressed = kind.compressor.Compress(encoded);
  const std::string& stored = compressed.empty() ? encoded : compressed;
  void* const memory = ::operator new(sizeof(Block) + stored.size());
  block_ =
      new (memory) Block{1, static_cast<uint32_t>(encoded.size()), static_cast<uint32_t>(stored.size()), &kind, false};
  std::memcpy(block_->bytes(), stored.data(), stored.size());
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
  if (block_->has_json.load(std::memory_order_relaxed)) Jsons().Remove(block_);
  block_->~Block();
  ::operator delete(block_);
}

size_t EncodedMessage::size() const { return block_->size; }

void EncodedMessage::CopyTo(char* to) const {
  if (block_->stored_size == block_->size) {
    std::memcpy(to, block_->bytes(), block_->size);
  } else {
    block_->kind->compressor.Decompress({block_->bytes(), block_->stored_size}, to, block_->size);
  }
}

std::string EncodedMessage::ToBinary() const {
  std::string bytes(size(), '\0');
  CopyTo(bytes.data());
  return bytes;
}

std::shared_ptr<const std::string> EncodedMessage::json() const {
  if (block_->has_json.load(std::memory_order_relaxed)) {
    if (auto json = Jsons().Find(block_); json != nullptr) return json;
  }
  const std::unique_ptr<Message> message(block_->kind->prototype->New());
  std::string made;
  if (ParseTo(message.get())) made = MessageToJson(*message).value_or("");
  block_->has_json.store(true, std::memory_order_relaxed);
  return Jsons().Add(block_, std::move(made));
}

bool EncodedMessage::ParseTo(Message* message) const {
  return message->GetDescriptor() == block_->kind->prototype->GetDescriptor() && message->ParseFromString(ToBinary());
}

EncodedList::EncodedList(int field_number, std::vector<const EncodedMessage*> items, std::unique_ptr<Message> rest)
    : field_number_(field_number), items_(std::move(items)), rest_(std::move(rest)) {}

size_t EncodedList::size() const {
  size_t bytes = 0;
  for (const EncodedMessage* item : items_) bytes += item->size();
  return bytes;
}

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
  size_t size = 0;
  for (const EncodedMessage* item : items_) {
    size += tag_bytes + CodedOutputStream::VarintSize64(item->size()) + item->size();
  }
  std::string bytes;
  bytes.reserve(size + rest_->ByteSizeLong());
  bytes.resize(size);
  auto* at = reinterpret_cast<uint8_t*>(bytes.data());
  for (const EncodedMessage* item : items_) {
    at = CodedOutputStream::WriteVarint32ToArray(tag, at);
    at = CodedOutputStream::WriteVarint64ToArray(item->size(), at);
    item->CopyTo(reinterpret_cast<char*>(at));
    at += item->size();
  }
  rest_->AppendToString(&bytes);
  return bytes;
}

absl::StatusOr<std::string> EncodedList::MakeJson() const {
  ASSIGN_OR_RETURN(const std::string rest_json, MessageToJson(*rest_));
  const auto* field = rest_->GetDescriptor()->FindFieldByNumber(field_number_);
  if (field == nullptr) return STOREOPS_BUG(absl::StrCat("no field ", field_number_, " for a list"));
  if (items_.empty()) return rest_json;
  std::string json;
  absl::StrAppend(&json, "{\"", field->json_name(), "\":");
  char separator = '[';
  for (const EncodedMessage* item : items_) {
    const auto item_json = item->json();
    if (item_json->empty()) return absl::InternalError("an item cannot be written as JSON");
    json += separator;
    json += *item_json;
    separator = ',';
  }
  json += ']';
  if (rest_json != "{}") json += ',';
  json.append(rest_json, 1);
  return json;
}

}  // namespace storeops::rpc
