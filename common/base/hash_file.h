// A set of hashes that is not to take up memory: it lives in a file.
#ifndef STOREOPS_COMMON_BASE_HASH_FILE_H_
#define STOREOPS_COMMON_BASE_HASH_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace storeops {

// An open-addressing table, 11 to 21 bytes for each hash. Not thread-safe. Errors are those of the disk:
// RESOURCE_EXHAUSTED if it is full.
class HashFile {
 public:
  // In a folder that exists. The file has no name and is gone with this object or its process.
  static absl::StatusOr<std::unique_ptr<HashFile>> Create(const std::string& folder);
  ~HashFile();
  HashFile(const HashFile&) = delete;
  HashFile& operator=(const HashFile&) = delete;

  // True if it was not there. The bits of hashes are taken for random.
  absl::StatusOr<bool> Insert(uint64_t hash);
  size_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t place = 0;
    bool taken = false;  // by the hash
  };

  HashFile(std::string folder, int bits) : folder_(std::move(folder)), bits_(bits) {}

  uint64_t capacity() const { return uint64_t{1} << bits_; }
  absl::Status Open();
  // `count` slots from `place` on; what was never written is empty.
  absl::Status Read(uint64_t place, size_t count, uint64_t* slots) const;
  // Where the hash is, or the empty slot where it belongs.
  absl::StatusOr<Slot> Find(uint64_t hash) const;
  absl::Status Write(uint64_t place, uint64_t hash);
  absl::Status Grow();

  const std::string folder_;
  int file_ = -1;
  int bits_;  // of the number of slots
  size_t size_ = 0;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_HASH_FILE_H_
