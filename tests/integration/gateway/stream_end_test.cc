// Streams that are open when their caller's key is revoked or their session ends, over real sockets.
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/rpc/grpc_status.h"
#include "gtest/gtest.h"
#include "storeops/changes/v1/changes.pb.h"
#include "tests/support/identity_replica.h"

namespace storeops::testing {
namespace {

// An open stream of the gateway's changes, of which the first message has come.
class Follower {
 public:
  Follower(const std::string& target, const std::string& authorization)
      : channel_(grpc::CreateChannel(target, grpc::InsecureChannelCredentials())) {
    context_.AddMetadata("authorization", authorization);
    context_.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    changes::v1::StreamChangesRequest request;
    request.set_source("gateway");
    reader_.reset(grpc::internal::ClientReaderFactory<changes::v1::StreamChangesResponse>::Create(
        channel_.get(),
        {"/storeops.changes.v1.ChangeService/StreamChanges", grpc::internal::RpcMethod::SERVER_STREAMING}, &context_,
        request));
    changes::v1::StreamChangesResponse first;
    EXPECT_TRUE(reader_->Read(&first));
  }
  // Reads to the end, which must come long before the stream's own.
  absl::Status End() {
    changes::v1::StreamChangesResponse response;
    while (reader_->Read(&response)) continue;
    return rpc::FromGrpcStatus(reader_->Finish());
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<changes::v1::StreamChangesResponse>> reader_;
};

class StreamEndTest : public ::testing::Test {
 protected:
  StreamEndTest() {
    replica_.process().Start();
    target_ = replica_.process().StartGrpc();
    EXPECT_TRUE(replica_.CreateFirstOwner().ok());
    const auto login = replica_.Login();
    EXPECT_TRUE(login.ok()) << login.status();
    owner_ = login.ok() ? Bearer(*login) : "";
  }
  ~StreamEndTest() { replica_.process().Stop(); }

  v1::User MakeAnn() {
    const auto ann = replica_.CreateUser(owner_, "ann@example.com", {"roles/owner"}, kPassword);
    EXPECT_TRUE(ann.ok()) << ann.status();
    return ann.value_or(v1::User());
  }
  std::string LoginAnn() {
    const auto login = replica_.Login("ann@example.com");
    EXPECT_TRUE(login.ok()) << login.status();
    return login.ok() ? Bearer(*login) : "";
  }
  v1::CreateApiKeyResponse MakeKey(const std::string& authorization) {
    const auto key = replica_.CreateApiKey(authorization, {"roles/owner"});
    EXPECT_TRUE(key.ok()) << key.status();
    return key.value_or(v1::CreateApiKeyResponse());
  }
  static void ExpectEnded(const absl::Status& status, const std::string& reason) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
    EXPECT_EQ(Reason(status), reason);
  }

  const Site site_;
  Replica replica_{site_, Clock::System()};
  std::string target_;
  std::string owner_;
};

TEST_F(StreamEndTest, OfARevokedKey) {
  const auto key = MakeKey(owner_);
  const auto other_key = MakeKey(owner_);
  Follower follower(target_, "Bearer " + key.secret());
  Follower other(target_, "Bearer " + other_key.secret());
  ASSERT_TRUE(replica_.RevokeApiKey(owner_, key.api_key().name()).ok());
  ExpectEnded(follower.End(), "KEY_INVALID");
  // Until now it has gone on.
  ASSERT_TRUE(replica_.RevokeApiKey(owner_, other_key.api_key().name()).ok());
  ExpectEnded(other.End(), "KEY_INVALID");
}

TEST_F(StreamEndTest, OfAKeyThatAnotherReplicaRevokes) {
  const auto key = MakeKey(owner_);
  Follower follower(target_, "Bearer " + key.secret());
  Replica other(site_, Clock::System());
  ASSERT_TRUE(other.RevokeApiKey(owner_, key.api_key().name()).ok());
  ExpectEnded(follower.End(), "KEY_INVALID");
}

TEST_F(StreamEndTest, OfADisabledUserAndTheirKeys) {
  v1::User ann = MakeAnn();
  const std::string token = LoginAnn();
  Follower follower(target_, token);
  Follower of_key(target_, "Bearer " + MakeKey(token).secret());
  ann.set_disabled(true);
  ASSERT_TRUE(replica_.UpdateUser(owner_, ann, "disabled").ok());
  ExpectEnded(follower.End(), "TOKEN_REVOKED");
  ExpectEnded(of_key.End(), "KEY_INVALID");
}

TEST_F(StreamEndTest, OfADeletedUser) {
  const v1::User ann = MakeAnn();
  Follower follower(target_, LoginAnn());
  ASSERT_TRUE(replica_.DeleteUser(owner_, ann.name()).ok());
  ExpectEnded(follower.End(), "TOKEN_REVOKED");
}

TEST_F(StreamEndTest, OfAChangedPassword) {
  MakeAnn();
  const std::string token = LoginAnn();
  Follower follower(target_, token);
  ASSERT_TRUE(replica_.ChangePassword(token, kPassword, kOtherPassword).ok());
  ExpectEnded(follower.End(), "TOKEN_REVOKED");
}

}  // namespace
}  // namespace storeops::testing
