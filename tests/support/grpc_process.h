// A process that serves a few handlers by gRPC.
#ifndef STOREOPS_TESTS_SUPPORT_GRPC_PROCESS_H_
#define STOREOPS_TESTS_SUPPORT_GRPC_PROCESS_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/grpc_server.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/changes/v1/changes.pb.h"
#include "testing/v1/upload.pb.h"
#include "tests/support/bind_rest.h"
#include "tests/support/eventually.h"
#include "tests/support/handler_process.h"

namespace storeops::testing {

using catalog::v1::GetProductRequest;
using catalog::v1::Product;
using changes::v1::StreamChangesRequest;
using changes::v1::StreamChangesResponse;
using ::testing::v1::UploadRequest;
using ::testing::v1::UploadResponse;

inline constexpr char kProducts[] = "storeops.catalog.v1.ProductService";
inline constexpr char kChanges[] = "storeops.changes.v1.ChangeService";
inline constexpr char kUploads[] = "testing.v1.UploadService";
inline constexpr char kUpload[] = "testing.v1.UploadService/Upload";
inline constexpr char kGetProduct[] = "storeops.catalog.v1.ProductService/GetProduct";
inline constexpr char kCreateProduct[] = "storeops.catalog.v1.ProductService/CreateProduct";
inline constexpr char kStreamChanges[] = "storeops.changes.v1.ChangeService/StreamChanges";

using GetHandler = std::function<absl::StatusOr<Product>(rpc::Call&, const GetProductRequest&)>;
using StreamHandler = std::function<absl::Status(rpc::Call&, const StreamChangesRequest&, rpc::ReplyStream&)>;
using UploadHandler = std::function<absl::StatusOr<UploadResponse>(rpc::Call&, rpc::RequestStream&)>;

// Reads all and says how much it was.
inline absl::StatusOr<UploadResponse> CountUpload(rpc::Call&, rpc::RequestStream& requests) {
  UploadResponse response;
  UploadRequest request;
  while (true) {
    const auto more = requests.Read(&request);
    if (!more.ok()) return more.status();
    if (!*more) return response;
    response.set_requests(response.requests() + 1);
    response.set_bytes(response.bytes() + static_cast<int64_t>(request.data().size()));
  }
}

// What a test's handlers do. GetProduct, StreamChanges and Upload; CreateProduct gives back its product, the others are
// UNIMPLEMENTED.
struct Handlers {
  GetHandler get = [](rpc::Call&, const GetProductRequest& request) -> absl::StatusOr<Product> {
    Product product;
    product.set_name(request.name());
    return product;
  };
  StreamHandler stream = [](rpc::Call&, const StreamChangesRequest&, rpc::ReplyStream&) { return absl::OkStatus(); };
  UploadHandler upload = CountUpload;
};

class GrpcProcess : public HandlerProcess {
 public:
  explicit GrpcProcess(Handlers handlers = {}, int threads = 16, size_t queue_limit = 4096)
      : HandlerProcess({.threads = threads, .queue_limit = queue_limit}), handlers_(std::move(handlers)) {
    FillTable();
  }
  ~GrpcProcess() {
    server_.reset();
    Close();
  }

  void StartServer(const rpc::GrpcServer::Options& options = {}) {
    auto server = rpc::GrpcServer::Start(options, table(), pipeline());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  rpc::GrpcServer& server() { return *server_; }
  std::string target() const { return absl::StrCat("127.0.0.1:", server_->port()); }

  std::shared_ptr<grpc::Channel> Connect(grpc::ChannelArguments arguments = {},
                                         std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr) const {
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    if (credentials == nullptr) credentials = grpc::InsecureChannelCredentials();
    return grpc::CreateCustomChannel(target(), credentials, arguments);
  }

 private:
  void FillTable() {
    auto& products = table_.AddService(kProducts)
                         .Unary("GetProduct", this, &GrpcProcess::Get)
                         .Unary("CreateProduct", this, &GrpcProcess::Create);
    const auto* service = products.descriptor();
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string& method = service->method(i)->name();
      if (method == "GetProduct" || method == "CreateProduct") continue;
      products.UnaryRaw(method, [](rpc::Call&, const google::protobuf::Message&) {
        return absl::StatusOr<rpc::Reply>(absl::UnimplementedError("not in this process"));
      });
    }
    BindRest(table_.AddService(kChanges).Stream("StreamChanges", this, &GrpcProcess::Stream));
    table_.AddService(kUploads).Upload("Upload", this, &GrpcProcess::Upload);
    FinishTable();
  }

  absl::StatusOr<Product> Get(rpc::Call& call, const GetProductRequest& request) {
    return handlers_.get(call, request);
  }
  absl::StatusOr<Product> Create(rpc::Call&, const catalog::v1::CreateProductRequest& request) {
    return request.product();
  }
  absl::Status Stream(rpc::Call& call, const StreamChangesRequest& request, rpc::ReplyStream& out) {
    return handlers_.stream(call, request, out);
  }
  absl::StatusOr<UploadResponse> Upload(rpc::Call& call, rpc::RequestStream& requests) {
    return handlers_.upload(call, requests);
  }

  const Handlers handlers_;
  std::unique_ptr<rpc::GrpcServer> server_;
};

// A call as any gRPC client would make it. `Reply` may be any message or a grpc::ByteBuffer.
template <class Request, class Response>
grpc::Status CallUnary(grpc::Channel& channel, grpc::ClientContext& context, const std::string& method,
                       const Request& request, Response* response) {
  const std::string path = "/" + method;
  const grpc::internal::RpcMethod rpc_method(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
  return grpc::internal::BlockingUnaryCall<Request, Response, Request, Response>(&channel, rpc_method, &context,
                                                                                 request, response);
}

inline GetProductRequest GetRequest(const std::string& name = "products/1") {
  GetProductRequest request;
  request.set_name(name);
  return request;
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_GRPC_PROCESS_H_
