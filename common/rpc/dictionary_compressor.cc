#include "common/rpc/dictionary_compressor.h"

#include <lz4.h>

#include <cstdlib>
#include <utility>

namespace storeops::rpc {

struct DictionaryCompressor::Dictionary {
  explicit Dictionary(std::string bytes) : text(std::move(bytes)) {
    LZ4_initStream(&loaded, sizeof(loaded));
    LZ4_loadDict(&loaded, text.data(), static_cast<int>(text.size()));
  }

  const std::string text;
  LZ4_stream_t loaded;  // copied for each use: loading takes far longer
};

DictionaryCompressor::~DictionaryCompressor() { delete dictionary_.load(); }

std::string DictionaryCompressor::Compress(absl::string_view bytes) {
  const Dictionary* dictionary = dictionary_.load(std::memory_order_acquire);
  if (dictionary == nullptr) {
    Learn(bytes);
    return "";
  }
  if (bytes.size() > LZ4_MAX_INPUT_SIZE) return "";
  LZ4_stream_t stream = dictionary->loaded;
  std::string compressed(bytes.size(), '\0');
  constexpr int kFastest = 1;
  // 0: it would not fit, that is, not be smaller.
  const int size = LZ4_compress_fast_continue(&stream, bytes.data(), compressed.data(), static_cast<int>(bytes.size()),
                                              static_cast<int>(bytes.size()) - 1, kFastest);
  compressed.resize(size);
  return compressed;
}

void DictionaryCompressor::Decompress(absl::string_view compressed, char* to, size_t size) const {
  const std::string& text = dictionary_.load(std::memory_order_acquire)->text;
  const int restored =
      LZ4_decompress_safe_usingDict(compressed.data(), to, static_cast<int>(compressed.size()), static_cast<int>(size),
                                    text.data(), static_cast<int>(text.size()));
  if (restored != static_cast<int>(size)) std::abort();  // memory was overwritten
}

void DictionaryCompressor::Learn(absl::string_view bytes) {
  absl::MutexLock lock(&mutex_);
  if (dictionary_.load(std::memory_order_relaxed) != nullptr) return;
  bytes = bytes.substr(0, kLearntBytes);
  gathered_.append(bytes.data(), bytes.size());
  if (gathered_.size() < kDictionaryBytes) return;
  dictionary_.store(new Dictionary(std::move(gathered_)), std::memory_order_release);
}

}  // namespace storeops::rpc
