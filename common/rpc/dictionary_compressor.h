// Compresses messages of one type, which are much alike and too short to be compressed each by itself: LZ4 with a
// dictionary of the first ones. Decompressing costs little more than copying.
#ifndef STOREOPS_COMMON_RPC_DICTIONARY_COMPRESSOR_H_
#define STOREOPS_COMMON_RPC_DICTIONARY_COMPRESSOR_H_

#include <atomic>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace storeops::rpc {

// The dictionary does not change once it is there, so what was compressed can be restored as long as this lives.
// Thread-safe.
class DictionaryCompressor {
 public:
  static constexpr size_t kDictionaryBytes = 32 << 10;

  DictionaryCompressor() = default;
  DictionaryCompressor(const DictionaryCompressor&) = delete;
  DictionaryCompressor& operator=(const DictionaryCompressor&) = delete;
  ~DictionaryCompressor();

  // Empty: it would not be smaller, or the dictionary is still being gathered.
  std::string Compress(absl::string_view bytes);
  // `compressed` is what Compress made of `size` bytes; `to` has room for them.
  void Decompress(absl::string_view compressed, char* to, size_t size) const;

 private:
  static constexpr size_t kLearntBytes = 1024;  // of one message

  struct Dictionary;
  void Learn(absl::string_view bytes);

  std::atomic<const Dictionary*> dictionary_ = nullptr;  // set once
  absl::Mutex mutex_;
  std::string gathered_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_DICTIONARY_COMPRESSOR_H_
