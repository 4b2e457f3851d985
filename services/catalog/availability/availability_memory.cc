#include "services/catalog/availability/availability_memory.h"

namespace storeops::catalog {
namespace {

// A SKU of up to 64 bytes, its state, and the share of free slots in the table.
constexpr size_t kBytesPerSku = 160;

}  // namespace

void AvailabilityMemory::Put(const SkuAvailability& availability) {
  absl::MutexLock lock(&mutex_);
  State& state = skus_[availability.sku];
  if (availability.version > state.version) state = {availability.version, availability.in_stock};
}

void AvailabilityMemory::Clear() {
  absl::flat_hash_map<std::string, State> old;
  absl::MutexLock lock(&mutex_);
  skus_.swap(old);
}

int64_t AvailabilityMemory::Version(absl::string_view sku) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = skus_.find(sku);
  return found == skus_.end() ? 0 : found->second.version;
}

absl::flat_hash_set<std::string> AvailabilityMemory::FindInStock(const std::vector<std::string>& skus) const {
  absl::flat_hash_set<std::string> in_stock;
  absl::ReaderMutexLock lock(&mutex_);
  for (const std::string& sku : skus) {
    const auto found = skus_.find(sku);
    if (found != skus_.end() && found->second.in_stock) in_stock.insert(sku);
  }
  return in_stock;
}

size_t AvailabilityMemory::bytes() const {
  absl::ReaderMutexLock lock(&mutex_);
  return skus_.size() * kBytesPerSku;
}

}  // namespace storeops::catalog
