// What is known of each document besides its words, packed as tightly as can still be read fast: a shop may have a
// great many. Only for this folder.
#ifndef STOREOPS_COMMON_SEARCH_ROWS_H_
#define STOREOPS_COMMON_SEARCH_ROWS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace storeops::search {

// A distinct exact term or facet value.
using ValueId = uint32_t;

// Small numbers, each in as few bytes as it takes: seven bits a byte, all but the last with the highest bit.
class PackedNumbers {
 public:
  class Iterator {
   public:
    Iterator(const char* at, uint32_t left) : at_(at), left_(left) { Read(); }
    uint32_t operator*() const { return number_; }
    Iterator& operator++() {
      --left_;
      Read();
      return *this;
    }
    bool operator!=(const Iterator& other) const { return left_ != other.left_; }

   private:
    void Read() {
      if (left_ > 0) number_ = Take(at_);
    }

    const char* at_;
    uint32_t left_;
    uint32_t number_ = 0;
  };

  static void Append(uint32_t number, std::string& bytes);
  // Moves `at` behind the number.
  static uint32_t Take(const char*& at) {
    uint32_t number = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at++);
      number |= static_cast<uint32_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return number;
    }
  }

  // How many there are, and then they themselves.
  explicit PackedNumbers(const char* bytes) : first_(bytes) { size_ = Take(first_); }
  Iterator begin() const { return Iterator(first_, size_); }
  Iterator end() const { return Iterator(nullptr, 0); }
  const char* EndOfBytes() const;

 private:
  const char* first_;
  uint32_t size_;
};

// A view of one document's row. Default: there is no such document.
class Row {
 public:
  using Keys = absl::Span<const std::pair<int, std::string>>;  // by slot, 1 to 255

  Row() = default;
  // As Pack made it.
  explicit Row(const char* bytes) : bytes_(bytes) {}
  // Never empty.
  static std::string Pack(Keys keys, absl::Span<const ValueId> facets, absl::Span<const ValueId> terms);

  bool present() const { return bytes_ != nullptr; }
  // Empty: none.
  absl::string_view Key(int slot) const;
  PackedNumbers facets() const { return PackedNumbers(BehindKeys()); }
  PackedNumbers terms() const { return PackedNumbers(facets().EndOfBytes()); }

 private:
  const char* BehindKeys() const;

  const char* bytes_ = nullptr;
};

// Rows by id. Thread-compatible; a Row is valid until the next change.
class Rows {
 public:
  size_t size() const { return size_; }
  // Fast for ids in ascending order.
  Row Find(uint32_t id) const;
  // By id, until `visit` returns false.
  void Visit(absl::FunctionRef<bool(uint32_t id, Row row)> visit) const;
  // About `size` rows spread over all, or all if there are no more; how many there were.
  size_t Sample(size_t size, absl::FunctionRef<void(Row row)> visit) const;

  // `packed` by Row::Pack; empty: no row any more.
  void Set(uint32_t id, absl::string_view packed);

 private:
  static constexpr uint32_t kPageRows = 256;
  // One behind the other, without room to spare: a change copies the page, which is a few kilobytes.
  struct Page {
    std::array<uint32_t, kPageRows + 1> begins{};  // a row that is not there has no bytes
    std::string bytes;

    Row At(uint32_t i) const { return begins[i] == begins[i + 1] ? Row() : Row(bytes.data() + begins[i]); }
    void Set(uint32_t i, absl::string_view packed);
  };
  struct Branch {
    uint32_t number;  // of the ids divided by kPageRows
    std::unique_ptr<Page> page;
  };

  std::vector<Branch> branches_;  // ascending
  size_t size_ = 0;
};

// A well-mixed number for choosing samples.
uint64_t Mix(uint64_t number);

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_ROWS_H_
