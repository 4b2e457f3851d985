// How many connections the gRPC door takes, and what happens when descriptors run out.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <list>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "tests/support/eventually.h"
#include "tests/support/grpc_process.h"
#include "tests/support/http_client.h"

namespace storeops::testing {
namespace {

class GrpcConnections : public ::testing::Test {
 protected:
  void StartServer(int max_connections, int max_per_address) {
    rpc::GrpcServer::Options options;
    options.connections = {max_connections, max_per_address};
    process_.StartServer(options);
  }
  // A server that takes a connection begins with its settings, one that does not closes it.
  bool IsTaken(RawClient& client) { return !client.AtEnd(); }
  int port() { return process_.server().port(); }
  bool Answers() {
    grpc::ClientContext context;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    const auto channel =
        grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port()), grpc::InsecureChannelCredentials(), arguments);
    return channel->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(2)));
  }

  GrpcProcess process_;
};

TEST_F(GrpcConnections, OneAddressLeavesSomeForOthers) {
  StartServer(4, 2);
  RawClient first(port());
  EXPECT_TRUE(IsTaken(first));
  {
    RawClient second(port());
    EXPECT_TRUE(IsTaken(second));
    RawClient third(port());
    EXPECT_FALSE(IsTaken(third));
    RawClient other(port(), "127.0.0.2");
    EXPECT_TRUE(IsTaken(other));
  }
  // The places of those that left are free again.
  EXPECT_TRUE(Eventually([&] {
    RawClient again(port());
    return IsTaken(again);
  }));
}

TEST_F(GrpcConnections, AllAddressesTogetherHaveALimit) {
  StartServer(2, 2);
  RawClient first(port());
  RawClient second(port(), "127.0.0.2");
  EXPECT_TRUE(IsTaken(first));
  EXPECT_TRUE(IsTaken(second));
  RawClient third(port(), "127.0.0.3");
  EXPECT_FALSE(IsTaken(third));
}

int OpenDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<int>(std::distance(begin(all), end(all)));
}

TEST_F(GrpcConnections, ServesAgainAfterDescriptorsRanOut) {
  StartServer(1000, 1000);
  ASSERT_TRUE(Answers());
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  {
    const absl::Cleanup restore = [&] { setrlimit(RLIMIT_NOFILE, &before); };
    rlimit low = before;
    low.rlim_cur = OpenDescriptors() + 30;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    // Both ends are here: some clients are connected by the system and taken by nobody.
    std::list<RawClient> clients;
    while (clients.empty() || clients.back().connected()) clients.emplace_back(port());
    EXPECT_GT(clients.size(), 10u);
  }
  EXPECT_TRUE(Eventually([&] { return Answers(); }));
}

}  // namespace
}  // namespace storeops::testing
