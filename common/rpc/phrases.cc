#include "common/rpc/phrases.h"

#include <algorithm>
#include <cstring>

namespace storeops::rpc {
namespace {

// Seven bits a byte, all but the last with the highest bit.
void AppendNumber(size_t number, std::string& bytes) {
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
  bytes += static_cast<char>(number);
}

size_t TakeNumber(const char*& at) {
  size_t number = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    number |= static_cast<size_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return number;
  }
}

void AppendOwn(absl::string_view own, std::string& bytes) {
  AppendNumber(own.size(), bytes);
  bytes.append(own.data(), own.size());
}

}  // namespace

std::string Phrases::Shorten(absl::string_view bytes) {
  absl::MutexLock lock(&mutex_);
  std::string shortened;
  size_t own = 0;  // where the bytes begin that are not told yet
  for (size_t at = 0; at + kShortest <= bytes.size();) {
    const size_t place = places_[HashOf(bytes.data() + at)];
    const size_t length = Common(place, bytes.substr(at));
    if (length < kShortest) {
      ++at;
      continue;
    }
    AppendOwn(bytes.substr(own, at - own), shortened);
    AppendNumber(length, shortened);
    shortened += static_cast<char>(place >> 8);
    shortened += static_cast<char>(place & 0xFF);
    at += length;
    own = at;
  }
  if (own < bytes.size()) AppendOwn(bytes.substr(own), shortened);
  if (shortened.size() > bytes.size() / 2) Learn(bytes.substr(0, kLearntBytes));
  return shortened;
}

void Phrases::Restore(const char* shortened, size_t size, char* to) const {
  char* const end = to + size;
  while (to != end) {
    const size_t own = TakeNumber(shortened);
    std::memcpy(to, shortened, own);
    to += own;
    shortened += own;
    if (to == end) return;
    const size_t length = TakeNumber(shortened);
    const size_t place = static_cast<unsigned char>(shortened[0]) << 8 | static_cast<unsigned char>(shortened[1]);
    shortened += 2;
    std::memcpy(to, text_.data() + place, length);
    to += length;
  }
}

size_t Phrases::HashOf(const char* bytes) {
  uint64_t number = 0;
  static_assert(sizeof(number) == kShortest);
  std::memcpy(&number, bytes, sizeof(number));
  return number * 0x9E3779B97F4A7C15 >> (64 - kPlaceBits);
}

size_t Phrases::Common(size_t place, absl::string_view bytes) const {
  const char* const begin = text_.data() + place;
  return std::mismatch(begin, begin + std::min(used_ - place, bytes.size()), bytes.begin()).first - begin;
}

void Phrases::Learn(absl::string_view bytes) {
  const size_t begin = used_;
  bytes = bytes.substr(0, kTextBytes - used_);
  std::copy(bytes.begin(), bytes.end(), text_.begin() + begin);
  used_ += bytes.size();
  for (size_t place = begin; place + kShortest <= used_; ++place) {
    places_[HashOf(text_.data() + place)] = static_cast<uint16_t>(place);
  }
}

}  // namespace storeops::rpc
