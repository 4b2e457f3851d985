#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/load.h"

namespace storeops::bench {
namespace {

using google::protobuf::Message;

constexpr int kChannels = 2;

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// What all callers of one load share.
struct GrpcRun {
  explicit GrpcRun(int count) : callers(count) {}

  std::vector<std::unique_ptr<grpc::GenericStub>> stubs;
  std::string method;
  std::string authorization;
  const std::function<std::string(int64_t)>* request;
  absl::Time end;
  std::atomic<int64_t> next{0};
  std::atomic<int64_t> done{0};
  absl::BlockingCounter callers;
};

// One caller: the next call starts when the last one has ended.
class Caller {
 public:
  Caller(GrpcRun& run, int number) : run_(run), stub_(*run.stubs[number % run.stubs.size()]) {}

  // Of each call that ended.
  const std::vector<double>& times_ms() const { return times_ms_; }

  void Start() {
    context_ = std::make_unique<grpc::ClientContext>();
    if (!run_.authorization.empty()) context_->AddMetadata("authorization", run_.authorization);
    request_ = ToBuffer((*run_.request)(run_.next++));
    start_ = absl::Now();
    stub_.UnaryCall(context_.get(), run_.method, {}, &request_, &response_,
                    [this](grpc::Status status) { Ended(status); });
  }

 private:
  void Ended(const grpc::Status& status) {
    if (!status.ok()) Fail(absl::StrCat(run_.method, ": ", status.error_message()));
    ++run_.done;
    times_ms_.push_back(absl::ToDoubleMilliseconds(absl::Now() - start_));
    if (absl::Now() < run_.end) return Start();
    run_.callers.DecrementCount();
  }

  GrpcRun& run_;
  grpc::GenericStub& stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  absl::Time start_;
  std::vector<double> times_ms_;
};

// A raw callback service with one method, made without generated code. With messages, it does what generated code
// would: reads each request and writes each answer.
class BareService final : public grpc::Service {
 public:
  BareService(const std::string& path, std::string answer, const google::protobuf::MethodDescriptor* messages)
      : path_(path), answer_(std::move(answer)) {
    if (messages != nullptr) {
      auto* factory = google::protobuf::MessageFactory::generated_factory();
      question_ = factory->GetPrototype(messages->input_type());
      kept_.reset(factory->GetPrototype(messages->output_type())->New());
      if (!kept_->ParseFromString(answer_)) Fail("the answer is of another type");
    }
    AddMethod(new grpc::internal::RpcServiceMethod(path_.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRawCallback(0, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                                 [this](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) {
                                   Answer(*request, response);
                                   auto* reactor = context->DefaultReactor();
                                   reactor->Finish(grpc::Status::OK);
                                   return reactor;
                                 }));
  }

 private:
  void Answer(grpc::ByteBuffer request, grpc::ByteBuffer* response) const {
    if (question_ == nullptr) {
      *response = ToBuffer(answer_);
      return;
    }
    const std::unique_ptr<Message> question(question_->New());
    bool own = false;
    const bool done = grpc::GenericDeserialize<grpc::ProtoBufferReader, Message>(&request, question.get()).ok() &&
                      grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(*kept_, response, &own).ok();
    if (!done) Fail("a message cannot be read or written");
  }

  const std::string path_;
  const std::string answer_;
  const Message* question_ = nullptr;
  std::unique_ptr<Message> kept_;
};

}  // namespace

double GrpcLoad(const std::string& address, const std::string& method, const std::string& authorization,
                const std::function<std::string(int64_t)>& request, absl::Duration duration, int callers,
                std::vector<double>* times_ms) {
  GrpcRun run(callers);
  for (int i = 0; i < kChannels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    run.stubs.push_back(std::make_unique<grpc::GenericStub>(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments)));
  }
  run.method = method;
  run.authorization = authorization;
  run.request = &request;
  std::vector<std::unique_ptr<Caller>> all;
  for (int i = 0; i < callers; ++i) all.push_back(std::make_unique<Caller>(run, i));
  const absl::Time start = absl::Now();
  run.end = start + duration;
  for (const auto& caller : all) caller->Start();
  run.callers.Wait();
  for (const auto& caller : all) {
    if (times_ms != nullptr) times_ms->insert(times_ms->end(), caller->times_ms().begin(), caller->times_ms().end());
  }
  return static_cast<double>(run.done) / absl::ToDoubleSeconds(absl::Now() - start);
}

void ServeBareGrpc(int port, const std::string& service, const std::string& method, const std::string& answer,
                   bool messages) {
  const auto* type =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(absl::StrCat(service, ".", method));
  if (messages && type == nullptr) Fail("this program does not know the method's messages");
  BareService bare(absl::StrCat("/", service, "/", method), answer, messages ? type : nullptr);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::InsecureServerCredentials());
  builder.RegisterService(&bare);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) Fail("the bare server does not start");
  server->Wait();
  std::_Exit(0);
}

}  // namespace storeops::bench
