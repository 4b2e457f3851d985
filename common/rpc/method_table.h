// Every method that this process serves, one row each. All doors (gRPC, Connect, REST) and the in-process channel
// stand on this table and hold no logic of their own.
#ifndef STOREOPS_COMMON_RPC_METHOD_TABLE_H_
#define STOREOPS_COMMON_RPC_METHOD_TABLE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/worker_pool.h"
#include "common/rpc/call.h"
#include "common/rpc/cost_lane.h"
#include "common/rpc/reply.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "storeops/options/v1/options.pb.h"

namespace storeops::rpc {

using ReplyCallback = absl::AnyInvocable<void(absl::StatusOr<Reply>)>;

// Where a streaming handler writes. Not thread-safe.
class ReplyStream {
 public:
  virtual ~ReplyStream() = default;
  // Waits until the transport can take the message. False: the caller has gone or the deadline has passed; stop.
  [[nodiscard]] virtual bool Write(const google::protobuf::Message& message) = 0;
};

// The next of a stream of serialised requests. False: the caller has sent all. An error: there will be no more, because
// the caller has gone, the deadline has passed, or the source itself is broken.
using NextBytes = std::function<absl::StatusOr<bool>(std::string* bytes)>;

// Where an upload's handler reads its requests. Not thread-safe.
class RequestStream {
 public:
  virtual ~RequestStream() = default;
  // Waits for the next request and validates it; the transport reads on only as fast as this is called. False: the
  // caller has sent all. An error is what the handler is to return: the request is wrong or too large, the caller has
  // gone, the deadline has passed. Every later call gives the same.
  virtual absl::StatusOr<bool> Read(google::protobuf::Message* request) = 0;
};

// May block; runs on the worker pool.
using UnaryHandler = std::function<absl::StatusOr<Reply>(Call&, const google::protobuf::Message& request)>;
// Must not block; runs on the network's thread. Nothing: it cannot answer at once, and the unary handler will.
using InlineHandler =
    std::function<std::optional<absl::StatusOr<Reply>>(Call&, const google::protobuf::Message& request)>;
// Has the call served together with others (resource::CommitGroup), by a thread of `workers`. Must not block; runs on
// the network's thread. OK: `done` is called once, on a worker, and `call` and `request` live until then. Otherwise the
// call ends with that status and `done` is not called. It finds the stored answers of calls with a request_id by
// itself.
using JoinHandler = std::function<absl::Status(Call& call, const google::protobuf::Message& request,
                                               WorkerPool& workers, ReplyCallback done)>;
// May block; each stream has a thread of its own, of a limited number.
using StreamHandler = std::function<absl::Status(Call&, const google::protobuf::Message& request, ReplyStream&)>;
// As a stream. May answer before it has read all: what the caller sends then is dropped.
using UploadHandler = std::function<absl::StatusOr<Reply>(Call&, RequestStream&)>;
// Hands a serialised request to a peer; must not block. `call` lives until `done` has been called.
using ForwardHandler = std::function<void(Call& call, std::string request, ReplyCallback done)>;
using ForwardStreamHandler = std::function<absl::Status(Call&, const std::string& request, ReplyStream&)>;
using ForwardUploadHandler = std::function<absl::StatusOr<Reply>(Call&, const NextBytes& next)>;

// The answers of committed writes, by request_id; stored by the service's database (common/resource/replay.h).
class ReplayStore {
 public:
  // The serialised response; nullopt if the request_id is new; INVALID_ARGUMENT with reason REQUEST_ID_REUSED if it was
  // used with another body.
  using Answer = absl::StatusOr<std::optional<std::string>>;

  virtual ~ReplayStore() = default;
  // One answer for each key, in their order. May block.
  virtual absl::StatusOr<std::vector<Answer>> FindAll(absl::Span<const ReplayKey* const> keys, absl::Time deadline) = 0;

