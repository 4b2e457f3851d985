#include "common/rpc/json_cache.h"

#include <iterator>

namespace storeops::rpc {

JsonCache::Json JsonCache::Touch(Part& part, Key key) {
  const auto found = part.by_key.find(key);
  if (found == part.by_key.end()) return nullptr;
  part.entries.splice(part.entries.begin(), part.entries, found->second);
  return found->second->second;
}

void JsonCache::Erase(Part& part, Entries::iterator entry) {
  part.bytes -= SizeOf(*entry->second);
  part.by_key.erase(entry->first);
  part.entries.erase(entry);
}

JsonCache::Json JsonCache::Find(Key key) {
  Part& part = PartOf(key);
  absl::MutexLock lock(&part.mutex);
  return Touch(part, key);
}

JsonCache::Json JsonCache::Add(Key key, std::string json) {
  auto made = std::make_shared<const std::string>(std::move(json));
  if (SizeOf(*made) > part_bytes_) return made;
  Part& part = PartOf(key);
  absl::MutexLock lock(&part.mutex);
  if (Json present = Touch(part, key); present != nullptr) return present;
  part.entries.emplace_front(key, made);
  part.by_key[key] = part.entries.begin();
  part.bytes += SizeOf(*made);
  while (part.bytes > part_bytes_) Erase(part, std::prev(part.entries.end()));
  return made;
}

void JsonCache::Remove(Key key) {
  Part& part = PartOf(key);
  absl::MutexLock lock(&part.mutex);
  const auto found = part.by_key.find(key);
  if (found != part.by_key.end()) Erase(part, found->second);
}

size_t JsonCache::bytes() const {
  size_t bytes = 0;
  for (const Part& part : parts_) {
    absl::MutexLock lock(&part.mutex);
    bytes += part.bytes;
  }
  return bytes;
}

}  // namespace storeops::rpc
