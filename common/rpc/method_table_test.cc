#include "common/rpc/method_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/changes/v1/changes.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"
#include "testing/v1/upload.pb.h"
#include "tests/support/bind_rest.h"

namespace storeops::rpc {
namespace {

using storeops::catalog::v1::CreateProductRequest;
using storeops::catalog::v1::GetProductRequest;
using storeops::catalog::v1::Product;
using storeops::changes::v1::StreamChangesRequest;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kProducts[] = "storeops.catalog.v1.ProductService";
constexpr char kChangeService[] = "storeops.changes.v1.ChangeService";
constexpr char kUploads[] = "testing.v1.UploadService";

absl::StatusOr<Reply> Answer(Call&, const google::protobuf::Message&) { return Reply(std::make_unique<Product>()); }
std::optional<absl::StatusOr<Reply>> AnswerInline(Call&, const google::protobuf::Message&) { return std::nullopt; }
absl::StatusOr<Reply> Upload(Call&, RequestStream&) { return Reply(std::make_unique<Product>()); }
absl::Status Stream(Call&, const google::protobuf::Message&, ReplyStream&) { return absl::OkStatus(); }

// Typed handlers.
struct Handlers {
  absl::StatusOr<Product> Get(Call&, const GetProductRequest& request) {
    Product product;
    product.set_name(request.name());
    return product;
  }
  absl::StatusOr<Reply> GetReply(Call&, const GetProductRequest&) { return Reply(std::make_unique<Product>()); }
  absl::StatusOr<GetProductRequest> Wrong(Call&, const CreateProductRequest&) { return GetProductRequest(); }
  std::optional<absl::StatusOr<Reply>> GetInline(Call&, const GetProductRequest&) { return std::nullopt; }
  absl::Status Changes(Call&, const StreamChangesRequest&, ReplyStream&) { return absl::OkStatus(); }
  absl::StatusOr<::testing::v1::UploadResponse> Upload(Call&, RequestStream&) {
    return ::testing::v1::UploadResponse();
  }
  absl::StatusOr<Product> WrongUpload(Call&, RequestStream&) { return Product(); }
};

// All RPCs of the service but those that `but` names.
void AnswerAll(ServiceBuilder& service, const std::vector<std::string>& but = {}) {
  for (int i = 0; i < service.descriptor()->method_count(); ++i) {
    const std::string& name = service.descriptor()->method(i)->name();
    if (std::find(but.begin(), but.end(), name) == but.end()) service.UnaryRaw(name, Answer);
  }
}

std::string Mistakes(MethodTable& table) { return std::string(table.Finish().message()); }

TEST(MethodTable, ARowSaysWhatTheDescriptorSays) {
  MethodTable table;
  AnswerAll(table.AddService(kProducts));
  storeops::testing::BindRest(table.AddService(kChangeService).StreamRaw("StreamChanges", Stream));
  ASSERT_TRUE(table.Finish().ok()) << table.Finish();

  const Method* get = table.Find("storeops.catalog.v1.ProductService/GetProduct");
  ASSERT_NE(get, nullptr);
  EXPECT_TRUE(get->no_side_effects);
  EXPECT_TRUE(get->idempotent);
  EXPECT_TRUE(get->unary_call());
  EXPECT_EQ(get->access.permission(), "catalog.products.read");
  EXPECT_EQ(get->request, &GetProductRequest::default_instance());
  EXPECT_EQ(get->response, &Product::default_instance());
  EXPECT_EQ(get->time_limit, absl::Seconds(30));
  EXPECT_EQ(get->max_request_bytes, 4 << 20);
  EXPECT_EQ(get->request_id_field, nullptr);

  const Method* create = table.Find("storeops.catalog.v1.ProductService/BatchCreateProducts");
  EXPECT_FALSE(create->no_side_effects);
  EXPECT_FALSE(create->idempotent);
  EXPECT_EQ(create->max_request_bytes, 16 << 20);
  EXPECT_EQ(create->request_id_field->name(), "request_id");

  const Method* stream = table.Find("storeops.changes.v1.ChangeService/StreamChanges");
  EXPECT_TRUE(stream->streams_replies());
  EXPECT_FALSE(stream->uploads());
  EXPECT_EQ(stream->time_limit, absl::Hours(1));

  for (const char* unknown : {"", "/", "GetProduct", "/storeops.catalog.v1.ProductService/GetProduct",
                              "storeops.catalog.v1.ProductService/getProduct"}) {
    EXPECT_EQ(table.Find(unknown), nullptr) << unknown;
  }
  EXPECT_TRUE(table.HasService(kProducts));
  EXPECT_FALSE(table.HasService("storeops.catalog.v1.Other"));
  EXPECT_EQ(table.services().size(), 2u);
  const auto methods = table.methods();
  EXPECT_TRUE(std::is_sorted(methods.begin(), methods.end(),
                             [](const Method* a, const Method* b) { return a->full_name < b->full_name; }));
}

TEST(MethodTable, TypedHandlersAreBound) {
  MethodTable table;
  Handlers handlers;
  auto& service = table.AddService(kProducts);
  AnswerAll(service, {"GetProduct"});
  service.Unary("GetProduct", &handlers, &Handlers::Get).Inline("GetProduct", &handlers, &Handlers::GetInline);
  storeops::testing::BindRest(table.AddService(kChangeService).Stream("StreamChanges", &handlers, &Handlers::Changes));
  ASSERT_TRUE(table.Finish().ok()) << table.Finish();
  GetProductRequest request;
  request.set_name("products/1");
  Call call;
  const auto reply = table.Find("storeops.catalog.v1.ProductService/GetProduct")->unary(call, request);
  Product product;
  ASSERT_TRUE(reply.ok() && reply->ToMessage(&product).ok());
  EXPECT_EQ(product.name(), "products/1");
  EXPECT_TRUE(service.HasMethod("GetProduct"));
  EXPECT_FALSE(service.HasMethod("GetProducts"));
}

TEST(MethodTable, AnUploadTakesAnUploadHandler) {
  Handlers handlers;
  MethodTable table;
  table.AddService(kUploads).Upload("Upload", &handlers, &Handlers::Upload);
  ASSERT_TRUE(table.Finish().ok()) << table.Finish();
  const Method* row = table.Find("testing.v1.UploadService/Upload");
  EXPECT_TRUE(row->uploads());
  EXPECT_FALSE(row->unary_call());
  EXPECT_FALSE(row->streams_replies());
  EXPECT_EQ(row->max_request_bytes, 100'000);

  MethodTable others;
  others.AddService(kUploads).UnaryRaw("Upload", Answer).StreamRaw("Upload", Stream);
  others.AddService(kChangeService).UploadRaw("StreamChanges", Upload);
  const std::string mistakes = Mistakes(others);
  EXPECT_THAT(mistakes, HasSubstr("Upload: unary handler, but the RPC streams its requests"));
  EXPECT_THAT(mistakes, HasSubstr("Upload: stream handler, but the RPC streams its requests"));
  EXPECT_THAT(mistakes, HasSubstr("StreamChanges: upload handler, but the RPC streams its answers"));

  MethodTable wrong;
  wrong.AddService(kUploads).Upload("Upload", &handlers, &Handlers::WrongUpload).UploadRaw("Upload", Upload);
  const std::string twice = Mistakes(wrong);
  EXPECT_THAT(twice, HasSubstr("the handler returns storeops.catalog.v1.Product"));
  EXPECT_THAT(twice, HasSubstr("Upload: more than one upload handler"));
}

TEST(MethodTable, NamesEveryMistake) {
  MethodTable table;
  Handlers handlers;
  auto& service = table.AddService(kProducts);
  AnswerAll(service, {"GetProduct", "SearchProducts", "ListProducts", "DeleteProduct"});
  service.UnaryRaw("NoSuchRpc", Answer)
      .StreamRaw("GetProduct", Stream)
      .InlineRaw("SearchProducts", AnswerInline)
      .InlineRaw("CreateProduct", AnswerInline)
      .JoinRaw("GetProduct",
               [](Call&, const google::protobuf::Message&, WorkerPool&, ReplyCallback) { return absl::OkStatus(); })
      .UnaryRaw("UpdateProduct", Answer)
      .ForwardRaw("UndeleteProduct", [](Call&, std::string, ReplyCallback) {})
      .Unary("DeleteProduct", &handlers, &Handlers::Wrong)
      .Unary("ListProducts", &handlers, &Handlers::GetReply);
  table.AddService(kChangeService).UnaryRaw("StreamChanges", Answer);
  table.AddService("storeops.catalog.v1.Nothing").UnaryRaw("Get", Answer);
  EXPECT_EQ(table.Finish().code(), absl::StatusCode::kInternal);
  const std::string mistakes = Mistakes(table);
  const std::string prefix = std::string(kProducts) + "/";
  EXPECT_THAT(mistakes, HasSubstr(prefix + "NoSuchRpc: unary handler, but there is no such RPC"));
  EXPECT_THAT(mistakes, HasSubstr(prefix + "GetProduct: stream handler, but the RPC does not stream"));
  EXPECT_THAT(mistakes, HasSubstr(prefix + "GetProduct: it has no handler"));
  EXPECT_THAT(mistakes, HasSubstr(prefix + "SearchProducts: an inline handler needs a unary one"));
  EXPECT_THAT(mistakes, HasSubstr(prefix + "CreateProduct: a call with a request_id cannot run inline"));
  EXPECT_THAT(mistakes, HasSubstr(prefix + "GetProduct: a join handler needs a unary one"));
  EXPECT_THAT(mistakes, HasSubstr(prefix + "UpdateProduct: more than one unary handler"));
  EXPECT_THAT(mistakes, HasSubstr(prefix + "UndeleteProduct: it has handlers of more than one kind"));
  EXPECT_THAT(mistakes,
              HasSubstr(prefix + "DeleteProduct: the handler takes storeops.catalog.v1.CreateProductRequest"));
  EXPECT_THAT(mistakes, HasSubstr(prefix + "DeleteProduct: the handler returns storeops.catalog.v1.GetProductRequest"));
  EXPECT_THAT(mistakes, HasSubstr(prefix + "ListProducts: the handler takes storeops.catalog.v1.GetProductRequest"));
  EXPECT_THAT(mistakes, HasSubstr("StreamChanges: unary handler, but the RPC streams"));
  EXPECT_THAT(mistakes, HasSubstr("storeops.catalog.v1.Nothing: no linked .proto file has this service"));
  EXPECT_THAT(mistakes, Not(HasSubstr("BatchGetProducts")));
}

TEST(MethodTable, AFilterNeedsACost) {
  const CostHandler cost = [](const Call&, const google::protobuf::Message&) { return absl::ZeroDuration(); };
  MethodTable table;
  auto& service = table.AddService(kProducts);
  AnswerAll(service);
  ASSERT_TRUE(table.Finish().ok()) << table.Finish();
  EXPECT_THAT(std::string(table.CheckCosts().message()), HasSubstr("ProductService/ListProducts"));
  EXPECT_THAT(std::string(table.CheckCosts().message()), Not(HasSubstr("ProductService/GetProduct")));
  for (const char* method : {"ListProducts", "ListWorstListings", "BulkUpdateProducts", "ListBulkUpdateResults"}) {
    service.CostRaw(method, cost);
  }
  EXPECT_TRUE(table.CheckCosts().ok()) << table.CheckCosts();

  MethodTable wrong;
  wrong.AddService(kUploads).UploadRaw("Upload", Upload).CostRaw("Upload", cost).CostRaw("Download", cost);
  EXPECT_THAT(Mistakes(wrong), HasSubstr("Upload: a stream of requests cannot be expensive"));
  EXPECT_THAT(Mistakes(wrong), HasSubstr("Download: the cost of calls, but there is no such RPC"));
}

TEST(MethodTable, AServiceIsAddedOnce) {
  MethodTable table;
  AnswerAll(table.AddService(kProducts));
  AnswerAll(table.AddService(kProducts), {});
  EXPECT_THAT(Mistakes(table), HasSubstr("ProductService: the service was added twice"));
}

}  // namespace
}  // namespace storeops::rpc
