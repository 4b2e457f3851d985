#include "common/http/request_parser.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace storeops::http {
namespace {

// A length is only a promise: memory is taken as the bytes come.
constexpr std::uint64_t kMaxReserve = 1 << 20;

// "http://shop.example/a?b" -> "/a?b": a server must take what is meant for a proxy too (RFC 9112, section 3.2.2).
std::string OriginForm(absl::string_view target) {
  if (!absl::StartsWithIgnoreCase(target, "http://") && !absl::StartsWithIgnoreCase(target, "https://")) {
    return std::string(target);
  }
  target.remove_prefix(target.find("//") + 2);
  target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  return absl::StartsWith(target, "/") ? std::string(target) : absl::StrCat("/", target);
}

}  // namespace

RequestParser::RequestParser(size_t max_header_bytes, size_t max_body_bytes) {
  header_limit(static_cast<std::uint32_t>(max_header_bytes));
  body_limit(max_body_bytes);
  eager(true);
}

void RequestParser::on_request_impl(boost::beast::http::verb, Text method, Text target, int received_version, Error&) {
  request.method.assign(method.data(), method.size());
  request.target = OriginForm({target.data(), target.size()});
  request.headers.reserve(8);
  version = received_version;
}

void RequestParser::on_response_impl(int, Text, int, Error&) {}

void RequestParser::on_field_impl(boost::beast::http::field, Text name, Text value, Error&) {
  if (!in_header_) return;  // trailers change nothing
  auto& header =
      request.headers.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  absl::AsciiStrToLower(&header.first);
}

void RequestParser::on_header_impl(Error&) { in_header_ = false; }

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) {
  if (length.has_value()) request.body.reserve(std::min(*length, kMaxReserve));
}

std::size_t RequestParser::on_body_impl(Text body, Error&) {
  request.body.append(body.data(), body.size());
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t, Text, Error&) {}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text body, Error&) {
  request.body.append(body.data(), body.size());
  return body.size();
}

void RequestParser::on_finish_impl(Error&) {}

}  // namespace storeops::http
