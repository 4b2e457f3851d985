#include "services/storeops/settings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

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

}  // namespace
}  // namespace storeops
