// JSON of messages that were asked for as JSON lately.
#ifndef STOREOPS_COMMON_RPC_JSON_CACHE_H_
#define STOREOPS_COMMON_RPC_JSON_CACHE_H_

#include <array>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/synchronization/mutex.h"

namespace storeops::rpc {

// At most `max_bytes`, counted as the text and 128 bytes for each message; what was not read for longest goes first.
// Thread-safe: 16 parts, each with its share of the limit and a lock of its own.
class JsonCache {
 public:
  using Json = std::shared_ptr<const std::string>;
  // Identifies a message for as long as it lives.
  using Key = const void*;

  explicit JsonCache(size_t max_bytes) : part_bytes_(max_bytes / kParts) {}

  // Null if it is not here.
  Json Find(Key key);
  // What is here already stays, and is returned. A text larger than a part is not stored.
  Json Add(Key key, std::string json);
  // The message ends.
  void Remove(Key key);
  size_t bytes() const;

 private:
  static constexpr size_t kParts = 16;
  using Entries = std::list<std::pair<Key, Json>>;
  struct Part {
    mutable absl::Mutex mutex;
    Entries entries ABSL_GUARDED_BY(mutex);  // the one that was read last in front
    absl::flat_hash_map<Key, Entries::iterator> by_key ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  static size_t SizeOf(const std::string& json) { return json.size() + 128; }
  static Json Touch(Part& part, Key key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(part.mutex);
  static void Erase(Part& part, Entries::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(part.mutex);
  Part& PartOf(Key key) { return parts_[absl::HashOf(key) % kParts]; }

  const size_t part_bytes_;
  std::array<Part, kParts> parts_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_JSON_CACHE_H_
