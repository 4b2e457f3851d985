#include "common/http/compression.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "zlib.h"

namespace storeops::http {
namespace {

constexpr int kGzipWindow = 15 + 16;  // 16: a gzip header and trailer, not zlib's
// Replies are small and the network is near: speed is worth more than the last percent.
constexpr int kLevel = 3;

}  // namespace

std::string GzipCompress(absl::string_view data) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return "";
  std::string result(deflateBound(&stream, data.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = data.size();
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = result.size();
  deflate(&stream, Z_FINISH);  // cannot end early: the result has room for the worst case
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

absl::StatusOr<std::string> GzipDecompress(absl::string_view data, size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return absl::ResourceExhaustedError("no memory to decompress");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = data.size();
  std::string result;
  int code = Z_OK;
  while (code == Z_OK && result.size() <= limit) {
    const size_t begin = result.size();
    result.resize(
        std::min(limit + 1, std::max<size_t>(begin * 2, 4096)));  // one more byte tells "too long" from "full"
    stream.next_out = reinterpret_cast<Bytef*>(result.data() + begin);
    stream.avail_out = result.size() - begin;
    code = inflate(&stream, Z_NO_FLUSH);
    result.resize(result.size() - stream.avail_out);
    if (code == Z_BUF_ERROR || (code == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) break;
  }
  const bool trailing = stream.avail_in > 0;
  inflateEnd(&stream);
  if (result.size() > limit) {
    return absl::ResourceExhaustedError(absl::StrCat("the decompressed body is larger than ", limit, " bytes"));
  }
  if (code != Z_STREAM_END || trailing) return absl::InvalidArgumentError("the body is not complete gzip data");
  return result;
}

}  // namespace storeops::http
