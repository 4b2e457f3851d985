#include "services/gateway/http/content.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/http/compression.h"

namespace storeops::gateway {
namespace {

constexpr size_t kWorthCompressing = 1024;

// "gzip;q=0.5" -> 0.5
double Quality(absl::string_view parameters) {
  double quality = 1;
  for (absl::string_view parameter : absl::StrSplit(parameters, ';')) {
    parameter = absl::StripAsciiWhitespace(parameter);
    if (absl::ConsumePrefix(&parameter, "q=") && !absl::SimpleAtod(parameter, &quality)) return 0;
  }
  return quality;
}

}  // namespace

std::string MediaType(absl::string_view content_type) {
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(content_type.substr(0, content_type.find(';'))));
}

absl::Status CheckCoding(absl::string_view coding) {
  if (coding.empty() || coding == "identity" || coding == "gzip") return absl::OkStatus();
  return absl::UnimplementedError(
      absl::StrCat("unknown compression \"", coding, "\": supported are gzip and identity"));
}

absl::StatusOr<std::string> DecodeBody(absl::string_view coding, std::string body, size_t limit) {
  if (!IsGzip(coding) || body.empty()) return body;
  return http::GzipDecompress(body, limit);
}

bool AcceptsGzip(absl::string_view accept_encoding) {
  if (accept_encoding.empty()) return false;
  bool any = false;
  for (const absl::string_view item : absl::StrSplit(accept_encoding, ',')) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(item, absl::MaxSplits(';', 1));
    const absl::string_view coding = absl::StripAsciiWhitespace(parts.first);
    if (absl::EqualsIgnoreCase(coding, "gzip")) return Quality(parts.second) > 0;
    if (coding == "*") any = Quality(parts.second) > 0;
  }
  return any;
}

void CompressResponse(bool accepts_gzip, http::Response& response) {
  if (response.body.size() < kWorthCompressing) return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!accepts_gzip) return;
  std::string compressed = http::GzipCompress(response.body);
  if (compressed.empty() || compressed.size() >= response.body.size()) return;
  response.body = std::move(compressed);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace storeops::gateway