  // Runs `handle` unless the answer of this call, which has a replay key, is stored already.
  absl::StatusOr<Reply> AnswerOnce(const Call& call, absl::FunctionRef<absl::StatusOr<Reply>()> handle);
  // For a call with a replay key whose write failed: the stored answer if the same request was committed after all, by
  // another call at the same time or by this one before its connection broke; else `failure`.
  absl::StatusOr<Reply> AnswerAfter(const Call& call, absl::Status failure);
};

// Estimates what the call costs at most, in time of one core, before it runs; above kInteractiveCost it is expensive.
// INVALID_ARGUMENT, naming the field, for a request that costs more than any call may. Runs on a worker.
using CostHandler = std::function<absl::StatusOr<absl::Duration>(const Call&, const google::protobuf::Message&)>;

struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  std::string full_name;                               // "storeops.catalog.v1.ProductService/GetProduct"
  const google::protobuf::Message* request = nullptr;  // prototypes
  const google::protobuf::Message* response = nullptr;
  storeops::options::v1::Access access;
  absl::Duration time_limit = absl::Seconds(30);
  int64_t max_request_bytes = 4 << 20;  // of each request of an upload
  Urgency urgency = Urgency::kInteractive;
  std::optional<CostKind> expensive;  // what its expensive calls use most; nothing: the database, if any are
  CostHandler cost;                   // may be null: all calls are expensive if `expensive` is set, none if not
  // From idempotency_level: safe to call by GET and to repeat; safe to repeat.
  bool no_side_effects = false;
  bool idempotent = false;
  // The permissions for personal fields that requests and responses can hold (common/rpc/personal_data.h); none if
  // these are the caller's own data.
  std::vector<std::string> personal_in_request;
  std::vector<std::string> personal_in_response;
  const google::protobuf::FieldDescriptor* request_id_field = nullptr;  // may be null
  ReplayStore* replay = nullptr;                                        // may be null

  // Exactly one of these is set, but that try_inline and join may accompany unary.
  UnaryHandler unary;
  InlineHandler try_inline;  // not of a method that has a request_id
  JoinHandler join;          // takes all calls, save those that bring a thread of their own
  StreamHandler stream;
  UploadHandler upload;
  ForwardHandler forward;
  ForwardStreamHandler forward_stream;
  ForwardUploadHandler forward_upload;

  // A stream of answers to one request; a stream of requests with one answer. Not both.
  bool streams_replies() const { return descriptor->server_streaming(); }
  bool uploads() const { return descriptor->client_streaming(); }
  bool unary_call() const { return !streams_replies() && !uploads(); }
};

class MethodTable;

// Binds handlers to the RPCs of one service. Mistakes are collected and told by MethodTable::Finish.
class ServiceBuilder {
 public:
  // Typed handlers: object->handle(call, request) -> StatusOr<Response>.
  template <class Object, class Request, class Response>
  ServiceBuilder& Unary(absl::string_view method, Object* object,
                        absl::StatusOr<Response> (Object::*handle)(Call&, const Request&)) {
    if constexpr (std::is_same_v<Response, Reply>) {
      CheckTypes(method, Request::descriptor(), nullptr);
    } else {
      CheckTypes(method, Request::descriptor(), Response::descriptor());
    }
    return UnaryRaw(method, [object, handle](Call& call, const google::protobuf::Message& request) {
      return ToReply((object->*handle)(call, static_cast<const Request&>(request)));
    });
  }
  template <class Object, class Request>
  ServiceBuilder& Inline(absl::string_view method, Object* object,
                         std::optional<absl::StatusOr<Reply>> (Object::*handle)(Call&, const Request&)) {
    CheckTypes(method, Request::descriptor(), nullptr);
    return InlineRaw(method, [object, handle](Call& call, const google::protobuf::Message& request) {
      return (object->*handle)(call, static_cast<const Request&>(request));
    });
  }
  template <class Object, class Request>
  ServiceBuilder& Stream(absl::string_view method, Object* object,
                         absl::Status (Object::*handle)(Call&, const Request&, ReplyStream&)) {
    CheckTypes(method, Request::descriptor(), nullptr);
    return StreamRaw(method, [object, handle](Call& call, const google::protobuf::Message& request, ReplyStream& out) {
      return (object->*handle)(call, static_cast<const Request&>(request), out);
    });
  }

  // Requests are read with `Read(&request)` of the RPC's request type.
  template <class Object, class Response>
  ServiceBuilder& Upload(absl::string_view method, Object* object,
                         absl::StatusOr<Response> (Object::*handle)(Call&, RequestStream&)) {
    if constexpr (!std::is_same_v<Response, Reply>) CheckTypes(method, nullptr, Response::descriptor());
    return UploadRaw(method, [object, handle](Call& call, RequestStream& requests) {
      return ToReply((object->*handle)(call, requests));
    });
  }

