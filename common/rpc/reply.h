// What a handler answers: a message, or bytes that were encoded before.
#ifndef STOREOPS_COMMON_RPC_REPLY_H_
#define STOREOPS_COMMON_RPC_REPLY_H_

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace storeops::rpc {

// A message encoded once and sent many times, as protobuf and, from its first use on, as JSON. Immutable; copies share
// one block of memory, which is little more than the encoded bytes: a process may hold a great many. Thread-safe.
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
  absl::string_view binary() const;
  // Empty if the message cannot be written as JSON (an Any of an unknown type, text that is not UTF-8).
  const std::string& json() const;
  // False if `message` is of another type.
  bool ParseTo(google::protobuf::Message* message) const;

 private:
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

class Reply {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a handler returns a message.
  Reply(std::unique_ptr<google::protobuf::Message> message) : body_(std::move(message)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Reply(EncodedMessage message) : body_(std::move(message)) {}

  // `owner` keeps the list's items alive: counting its owners once is cheaper than counting those of each item.
  static Reply List(std::shared_ptr<const EncodedList> list, std::shared_ptr<const void> owner);
  // A serialised response as it came from a peer or from the replay store.
  static Reply FromBinary(std::string bytes);

  // Null for other answers.
  std::shared_ptr<const EncodedList> list() const;
  std::string ToBinary() const;
  // protobuf's JSON mapping, fields at their defaults left out. `response_prototype` is the method's response type.
  absl::StatusOr<std::string> ToJson(const google::protobuf::Message& response_prototype) const;
  absl::Status ToMessage(google::protobuf::Message* response) const;

 private:
  using Body = std::variant<std::unique_ptr<google::protobuf::Message>, EncodedMessage, std::shared_ptr<const EncodedList>,
                            std::string>;
  // Not of Body, which would take every message's pointer too.
  explicit Reply(std::shared_ptr<const EncodedList> list) : body_(std::move(list)) {}
  explicit Reply(std::string bytes) : body_(std::move(bytes)) {}

  Body body_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_REPLY_H_
