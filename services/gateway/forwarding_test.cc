#include "services/gateway/forwarding.h"

#include <map>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/rpc/linked_services.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/changes/v1/changes.pb.h"
#include "testing/v1/upload.pb.h"

namespace storeops::gateway {
namespace {

using storeops::catalog::v1::CreateProductRequest;
using storeops::catalog::v1::GetProductRequest;
using storeops::catalog::v1::Product;

TEST(HasTextTest, FindsTheFieldInSerialisedMessages) {
  CreateProductRequest request;
  EXPECT_FALSE(HasText(request.SerializeAsString(), CreateProductRequest::kRequestIdFieldNumber));
  request.mutable_product()->set_title("Mug");
  EXPECT_FALSE(HasText(request.SerializeAsString(), CreateProductRequest::kRequestIdFieldNumber));
  request.set_request_id("a");
  EXPECT_TRUE(HasText(request.SerializeAsString(), CreateProductRequest::kRequestIdFieldNumber));
}

TEST(HasTextTest, SurvivesGarbage) {
  CreateProductRequest request;
  request.set_request_id("0123456789");
  const std::string bytes = request.SerializeAsString();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(HasText(absl::string_view(bytes).substr(0, size), CreateProductRequest::kRequestIdFieldNumber));
  }
  EXPECT_FALSE(HasText(std::string("\x12\x00", 2), 2));
  EXPECT_FALSE(HasText("\x12\xff\xff\xff\xff\x7f", 2));
}

TEST(LinkedServicesTest, KnowsTheServicesOfEveryDomain) {
  std::map<std::string, std::string> domains;
  for (const auto* service : rpc::LinkedServices()) domains[service->full_name()] = DomainOf(*service);
  EXPECT_EQ(domains["storeops.catalog.v1.ProductService"], "catalog");
  EXPECT_EQ(domains["storeops.gateway.v1.IdentityService"], "gateway");
  EXPECT_EQ(domains["storeops.changes.v1.ChangeService"], "changes");
}

// Remembers what it was asked.
class FakePeer final : public rpc::Peer {
 public:
  void Start(rpc::PeerCall call, std::string request,
             absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) override {
    last = std::move(call);
    last_request = std::move(request);
    done(answer);
  }
  absl::Status Stream(rpc::PeerCall call, const std::string& request,
                      const std::function<bool(const std::string&)>& on_message) override {
    last = std::move(call);
    last_request = request;
    for (const std::string& message : messages) {
      if (!on_message(message)) break;
    }
    return answer.status();
  }

  absl::StatusOr<std::string> Upload(rpc::PeerCall call, const rpc::NextBytes& next) override {
    last = std::move(call);
    std::string bytes;
    while (true) {
      const auto more = next(&bytes);
      if (!more.ok()) return more.status();
      if (!*more) return answer;
      messages.push_back(bytes);
    }
  }

  rpc::PeerCall last;
  std::string last_request;
  absl::StatusOr<std::string> answer = std::string();
  std::vector<std::string> messages;
};

// Takes `limit` messages.
class Sink final : public rpc::ReplyStream {
 public:
  explicit Sink(size_t limit) : limit_(limit) {}
  bool Write(const google::protobuf::Message& message) override {
    taken.push_back(message.SerializeAsString());
    return taken.size() < limit_;
  }
  std::vector<std::string> taken;

 private:
  const size_t limit_;
};

class ForwardingTest : public ::testing::Test {
 protected:
  ForwardingTest() {
    AddForwarding(table_, [this](absl::string_view name) { return name == "catalog" ? &peer_ : nullptr; });
    call_.principal.name = "users/7";
    call_.deadline = absl::InfiniteFuture();
  }
  absl::StatusOr<rpc::Reply> Forward(const std::string& method, std::string request) {
    absl::StatusOr<rpc::Reply> reply = absl::UnknownError("no answer");
    table_.Find("storeops.catalog.v1.ProductService/" + method)
        ->forward(call_, std::move(request), [&reply](absl::StatusOr<rpc::Reply> r) { reply = std::move(r); });
    return reply;
  }

  FakePeer peer_;
  rpc::MethodTable table_;
  rpc::Call call_;
};

TEST_F(ForwardingTest, HasRowsForPeersOnly) {
  EXPECT_TRUE(table_.HasService("storeops.catalog.v1.ProductService"));
  EXPECT_FALSE(table_.HasService("storeops.gateway.v1.IdentityService"));
  EXPECT_FALSE(table_.HasService("storeops.changes.v1.ChangeService"));
  EXPECT_TRUE(table_.Finish().ok()) << table_.Finish();
}

TEST_F(ForwardingTest, LeavesServicesThatAreThere) {
  rpc::MethodTable table;
  table.AddService("storeops.catalog.v1.ProductService");
  AddForwarding(table, [this](absl::string_view) { return &peer_; });
  EXPECT_EQ(table.Find("storeops.catalog.v1.ProductService/GetProduct")->forward, nullptr);
}

TEST_F(ForwardingTest, HandsBytesOnAndBack) {
  Product product;
  product.set_title("Mug");
  peer_.answer = product.SerializeAsString();
  const auto reply = Forward("GetProduct", "bytes");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->ToBinary(), *peer_.answer);
  EXPECT_EQ(peer_.last_request, "bytes");
  EXPECT_EQ(peer_.last.method, "storeops.catalog.v1.ProductService/GetProduct");
  EXPECT_EQ(peer_.last.principal.name, "users/7");
}

