#include "services/gateway/http/path_template.h"

#include "gtest/gtest.h"

namespace storeops::gateway {
namespace {

std::vector<std::string> Values(absl::string_view path_template, absl::string_view path) {
  const auto parsed = ParsePathTemplate(path_template);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  const PathParts parts = SplitPath(path);
  if (!Matches(*parsed, parts)) return {"no match"};
  return Capture(*parsed, parts).value_or(std::vector<std::string>{"malformed"});
}

using Strings = std::vector<std::string>;

TEST(PathTemplate, Captures) {
  EXPECT_EQ(Values("/v1/products", "/v1/products"), Strings());
  EXPECT_EQ(Values("/v1/{id}", "/v1/a%2Fb"), Strings({"a/b"}));
  EXPECT_EQ(Values("/v1/{name=a/*/b/*}", "/v1/a/1/b/2"), Strings({"a/1/b/2"}));
  EXPECT_EQ(Values("/v1/{name=a/*}", "/v1/a/x%2fy%20z"), Strings({"a/x%2fy z"}));
  EXPECT_EQ(Values("/v1/{a.b=x/*}/{c}:go", "/v1/x/1/2:go"), Strings({"x/1", "2"}));
  EXPECT_EQ(Values("/v1/{name=**}", "/v1/a/b/c"), Strings({"a/b/c"}));
  EXPECT_EQ(Values("/v1/{name=a/**}:go", "/v1/a/b/c:go"), Strings({"a/b/c"}));
  EXPECT_EQ(Values("/v1/{name=**}", "/v1"), Strings({""}));
}

TEST(PathTemplate, DoesNotMatch) {
  EXPECT_EQ(Values("/v1/{name=a/*}", "/v1/a/"), Strings({"no match"}));
  EXPECT_EQ(Values("/v1/{name=a/*}", "/v1/a/1/2"), Strings({"no match"}));
  EXPECT_EQ(Values("/v1/{name=a/*}", "/v1/a/1:go"), Strings({"no match"}));
  EXPECT_EQ(Values("/v1/{name=a/*}:go", "/v1/a/1%3Ago"), Strings({"no match"}));
  EXPECT_EQ(Values("/v1/{name=a/*}:go", "/v1/a/1"), Strings({"no match"}));
  EXPECT_EQ(Values("/v1/{id}", "v1/1"), Strings({"no match"}));
}

TEST(PathTemplate, RefusesWhatIsMalformed) {
  for (const char* text : {"", "v1", "/", "/v1//a", "/v1/{}", "/v1/{a", "/v1/a}", "/v1/{a=}", "/v1/{a=**}/b",
                           "/v1/**/b", "/v1/x{a}", "/v1/{a}/{a}", "/v1/{a={b}}", "/v1/a:", "/v1/a*"}) {
    EXPECT_FALSE(ParsePathTemplate(text).ok()) << text;
  }
}

TEST(PathTemplate, LimitsSegments) {
  std::string path;
  for (int i = 0; i < 64; ++i) path += "/a";
  EXPECT_EQ(SplitPath(path).segments.size(), 64u);
  EXPECT_TRUE(SplitPath(path + "/a").segments.empty());
}

}  // namespace
}  // namespace storeops::gateway
