#include "common/blobs/path_signer.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"

namespace storeops::blobs {
namespace {

constexpr char kPath[] = "/attachments/7";
const absl::Time kNow = absl::FromUnixSeconds(1'767'225'600);

std::string QueryOf(const std::string& url) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(url, absl::MaxSplits('?', 1));
  return parts.second;
}

TEST(PathSigner, AcceptsItsOwnPathsUntilTheyExpire) {
  const PathSigner signer(std::string(32, 's'));
  const absl::Time expiry = kNow + absl::Seconds(60);
  const std::string url = signer.SignedPath(kPath, expiry);
  EXPECT_EQ(url.substr(0, url.find("&signature=")), "/attachments/7?expires=1767225660");
  const std::string query = QueryOf(url);
  EXPECT_TRUE(PathSigner::IsSigned(query));
  const auto checked = signer.Check(kPath, query, kNow);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(*checked, expiry);
  EXPECT_TRUE(signer.Check(kPath, query, expiry - absl::Nanoseconds(1)).ok());
  EXPECT_EQ(ReasonOf(signer.Check(kPath, query, expiry).status()), "SIGNATURE_EXPIRED");
  EXPECT_TRUE(PathSigner(std::string(32, 's')).Check(kPath, query, kNow).ok()) << "another process";
}

TEST(PathSigner, RefusesEverythingElse) {
  const PathSigner signer(std::string(32, 's'));
  const std::string query = QueryOf(signer.SignedPath(kPath, kNow + absl::Seconds(60)));
  const std::string unsigned_part = query.substr(0, query.find('&'));
  const struct {
    std::string path;
    std::string query;
  } cases[] = {{"/attachments/8", query},
               {"/attachments/7/", query},
               {kPath, absl::StrReplaceAll(query, {{"1767225660", "1767225661"}})},
               {kPath, query.substr(0, query.size() - 1)},
               {kPath, query + "A"},
               {kPath, "expires=1767225661&" + query},
               {kPath, unsigned_part},
               {kPath, unsigned_part + "&signature="},
               {kPath, ""},
               {kPath, QueryOf(PathSigner(std::string(32, 't')).SignedPath(kPath, kNow + absl::Seconds(60)))}};
  for (const auto& c : cases) {
    const absl::Status status = signer.Check(c.path, c.query, kNow).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << c.path << " " << c.query;
    EXPECT_EQ(ReasonOf(status), "SIGNATURE_INVALID") << c.path << " " << c.query;
  }
  EXPECT_FALSE(PathSigner::IsSigned(""));
  EXPECT_FALSE(PathSigner::IsSigned(unsigned_part));
}

}  // namespace
}  // namespace storeops::blobs
