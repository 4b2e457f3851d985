#include "common/search/rows.h"

#include <algorithm>

namespace storeops::search {
namespace {

void AppendNumbers(absl::Span<const uint32_t> numbers, std::string& bytes) {
  PackedNumbers::Append(static_cast<uint32_t>(numbers.size()), bytes);
  for (const uint32_t number : numbers) PackedNumbers::Append(number, bytes);
}

// The key at `at` and its slot, with `at` moved behind it. Slot 0: there are no more.
std::pair<int, absl::string_view> TakeKey(const char*& at) {
  const int slot = static_cast<unsigned char>(*at++);
  if (slot == 0) return {0, {}};
  const uint32_t size = PackedNumbers::Take(at);
  const absl::string_view key(at, size);
  at += size;
  return {slot, key};
}

}  // namespace

void PackedNumbers::Append(uint32_t number, std::string& bytes) {
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
  bytes += static_cast<char>(number);
}

const char* PackedNumbers::EndOfBytes() const {
  const char* at = first_;
  for (uint32_t i = 0; i < size_; ++i) Take(at);
  return at;
}

std::string Row::Pack(Keys keys, absl::Span<const ValueId> facets, absl::Span<const ValueId> terms) {
  std::string bytes;
  for (const auto& [slot, key] : keys) {
    bytes += static_cast<char>(slot);
    PackedNumbers::Append(static_cast<uint32_t>(key.size()), bytes);
    bytes += key;
  }
  bytes += '\0';
  AppendNumbers(facets, bytes);
  AppendNumbers(terms, bytes);
  return bytes;
}

absl::string_view Row::Key(int slot) const {
  for (const char* at = bytes_;;) {
    const auto [number, key] = TakeKey(at);
    if (number == 0 || number == slot) return key;
  }
}

const char* Row::BehindKeys() const {
  const char* at = bytes_;
  while (TakeKey(at).first != 0) {
  }
  return at;
}

Row Rows::Find(uint32_t id) const {
  const uint32_t number = id / kPageRows;
  // Without gaps the page is at the place of its number.
  auto branch = branches_.begin() + std::min<size_t>(number, branches_.size());
  if (branch == branches_.end() || branch->number != number) {
    branch = std::ranges::lower_bound(branches_.begin(), branch, number, {}, &Branch::number);
    if (branch == branches_.end() || branch->number != number) return Row();
  }
  return branch->page->At(id % kPageRows);
}

void Rows::Visit(absl::FunctionRef<bool(uint32_t id, Row row)> visit) const {
  for (const Branch& branch : branches_) {
    for (uint32_t i = 0; i < kPageRows; ++i) {
      const Row row = branch.page->At(i);
      if (row.present() && !visit(branch.number * kPageRows + i, row)) return;
    }
  }
}

size_t Rows::Sample(size_t size, absl::FunctionRef<void(Row row)> visit) const {
  const size_t places = branches_.size() * kPageRows;
  const size_t block = std::max<size_t>(places / std::max<size_t>(size, 1), 1);
  size_t seen = 0;
  // One of each block, not always the same one: ids may have a rhythm.
  for (size_t begin = 0; begin < places; begin += block) {
    const size_t place = std::min(begin + Mix(begin) % block, places - 1);
    const Row row = branches_[place / kPageRows].page->At(place % kPageRows);
    if (!row.present()) continue;
    ++seen;
    visit(row);
  }
  return seen;
}

void Rows::Set(uint32_t id, absl::string_view packed) {
  const uint32_t number = id / kPageRows;
  auto branch = std::ranges::lower_bound(branches_, number, {}, &Branch::number);
  if (branch == branches_.end() || branch->number != number) {
    if (packed.empty()) return;
    branch = branches_.insert(branch, {number, std::make_unique<Page>()});
  }
  Page& page = *branch->page;
  size_ -= page.At(id % kPageRows).present();
  size_ += !packed.empty();
  page.Set(id % kPageRows, packed);
  if (page.bytes.empty()) branches_.erase(branch);
}

void Rows::Page::Set(uint32_t i, absl::string_view packed) {
  const absl::string_view present = bytes;
  std::string changed;
  changed.reserve(begins[i] + packed.size() + present.size() - begins[i + 1]);
  changed.append(present.data(), begins[i]);
  changed.append(packed.data(), packed.size());
  changed.append(present.data() + begins[i + 1], present.size() - begins[i + 1]);
  // Modulo 2^32, as all sizes here are.
  const uint32_t growth = static_cast<uint32_t>(packed.size()) - (begins[i + 1] - begins[i]);
  for (uint32_t later = i + 1; later <= kPageRows; ++later) begins[later] += growth;
  bytes = std::move(changed);
}

uint64_t Mix(uint64_t number) {
  // Fibonacci hashing, the upper half folded in.
  number = (number + 1) * 0x9E3779B97F4A7C15;
  return (number ^ number >> 32) * 0x9E3779B97F4A7C15 >> 16;
}

}  // namespace storeops::search
