// A gateway before a catalogue of its own process: one reaches the other by its bytes only.
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "services/catalog/module.h"
#include "services/gateway/module.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/service_process.h"

namespace storeops::testing {
namespace {

using catalog::v1::CreateProductRequest;
using catalog::v1::ListProductHistoryRequest;
using catalog::v1::ListProductHistoryResponse;
using catalog::v1::Product;

constexpr char kService[] = "storeops.catalog.v1.ProductService/";

class ForwardingTest : public ::testing::Test {
 protected:
  absl::Status Call(const std::string& method, const google::protobuf::Message& request,
                    google::protobuf::Message* response, std::vector<std::string> permissions = {"catalog.*"}) {
    return gateway_.Call(kService + method, gateway_.Bearer("users/7", std::move(permissions)), request, response);
  }
  static CreateProductRequest MakeRequest(const std::string& sku) {
    CreateProductRequest request;
    request.mutable_product()->set_title("Mug");
    request.mutable_product()->add_variants()->set_sku(sku);
    return request;
  }

  const Site site_;
  ServiceProcess catalog_{site_, {catalog::CatalogModule()}};
  ServiceProcess gateway_{site_, {gateway::GatewayModule()}, {.peer = [this](absl::string_view name) {
                            return name == "catalog" ? &catalog_.peer() : nullptr;
                          }}};
};

TEST_F(ForwardingTest, TheServiceSeesWhoCalled) {
  Product product;
  const absl::Status created = Call("CreateProduct", MakeRequest("A-1"), &product);
  ASSERT_TRUE(created.ok()) << created;
  EXPECT_EQ(product.title(), "Mug");
  ListProductHistoryRequest request;
  request.set_name(product.name());
  ListProductHistoryResponse history;
  const absl::Status listed = Call("ListProductHistory", request, &history);
  ASSERT_TRUE(listed.ok()) << listed;
  ASSERT_EQ(history.entries_size(), 1);
  EXPECT_EQ(history.entries(0).actor(), "users/7");
}

TEST_F(ForwardingTest, ErrorsKeepTheirDetails) {
  Product product;
  EXPECT_EQ(WrongField(Call("CreateProduct", CreateProductRequest(), &product)), "product");
  ASSERT_TRUE(Call("CreateProduct", MakeRequest("A-1"), &product).ok());
  const absl::Status taken = Call("CreateProduct", MakeRequest("A-1"), &product);
  EXPECT_EQ(taken.code(), absl::StatusCode::kAlreadyExists);
  google::rpc::ResourceInfo info;
  EXPECT_TRUE(GetDetail(taken, &info));
}

TEST_F(ForwardingTest, RepeatedWritesAreAnsweredAgain) {
  CreateProductRequest request = MakeRequest("A-1");
  request.set_request_id("once");
  Product first, second;
  ASSERT_TRUE(Call("CreateProduct", request, &first).ok());
  ASSERT_TRUE(Call("CreateProduct", request, &second).ok());
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
}

// The service behind the gateway asks for the permission itself.
TEST_F(ForwardingTest, TheServiceDecidesToo) {
  rpc::PeerCall call;
  call.method = std::string(kService) + "CreateProduct";
  call.principal = {"users/7", "Seven", {"catalog.products.read"}};
  Product product;
  EXPECT_EQ(catalog_.peer().CallBlocking(call, MakeRequest("A-1"), &product).code(),
            absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace storeops::testing
