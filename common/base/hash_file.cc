#include "common/base/hash_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/file_error.h"
#include "common/base/status_macros.h"

namespace storeops {
namespace {

constexpr int kFirstBits = 16;
// Slots that are read at once: nearly always enough to find a hash, and the capacity is a multiple of it.
constexpr size_t kRead = 32;
constexpr uint64_t kEmpty = 0;

absl::Status DiskError(absl::string_view what) {
  const int error = errno;
  return FileError(absl::StrCat(what, " a temporary file"), error);
}

}  // namespace

absl::StatusOr<std::unique_ptr<HashFile>> HashFile::Create(const std::string& folder) {
  std::unique_ptr<HashFile> file(new HashFile(folder, kFirstBits));
  RETURN_IF_ERROR(file->Open());
  return file;
}

HashFile::~HashFile() {
  if (file_ >= 0) close(file_);
}

absl::Status HashFile::Open() {
  RETURN_IF_ERROR(MakeFolders("making the folder of temporary files", folder_));
  std::string path = folder_ + "/hashes-XXXXXX";
  file_ = mkostemp(path.data(), O_CLOEXEC);
  if (file_ < 0) return DiskError("making");
  unlink(path.c_str());
  return absl::OkStatus();
}

absl::StatusOr<bool> HashFile::Insert(uint64_t hash) {
  if (hash == kEmpty) hash = ~kEmpty;
  if (size_ >= capacity() / 4 * 3) RETURN_IF_ERROR(Grow());
  ASSIGN_OR_RETURN(const Slot slot, Find(hash));
  if (slot.taken) return false;
  RETURN_IF_ERROR(Write(slot.place, hash));
  ++size_;
  return true;
}

absl::Status HashFile::Read(uint64_t place, size_t count, uint64_t* slots) const {
  const size_t bytes = count * sizeof(uint64_t);
  const ssize_t got = pread(file_, slots, bytes, static_cast<off_t>(place * sizeof(uint64_t)));
  if (got < 0) return DiskError("reading");
  std::fill(slots + static_cast<size_t>(got) / sizeof(uint64_t), slots + count, kEmpty);
  return absl::OkStatus();
}

absl::StatusOr<HashFile::Slot> HashFile::Find(uint64_t hash) const {
  uint64_t slots[kRead];
  for (uint64_t place = hash >> (64 - bits_);;) {
    const size_t count = std::min<uint64_t>(kRead, capacity() - place);
    RETURN_IF_ERROR(Read(place, count, slots));
    const uint64_t* const found =
        std::find_if(slots, slots + count, [hash](uint64_t slot) { return slot == hash || slot == kEmpty; });
    place += found - slots;
    if (found != slots + count) return Slot{place, *found == hash};
    place %= capacity();
  }
}

absl::Status HashFile::Write(uint64_t place, uint64_t hash) {
  const ssize_t written = pwrite(file_, &hash, sizeof(hash), static_cast<off_t>(place * sizeof(hash)));
  return written == sizeof(hash) ? absl::OkStatus() : DiskError("writing");
}

absl::Status HashFile::Grow() {
  HashFile larger(folder_, bits_ + 1);
  RETURN_IF_ERROR(larger.Open());
  uint64_t slots[kRead];
  for (uint64_t place = 0; place < capacity(); place += kRead) {
    RETURN_IF_ERROR(Read(place, kRead, slots));
    for (const uint64_t hash : slots) {
      if (hash != kEmpty) RETURN_IF_ERROR(larger.Insert(hash).status());
    }
  }
  std::swap(file_, larger.file_);
  std::swap(bits_, larger.bits_);
  return absl::OkStatus();
}

}  // namespace storeops