TEST_F(ForwardingTest, HandsErrorsOn) {
  peer_.answer = ResourceNotFound("catalog.storeops/Product", "products/1");
  EXPECT_EQ(Forward("GetProduct", "").status(), peer_.answer.status());
}

TEST_F(ForwardingTest, RepeatsOnlyWhatDoesNoHarmTwice) {
  ASSERT_TRUE(Forward("GetProduct", "").ok());
  EXPECT_TRUE(peer_.last.retry);
  CreateProductRequest request;
  ASSERT_TRUE(Forward("CreateProduct", request.SerializeAsString()).ok());
  EXPECT_FALSE(peer_.last.retry);
  request.set_request_id("once");
  ASSERT_TRUE(Forward("CreateProduct", request.SerializeAsString()).ok());
  EXPECT_TRUE(peer_.last.retry);
}

class StreamForwardingTest : public ::testing::Test {
 protected:
  StreamForwardingTest() {
    AddForwarding(table_, [this](absl::string_view name) { return name == "changes" ? &peer_ : nullptr; });
    for (int i = 1; i <= 3; ++i) {
      changes::v1::StreamChangesResponse response;
      response.set_read_through(i);
      peer_.messages.push_back(response.SerializeAsString());
    }
  }
  absl::Status Forward(Sink& sink) {
    rpc::Call call;
    call.deadline = absl::InfiniteFuture();
    return table_.Find("storeops.changes.v1.ChangeService/StreamChanges")->forward_stream(call, "bytes", sink);
  }

  FakePeer peer_;
  rpc::MethodTable table_;
};

TEST_F(StreamForwardingTest, HandsMessagesOnUntilTheReaderHasEnough) {
  Sink all(10);
  EXPECT_TRUE(Forward(all).ok());
  EXPECT_EQ(all.taken, peer_.messages);
  EXPECT_EQ(peer_.last_request, "bytes");
  Sink two(2);
  EXPECT_TRUE(Forward(two).ok());
  EXPECT_EQ(two.taken.size(), 2u);
}

TEST_F(StreamForwardingTest, TellsHowTheStreamEnded) {
  peer_.answer = absl::OutOfRangeError("pruned");
  Sink sink(10);
  EXPECT_EQ(Forward(sink), peer_.answer.status());
}

TEST_F(StreamForwardingTest, RefusesWhatIsNoMessage) {
  peer_.messages[1] = "\xff";
  Sink sink(10);
  EXPECT_EQ(Forward(sink).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(sink.taken.size(), 1u);
}

class UploadForwardingTest : public ::testing::Test {
 protected:
  UploadForwardingTest() {
    ForwardService(table_, *::testing::v1::UploadRequest::descriptor()->file()->service(0), peer_);
  }
  absl::StatusOr<rpc::Reply> Forward(const rpc::NextBytes& next) {
    rpc::Call call;
    call.principal.name = "users/7";
    call.deadline = absl::InfiniteFuture();
    return table_.Find("testing.v1.UploadService/Upload")->forward_upload(call, next);
  }

  FakePeer peer_;
  rpc::MethodTable table_;
};

TEST_F(UploadForwardingTest, HandsRequestsOnAndTheAnswerBack) {
  ASSERT_TRUE(table_.Finish().ok()) << table_.Finish();
  peer_.answer = "answer";
  int sent = 0;
  const auto reply = Forward([&sent](std::string* bytes) -> absl::StatusOr<bool> {
    *bytes = std::to_string(++sent);
    return sent <= 3;
  });
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->ToBinary(), "answer");
  EXPECT_EQ(peer_.messages, std::vector<std::string>({"1", "2", "3"}));
  EXPECT_EQ(peer_.last.method, "testing.v1.UploadService/Upload");
  EXPECT_EQ(peer_.last.principal.name, "users/7");
}

TEST_F(UploadForwardingTest, HandsErrorsOnInBothDirections) {
  const absl::Status gone = absl::CancelledError("the caller has gone");
  EXPECT_EQ(Forward([&gone](std::string*) { return gone; }).status(), gone);
  peer_.answer = ResourceNotFound("catalog.storeops/Product", "products/1");
  EXPECT_EQ(Forward([](std::string*) { return false; }).status(), peer_.answer.status());
}

}  // namespace
}  // namespace storeops::gateway
