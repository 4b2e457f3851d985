#include "common/rpc/call.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace storeops::rpc {
namespace {

constexpr char kTraceId[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kParent[] = "b7ad6b7169203331";

TEST(PermissionCovers, MatchesWholeWordsOnly) {
  const struct {
    const char* granted;
    const char* permission;
    bool covers;
  } cases[] = {
      {"catalog.products.read", "catalog.products.read", true},
      {"catalog.products.read", "catalog.products.write", false},
      {"*", "catalog.products.read", true},
      {"*", "", false},
      {"", "", false},
      {"catalog.*", "catalog.products.read", true},
      {"catalog.products.*", "catalog.products.read", true},
      {"catalog.*", "catalog", false},
      {"catalog.*", "catalog.", false},
      {"catalog.*", "catalogue.read", false},
      {"cat*", "catalog.products.read", false},
      {"*.read", "catalog.products.read", true},
      {"*.products.read", "catalog.products.read", true},
      {"*.read", "read", false},
      {"*.read", "catalog.unread", false},
      {"*read", "catalog.read", false},
      {"*.read", "catalog.products.write", false},
      {"*.products.*", "catalog.products.read", false},
      // Who reads everything does not read what it tells of persons.
      {"*.read", "inventory.personal.read", false},
      {"*.read", "*.personal.read", false},
      {"*.read", "catalog.costs.read", false},
      {"*.costs.read", "catalog.costs.read", true},
      {"*.read", "catalog.lowcosts.read", true},
      {"*.read", "inventory.impersonal.read", true},
      {"*.personal.read", "inventory.personal.read", true},
      {"inventory.*", "inventory.personal.read", true},
      {"inventory.personal.read", "inventory.personal.read", true},
      {"*", "inventory.personal.read", true},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(PermissionCovers(c.granted, c.permission), c.covers) << c.granted << " " << c.permission;
  }
}

TEST(Principal, HasWhatAnyGrantCovers) {
  const Principal principal{"users/7", "", {"inventory.*", "*.read"}};
  EXPECT_TRUE(principal.authenticated());
  EXPECT_TRUE(principal.Has("inventory.stock.write"));
  EXPECT_TRUE(principal.Has("catalog.products.read"));
  EXPECT_FALSE(principal.Has("catalog.products.write"));
  EXPECT_FALSE(Principal().authenticated());
  EXPECT_FALSE(Principal().Has("catalog.products.read"));
}

TEST(TraceContext, GoesOnFromAValidHeader) {
  const struct {
    std::string header;
    bool sampled;
  } cases[] = {
      {absl::StrCat("00-", kTraceId, "-", kParent, "-01"), true},
      {absl::StrCat("00-", kTraceId, "-", kParent, "-00"), false},
      {absl::StrCat("00-", kTraceId, "-", kParent, "-03"), true},
      {absl::StrCat("00-", kTraceId, "-", kParent, "-fe"), false},
      {absl::StrCat("cc-", kTraceId, "-", kParent, "-01"), true},
      {absl::StrCat("cc-", kTraceId, "-", kParent, "-01-what-comes-later"), true},
  };
  for (const auto& c : cases) {
    const auto trace = TraceContext::FromHeader(c.header);
    EXPECT_EQ(trace.trace_id, kTraceId) << c.header;
    EXPECT_EQ(trace.parent_span_id, kParent);
    EXPECT_EQ(trace.sampled, c.sampled) << c.header;
    EXPECT_EQ(trace.span_id.size(), 16u);
    EXPECT_NE(trace.span_id, kParent);
    EXPECT_EQ(trace.ToHeader(), absl::StrCat("00-", kTraceId, "-", trace.span_id, c.sampled ? "-01" : "-00"));
  }
}

TEST(TraceContext, StartsAnewFromAMalformedHeader) {
  const std::string cases[] = {
      "",
      "00",
      absl::StrCat("00-", kTraceId, "-", kParent),
      absl::StrCat("00-", kTraceId, "-", kParent, "-0"),
      absl::StrCat("00-", kTraceId, "-", kParent, "-01-more"),
      absl::StrCat("00-", kTraceId, "-", kParent, "-01."),
      absl::StrCat("cc-", kTraceId, "-", kParent, "-01.more"),
      absl::StrCat("ff-", kTraceId, "-", kParent, "-01"),
      absl::StrCat("0g-", kTraceId, "-", kParent, "-01"),
      absl::StrCat("00-", kTraceId, "-", kParent, "-0x"),
      absl::StrCat("00_", kTraceId, "-", kParent, "-01"),
      absl::StrCat("00-", kTraceId, "_", kParent, "-01"),
      absl::StrCat("00-", kTraceId, "-", kParent, "_01"),
      absl::StrCat("00-", "0AF7651916CD43DD8448EB211C80319C", "-", kParent, "-01"),
      absl::StrCat("00-", std::string(32, '0'), "-", kParent, "-01"),
      absl::StrCat("00-", kTraceId, "-", std::string(16, '0'), "-01"),
  };
  for (const auto& header : cases) {
    const auto trace = TraceContext::FromHeader(header);
    EXPECT_EQ(trace.trace_id.size(), 32u) << header;
    EXPECT_NE(trace.trace_id, kTraceId) << header;
    EXPECT_EQ(trace.parent_span_id, "") << header;
    EXPECT_FALSE(trace.sampled) << header;
    EXPECT_EQ(TraceContext::FromHeader(trace.ToHeader()).trace_id, trace.trace_id);
  }
}

}  // namespace
}  // namespace storeops::rpc
