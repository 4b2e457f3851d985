#include "services/catalog/products/sku_index.h"

#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace storeops::catalog {
namespace {

using google::protobuf::internal::WireFormatLite;

// Calls `visit` with each value of a field of length-delimited type, until it returns false.
void ScanField(absl::string_view message, int field, absl::FunctionRef<bool(absl::string_view)> visit) {
  const uint32_t wanted = WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(message.data()),
                                            static_cast<int>(message.size()));
  while (const uint32_t tag = in.ReadTag()) {
    if (tag != wanted) {
      if (!WireFormatLite::SkipField(&in, tag)) return;
      continue;
    }
    uint32_t length = 0;
    if (!in.ReadVarint32(&length)) return;
    const auto begin = static_cast<size_t>(in.CurrentPosition());
    if (!in.Skip(static_cast<int>(length)) || !visit(message.substr(begin, length))) return;
  }
}

v1::Product::Kind KindOf(absl::string_view product) {
  constexpr uint32_t kWanted = WireFormatLite::MakeTag(v1::Product::kKindFieldNumber, WireFormatLite::WIRETYPE_VARINT);
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(product.data()),
                                            static_cast<int>(product.size()));
  uint32_t kind = v1::Product::GOODS;
  while (const uint32_t tag = in.ReadTag()) {
    if (!(tag == kWanted ? in.ReadVarint32(&kind) : WireFormatLite::SkipField(&in, tag))) break;
  }
  return kind == v1::Product::SERVICE ? v1::Product::SERVICE : v1::Product::GOODS;
}

}  // namespace

void ScanVariants(absl::string_view product, absl::FunctionRef<bool(absl::string_view variant)> visit) {
  ScanField(product, v1::Product::kVariantsFieldNumber, visit);
}

absl::string_view VariantSku(absl::string_view variant) {
  absl::string_view sku;
  ScanField(variant, v1::Variant::kSkuFieldNumber, [&](absl::string_view value) {
    sku = value;
    return false;
  });
  return sku;
}

std::optional<v1::Variant> FindVariant(absl::string_view product, absl::string_view sku) {
  std::optional<v1::Variant> found;
  ScanVariants(product, [&](absl::string_view bytes) {
    if (VariantSku(bytes) != sku) return true;
    v1::Variant variant;
    if (variant.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) found = std::move(variant);
    return false;
  });
  return found;
}

std::optional<SoldItem> FindSoldItem(absl::string_view product, absl::string_view sku) {
  const std::optional<v1::Variant> variant = FindVariant(product, sku);
  if (!variant.has_value()) return std::nullopt;
  std::string title;
  ScanField(product, v1::Product::kTitleFieldNumber, [&](absl::string_view value) {
    title = std::string(value);
    return true;  // of a field that is there twice, the last one counts
  });
  ScanField(product, v1::Product::kOptionsFieldNumber, [&](absl::string_view bytes) {
    v1::Option option;
    if (!option.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
    const auto value = variant->option_values().find(option.name());
    if (value != variant->option_values().end()) absl::StrAppend(&title, ", ", value->second);
    return true;
  });
  return SoldItem{std::move(title), KindOf(product)};
}

uint64_t SkuIndex::KeyOf(absl::string_view sku, int64_t product_id) {
  return (static_cast<uint64_t>(absl::HashOf(sku)) << 32) | static_cast<uint32_t>(product_id);
}

void SkuIndex::Add(int64_t product_id, absl::string_view product) {
  absl::MutexLock lock(&mutex_);
  ScanVariants(product, [&](absl::string_view variant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    keys_.insert(KeyOf(VariantSku(variant), product_id));
    return true;
  });
}

void SkuIndex::Remove(int64_t product_id, absl::string_view product) {
  absl::MutexLock lock(&mutex_);
  ScanVariants(product, [&](absl::string_view variant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    keys_.erase(KeyOf(VariantSku(variant), product_id));
    return true;
  });
}

void SkuIndex::Clear() {
  absl::MutexLock lock(&mutex_);
  keys_.clear();
}

std::vector<int64_t> SkuIndex::Find(absl::string_view sku) const {
  const uint64_t first = KeyOf(sku, 0);
  std::vector<int64_t> ids;
  absl::ReaderMutexLock lock(&mutex_);
  for (auto key = keys_.lower_bound(first); key != keys_.end() && (*key >> 32) == (first >> 32); ++key) {
    ids.push_back(static_cast<int64_t>(*key & 0xffffffff));
  }
  return ids;
}

}  // namespace storeops::catalog
