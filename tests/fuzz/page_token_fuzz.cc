// Page tokens of any bytes: refused, unless they are ours, and then they say what was put in.
#include <cstdint>
#include <cstdlib>

#include "common/resource/page_token.h"
#include "storeops/catalog/v1/product_service.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& tokens = *new storeops::resource::PageTokens("0123456789abcdef0123456789abcdef");
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  storeops::catalog::v1::ListProductsRequest request;
  const auto foreign = tokens.Read(request, text);
  if (foreign.ok() && !text.empty()) std::abort();
  if (!foreign.ok() && foreign.status().code() != absl::StatusCode::kInvalidArgument) std::abort();

  request.set_filter("brand:*");
  const std::string printable = [&] {
    std::string kept;
    for (const char c : text.substr(0, 500)) kept.push_back(static_cast<char>(0x20 + (c & 0x3f)));
    return kept;
  }();
  const std::string own = tokens.Make(request, {storeops::db::Value(printable), storeops::db::Value(7)});
  const auto keys = tokens.Read(request, own);
  if (!keys.ok() || std::get<std::string>((*keys)[0].storage()) != printable) std::abort();
  // One changed character makes it somebody else's.
  std::string changed = own;
  const size_t at = size % changed.size();
  changed[at] = changed[at] == 'A' ? 'B' : 'A';
  const auto tampered = tokens.Read(request, changed);
  if (tampered.ok() && changed != own) std::abort();
  return 0;
}
