#include "services/storeops/settings.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

namespace storeops {
namespace {

TEST(JoinHostPort, BracketsAddressesOfIpv6) {
  EXPECT_EQ(JoinHostPort("127.0.0.1", 8081), "127.0.0.1:8081");
  EXPECT_EQ(JoinHostPort("shop.example", 0), "shop.example:0");
  EXPECT_EQ(JoinHostPort("::1", 8081), "[::1]:8081");
  EXPECT_EQ(JoinHostPort("::", 0), "[::]:0");
}

TEST(LocalHost, IsLoopbackForAnyAddress) {
  EXPECT_EQ(LocalHost("0.0.0.0"), "127.0.0.1");
  EXPECT_EQ(LocalHost("::"), "::1");
  EXPECT_EQ(LocalHost("10.0.0.7"), "10.0.0.7");
}

TEST(HttpThreads, AreThoseThatWereSetOrFollowTheCores) {
  Settings settings;
  settings.http_threads = 1;
  EXPECT_EQ(HttpThreads(settings), 1);
  settings.http_threads = 0;
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  EXPECT_EQ(HttpThreads(settings), std::clamp(cores, 2, 16));
}

TEST(ConnectionLimits, LeaveDescriptorsForTheRestAndConnectionsForOtherAddresses) {
  Settings settings;
  for (const auto& [descriptors, connections] :
       std::vector<std::pair<int, int>>{{256, 64}, {1024, 256}, {4096, 1792}, {65'536, 16'384}}) {
    const auto limits = ConnectionLimits(settings, descriptors);
    EXPECT_EQ(limits.max_connections, connections) << descriptors;
    EXPECT_EQ(limits.max_connections_per_address, connections / 2) << descriptors;
    EXPECT_LT(2 * limits.max_connections, descriptors);
  }
  settings.max_connections = 7;
  EXPECT_EQ(ConnectionLimits(settings, 1024).max_connections, 7);
  EXPECT_EQ(ConnectionLimits(settings, 1024).max_connections_per_address, 4);
  settings.max_connections_per_address = 1;
  EXPECT_EQ(ConnectionLimits(settings, 1024).max_connections_per_address, 1);
}

TEST(DescriptorLimit, IsRaisedToWhatIsPermitted) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(before.rlim_cur, 128);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const auto wanted = static_cast<int>(std::min<rlim_t>(before.rlim_max, 65'536));
  EXPECT_EQ(RaiseDescriptorLimit(), wanted);
  rlimit after = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(static_cast<int>(after.rlim_cur), wanted);
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace storeops
