// Filters of any bytes: parse, compile, and bind as many values as there are marks.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "common/resource/filter_sql.h"
#include "storeops/catalog/v1/product.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace storeops::resource;  // NOLINT: one subject
  static const auto& mapping = *new TableMapping(*TableMapping::Make(*storeops::catalog::v1::Product::descriptor()));
  static const auto& fields = *new FilterFields(*FilterFields::Make(mapping, UniqueKeys(mapping)));
  const auto node = ParseFilter(absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!node.ok()) {
    if (node.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  const auto condition = fields.Compile(*node);
  if (!condition.ok()) {
    if (condition.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  const std::string& sql = condition->sql;
  if (static_cast<size_t>(std::count(sql.begin(), sql.end(), '?')) != condition->values.size()) std::abort();
  if (std::count(sql.begin(), sql.end(), '(') != std::count(sql.begin(), sql.end(), ')')) std::abort();
  return 0;
}
