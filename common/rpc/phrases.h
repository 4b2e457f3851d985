// Shortens messages of much the same kind, which a process holds by the hundred thousand, by what they have in common.
// Restoring costs little more than copying.
#ifndef STOREOPS_COMMON_RPC_PHRASES_H_
#define STOREOPS_COMMON_RPC_PHRASES_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace storeops::rpc {

// The text of some messages, from which others are told in pieces: bytes of their own, then a stretch of that text, and
// so on. It only grows, up to its limit, so that whatever was shortened can be restored as long as this lives.
// Thread-safe.
class Phrases {
 public:
  // May learn from `bytes`. Never more than a few bytes longer.
  std::string Shorten(absl::string_view bytes);
  // `shortened` is what Shorten made of `size` bytes; `to` has room for them.
  void Restore(const char* shortened, size_t size, char* to) const;

 private:
  static constexpr size_t kTextBytes = 32 * 1024;
  static constexpr size_t kLearntBytes = 1024;  // of one message
  // A shorter stretch is not worth the bytes that name it.
  static constexpr size_t kShortest = 8;
  static constexpr int kPlaceBits = 15;

  static size_t HashOf(const char* bytes);
  // How much of the text's `place` on is at the beginning of `bytes`.
  size_t Common(size_t place, absl::string_view bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Learn(absl::string_view bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  // Not guarded: restoring reads only what was there before the message was shortened.
  std::array<char, kTextBytes> text_;
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  // Where stretches begin in the text, by the hash of their first bytes.
  std::array<uint16_t, 1 << kPlaceBits> places_ ABSL_GUARDED_BY(mutex_) = {};
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_PHRASES_H_
