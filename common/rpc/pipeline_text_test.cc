// The rule for text in requests: common/base/message_text.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/rpc/pipeline.h"
#include "tests/support/pipeline_fixture.h"

namespace storeops::rpc {
namespace {

using ::testing::HasSubstr;

class PipelineTextTest : public PipelineTest {};

TEST_F(PipelineTextTest, HandlersGetTextInItsNormalForm) {
  std::string title;
  std::string name;
  unary_ = [&](Call&, const google::protobuf::Message& request) -> absl::StatusOr<Reply> {
    title = static_cast<const CreateProductRequest&>(request).product().title();
    return Reply(std::make_unique<Product>());
  };
  inline_ = [&](Call&, const google::protobuf::Message& request) {
    name = static_cast<const GetProductRequest&>(request).name();
    return std::optional<absl::StatusOr<Reply>>(Reply(std::make_unique<Product>()));
  };
  EXPECT_TRUE(Serve(MakeCall(kCreate, Create("", " Cafe\u0301\n"))).ok());
  EXPECT_EQ(title, "Café");
  EXPECT_TRUE(Serve(MakeCall(kGet, Get(" products/1 "))).ok());
  EXPECT_EQ(name, "products/1");
}

TEST_F(PipelineTextTest, RefusesTextThatNobodyCanSee) {
  const struct {
    std::string title;
    std::string problem;
  } cases[] = {{"\u200B", "invisible ones only (U+200B)"},
               {std::string("a\0", 2), "control character U+0000 (at character 2)"},
               {"a\uFFFE", "U+FFFE, which is not a character"},
               {"a\nb", "line break U+000A"}};
  for (const auto& c : cases) {
    const absl::Status status = Serve(MakeCall(kCreate, Create("", c.title)));
    google::rpc::BadRequest bad_request;
    ASSERT_TRUE(GetDetail(status, &bad_request)) << status;
    ASSERT_EQ(bad_request.field_violations_size(), 1) << bad_request.DebugString();
    EXPECT_EQ(bad_request.field_violations(0).field(), "product.title");
    EXPECT_THAT(bad_request.field_violations(0).description(), HasSubstr(c.problem));
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(PipelineTextTest, FormsOfOneTextAreOneRequest) {
  std::vector<std::string> hashes;
  unary_ = [&](Call& call, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
    hashes.push_back(call.replay->body_hash);
    return Reply(std::make_unique<Product>());
  };
  EXPECT_TRUE(Serve(MakeCall(kCreate, Create("r-1", "Cafe\u0301"))).ok());
  EXPECT_TRUE(Serve(MakeCall(kCreate, Create("r-1", "Café "))).ok());
  ASSERT_EQ(hashes.size(), 2);
  EXPECT_EQ(hashes[0], hashes[1]);
}

TEST_F(PipelineTextTest, AMaskIsNoTextWithBlanksAroundIt) {
  gateway::v1::CreateUserRequest request;
  request.mutable_user()->set_email("a@example.com");
  request.mutable_user()->set_display_name(" *** ");
  request.set_password("a long enough secret");
  const std::string method = "storeops.gateway.v1.IdentityService/CreateUser";
  const absl::Status status = Serve(MakeCall(method, request, {"identity.users.write"}));
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(GetDetail(status, &bad_request)) << status;
  EXPECT_EQ(bad_request.field_violations(0).field(), "user.display_name");
  EXPECT_EQ(handled_, 0);
}

}  // namespace
}  // namespace storeops::rpc