  // Handlers that work from descriptors (the resource engine, the gateway's forwarding).
  ServiceBuilder& UnaryRaw(absl::string_view method, UnaryHandler handler);
  ServiceBuilder& InlineRaw(absl::string_view method, InlineHandler handler);
  ServiceBuilder& JoinRaw(absl::string_view method, JoinHandler handler);
  ServiceBuilder& StreamRaw(absl::string_view method, StreamHandler handler);
  ServiceBuilder& UploadRaw(absl::string_view method, UploadHandler handler);
  ServiceBuilder& ForwardRaw(absl::string_view method, ForwardHandler handler);
  ServiceBuilder& ForwardStreamRaw(absl::string_view method, ForwardStreamHandler handler);
  ServiceBuilder& ForwardUploadRaw(absl::string_view method, ForwardUploadHandler handler);

  // The cost of a method's calls; not of methods that take a stream of requests, nor of forwarded ones.
  ServiceBuilder& CostRaw(absl::string_view method, CostHandler handler);
  // The same of a typed request: cost(call, request) -> StatusOr<Duration>.
  template <class Request, class Function>
  ServiceBuilder& Cost(absl::string_view method, Function cost) {
    CheckTypes(method, Request::descriptor(), nullptr);
    return CostRaw(method, [cost = std::move(cost)](const Call& call, const google::protobuf::Message& request) {
      return cost(call, static_cast<const Request&>(request));
    });
  }

  // Repeated writes of this service's methods are answered from here.
  ServiceBuilder& Replay(ReplayStore* store);

  // Null if no linked .proto file has the service.
  const google::protobuf::ServiceDescriptor* descriptor() const { return descriptor_; }
  // True if the service has such an RPC, with or without a handler so far.
  bool HasMethod(absl::string_view method) const;
  // True if that RPC has a handler already.
  bool HasHandler(absl::string_view method) const;

 private:
  friend class MethodTable;
  ServiceBuilder(MethodTable* table, const google::protobuf::ServiceDescriptor* descriptor)
      : table_(table), descriptor_(descriptor) {}

  template <class Response>
  static absl::StatusOr<Reply> ToReply(absl::StatusOr<Response> response) {
    if (!response.ok()) return std::move(response).status();
    if constexpr (std::is_same_v<Response, Reply>) {
      return *std::move(response);
    } else {
      return Reply(std::make_unique<Response>(*std::move(response)));
    }
  }
  // Null types are not checked.
  void CheckTypes(absl::string_view method, const google::protobuf::Descriptor* request,
                  const google::protobuf::Descriptor* response);
  // Takes a handler into the row; notes a mistake if there is no such RPC, if its messages flow in another way than
  // `fits` says, or if it has such a handler.
  template <class Handler>
  ServiceBuilder& Set(absl::string_view method, absl::string_view kind, bool (Method::*fits)() const,
                      Handler Method::* member, Handler handler);
  void Mistake(absl::string_view method, absl::string_view what);

  MethodTable* table_;
  const google::protobuf::ServiceDescriptor* descriptor_;
};

class MethodTable {
 public:
  MethodTable() = default;
  MethodTable(const MethodTable&) = delete;
  MethodTable& operator=(const MethodTable&) = delete;

  // Rows for every RPC of a service of the linked .proto files, e.g. "storeops.catalog.v1.ProductService".
  // The builder lives as long as the table.
  ServiceBuilder& AddService(absl::string_view full_name);
  bool HasService(absl::string_view full_name) const;

  // INTERNAL naming each RPC without a handler, each handler without an RPC or of other types, each method without an
  // access rule, each annotation that makes no sense. To be called once, before serving; rows do not change after.
  absl::Status Finish();
  // INTERNAL naming each method that takes a filter or an order (order_by) and has no CostHandler: they decide what a
  // call costs.
  absl::Status CheckCosts() const;

  // By "package.Service/Method" without a leading slash; null if unknown.
  const Method* Find(absl::string_view full_name) const;
  // Sorted by name.
  std::vector<const Method*> methods() const;
  std::vector<const google::protobuf::ServiceDescriptor*> services() const;

 private:
  friend class ServiceBuilder;

  void CheckRow(const Method& row);

  absl::flat_hash_map<std::string, std::unique_ptr<Method>> rows_;
  std::vector<std::unique_ptr<ServiceBuilder>> services_;
  std::vector<std::string> mistakes_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_METHOD_TABLE_H_
