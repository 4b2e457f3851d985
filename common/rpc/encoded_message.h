// Messages that are encoded once and sent many times.
#ifndef STOREOPS_COMMON_RPC_ENCODED_MESSAGE_H_
#define STOREOPS_COMMON_RPC_ENCODED_MESSAGE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace storeops::rpc {

// A message encoded once and sent many times, as protobuf and as JSON. Immutable; copies share one block of memory, in
// which the bytes are compressed by what messages of the type have in common: a process may hold a great many. The JSON
// of those that were read as JSON last is stored as well, 256 MiB of it in the whole process. Thread-safe.
class EncodedMessage {
 public:
  // None: no other method may be called.
  EncodedMessage() = default;
  explicit EncodedMessage(const google::protobuf::Message& message);
  EncodedMessage(const EncodedMessage& other);
  EncodedMessage(EncodedMessage&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  EncodedMessage& operator=(EncodedMessage other) noexcept;
  ~EncodedMessage();

  explicit operator bool() const { return block_ != nullptr; }
  // Of the encoded bytes.
  size_t size() const;
  // `to` has room for `size` bytes.
  void CopyTo(char* to) const;
  std::string ToBinary() const;
  // Empty if the message cannot be written as JSON (an Any of an unknown type, text that is not UTF-8).
  std::shared_ptr<const std::string> json() const;
  // False if `message` is of another type.
  bool ParseTo(google::protobuf::Message* message) const;

 private:
  struct Kind;
  struct Block;
  Block* block_ = nullptr;
};

// A response that has `items` in its repeated field `field_number` and otherwise equals `rest`, where that field is
// empty. Encoded when it is first asked for, once as protobuf and once as JSON. Immutable. Thread-safe.
class EncodedList {
 public:
  // The items outlive it.
  EncodedList(int field_number, std::vector<const EncodedMessage*> items,
              std::unique_ptr<google::protobuf::Message> rest);
  // Of the items, encoded.
  size_t size() const;
  const std::string& binary() const;
  // Empty if an item cannot be written as JSON.
  const std::string& json() const;

 private:
  std::string MakeBinary() const;
  absl::StatusOr<std::string> MakeJson() const;

  const int field_number_;
  const std::vector<const EncodedMessage*> items_;
  const std::unique_ptr<const google::protobuf::Message> rest_;
  mutable absl::once_flag binary_once_, json_once_;
  mutable std::string binary_, json_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_ENCODED_MESSAGE_H_
