// What a handler answers: a message, or bytes that were encoded before.
#ifndef STOREOPS_COMMON_RPC_REPLY_H_
#define STOREOPS_COMMON_RPC_REPLY_H_

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/encoded_message.h"
#include "google/protobuf/message.h"

namespace storeops::rpc {

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
  // About as many as ToBinary has; encodes nothing.
  size_t bytes() const;
  std::string ToBinary() const;
  // protobuf's JSON mapping, fields at their defaults left out. `response_prototype` is the method's response type.
  absl::StatusOr<std::string> ToJson(const google::protobuf::Message& response_prototype) const;
  absl::Status ToMessage(google::protobuf::Message* response) const;

 private:
  using Body = std::variant<std::unique_ptr<google::protobuf::Message>, EncodedMessage,
                            std::shared_ptr<const EncodedList>, std::string>;
  // Not of Body, which would take every message's pointer too.
  explicit Reply(std::shared_ptr<const EncodedList> list) : body_(std::move(list)) {}
  explicit Reply(std::string bytes) : body_(std::move(bytes)) {}

  Body body_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_REPLY_H_
