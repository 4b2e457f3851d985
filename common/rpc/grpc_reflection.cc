#include "common/rpc/grpc_reflection.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>

#include <atomic>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/rpc/grpc_bytes.h"
#include "common/rpc/public_files.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace storeops::rpc {
namespace {

namespace v1alpha = grpc::reflection::v1alpha;
using google::protobuf::FileDescriptor;
using v1alpha::ServerReflectionRequest;
using v1alpha::ServerReflectionResponse;

constexpr int kMaxStreams = 32;
constexpr int kMaxRequests = 10'000;

void SetNotFound(absl::string_view what, ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(grpc::StatusCode::NOT_FOUND);
  response.mutable_error_response()->set_error_message(absl::StrCat(what, " not found"));
}

void SetFile(const FileDescriptor* file, const std::string& asked, ServerReflectionResponse& response) {
  if (file == nullptr) return SetNotFound(asked, response);
  for (const FileDescriptor* one : PublicFiles::WithImports(*file)) {
    google::protobuf::FileDescriptorProto proto;
    one->CopyTo(&proto);
    response.mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
  }
}

void SetExtensions(const PublicFiles& files, const std::string& type, ServerReflectionResponse& response) {
  std::vector<int> numbers;
  const auto* extended = files.FindExtended(type, &numbers);
  if (extended == nullptr) return SetNotFound(type, response);
  auto& answer = *response.mutable_all_extension_numbers_response();
  answer.set_base_type_name(extended->full_name());
  answer.mutable_extension_number()->Assign(numbers.begin(), numbers.end());
}

ServerReflectionResponse Answer(const PublicFiles& files, const ServerReflectionRequest& request) {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      SetFile(files.FindFile(request.file_by_filename()), request.file_by_filename(), response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      SetFile(files.FindSymbol(request.file_containing_symbol()), request.file_containing_symbol(), response);
      break;
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& asked = request.file_containing_extension();
      SetFile(files.FindExtension(asked.containing_type(), asked.extension_number()),
              absl::StrCat("extension ", asked.extension_number(), " of ", asked.containing_type()), response);
      break;
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      SetExtensions(files, request.all_extension_numbers_of_type(), response);
      break;
    case ServerReflectionRequest::kListServices:
      for (const std::string& name : files.services()) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      response.mutable_error_response()->set_error_code(grpc::StatusCode::INVALID_ARGUMENT);
      response.mutable_error_response()->set_error_message("the request asks for nothing");
      break;
  }
  return response;
}

// One answer for each request, in turn. Owns itself until OnDone.
class ReflectionStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  ReflectionStream(const PublicFiles& files, std::atomic<int>& open) : files_(files), open_(open) {
    if (open_.fetch_add(1) < kMaxStreams) {
      StartRead(&request_);
      return;
    }
    Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, absl::StrCat("at most ", kMaxStreams, " reflection streams")});
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    if (++requests_ > kMaxRequests) {
      return Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, absl::StrCat("at most ", kMaxRequests, " requests")});
    }
    ServerReflectionRequest request;
    if (!ParseByteBuffer(request_, &request).ok()) {
      return Finish({grpc::StatusCode::INVALID_ARGUMENT, "the request is not a ServerReflectionRequest"});
    }
    response_ = ToByteBuffer(Answer(files_, request));
    StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&request_);
  }

  void OnDone() override {
    open_.fetch_sub(1);
    delete this;
  }

 private:
  const PublicFiles& files_;
  std::atomic<int>& open_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  int requests_ = 0;
};

class ReflectionService final : public grpc::Service {
 public:
  ReflectionService(std::shared_ptr<const PublicFiles> files, absl::string_view version)
      : files_(std::move(files)),
        path_(absl::StrCat("/grpc.reflection.", version, ".ServerReflection/ServerReflectionInfo")) {
    using grpc::internal::RpcMethod;
    using Handler = grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>;
    AddMethod(new grpc::internal::RpcServiceMethod(path_.c_str(), RpcMethod::BIDI_STREAMING, /*handler=*/nullptr));
    MarkMethodRawCallback(
        0, new Handler([this](grpc::CallbackServerContext*) { return new ReflectionStream(*files_, open_); }));
  }

 private:
  const std::shared_ptr<const PublicFiles> files_;
  const std::string path_;  // gRPC keeps a pointer to it
  std::atomic<int> open_{0};
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> MakeReflectionServices(const MethodTable& table) {
  const auto files = std::make_shared<const PublicFiles>(table);
  std::vector<std::unique_ptr<grpc::Service>> services;
  for (const char* version : {"v1", "v1alpha"}) services.push_back(std::make_unique<ReflectionService>(files, version));
  return services;
}

}  // namespace storeops::rpc
