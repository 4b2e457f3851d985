#include "common/search/columns.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace storeops::search {
namespace {

constexpr int kMaxSlot = 100;
constexpr char kTermPrefix[] = "X";

// Exact terms begin with another letter.
std::string NameOf(int facet, absl::string_view text) {
  return absl::StrCat("F", std::string(1, static_cast<char>(facet)), text);
}

}  // namespace

SortEntry MakeSortEntry(uint32_t id, const std::string& key) {
  std::array<unsigned char, 8> bytes{};
  std::memcpy(bytes.data(), key.data(), std::min(key.size(), bytes.size()));
  uint64_t prefix = 0;
  for (const unsigned char byte : bytes) prefix = prefix << 8 | byte;
  return {prefix, &key, id};
}

uint64_t Mix(uint64_t number) {
  // Fibonacci hashing, the upper half folded in.
  number = (number + 1) * 0x9E3779B97F4A7C15;
  return (number ^ number >> 32) * 0x9E3779B97F4A7C15 >> 16;
}

std::string PackFacets(absl::Span<const FacetValue> facets) {
  std::string packed;
  for (const FacetValue& facet : facets) {
    const size_t size = std::min<size_t>(facet.value.size(), 0xFFFF);
    packed += static_cast<char>(facet.facet);
    packed += static_cast<char>(size >> 8);
    packed += static_cast<char>(size & 0xFF);
    packed.append(facet.value, 0, size);
  }
  return packed;
}

const std::string& Columns::Row::Key(int slot) const {
  for (const auto& [number, key] : keys) {
    if (number == slot) return key;
  }
  static const std::string& none = *new std::string;
  return none;
}

Columns Columns::Load(const Xapian::Database& database) {
  Columns columns;
  for (auto id = database.postlist_begin(""); id != database.postlist_end(""); ++id) columns.Make(*id);
  for (auto term = database.allterms_begin(kTermPrefix); term != database.allterms_end(kTermPrefix); ++term) {
    const std::string text = *term;
    for (auto id = database.postlist_begin(text); id != database.postlist_end(text); ++id) {
      columns.AddTerm(columns.Make(*id), text);
    }
  }
  for (auto value = database.valuestream_begin(kFacetSlot); value != database.valuestream_end(kFacetSlot); ++value) {
    columns.AddPackedFacets(columns.Make(value.get_docid()), *value);
  }
  std::vector<int> slots;
  for (int slot = 1; slot <= kMaxSlot; ++slot) {
    if (database.get_value_freq(slot) == 0) continue;
    slots.push_back(slot);
    for (auto value = database.valuestream_begin(slot); value != database.valuestream_end(slot); ++value) {
      columns.Make(value.get_docid()).keys.emplace_back(slot, *value);
    }
  }
  for (const int slot : slots) columns.AddOrder(slot);
  return columns;
}

void Columns::Put(const Document& document) {
  Remove(document.id);
  Row& row = Make(document.id);
  for (const std::string& term : document.terms) AddTerm(row, term);
  for (const FacetValue& facet : document.facets) AddFacet(row, facet.facet, facet.value);
  row.keys.assign(document.keys.begin(), document.keys.end());
  for (const auto& [slot, key] : row.keys) {
    if (!orders_.contains(slot)) AddOrder(slot);
  }
  for (auto& [slot, order] : orders_) order.insert(MakeSortEntry(document.id, row.Key(slot)));
}

void Columns::Remove(uint32_t id) {
  Row* row = FindRow(id);
  if (row == nullptr) return;
  for (auto& [slot, order] : orders_) order.erase(MakeSortEntry(id, row->Key(slot)));
  for (const ValueId value : row->terms) Release(value);
  for (const ValueId value : row->facets) Release(value);
  *row = Row();
  --document_count_;
}

const Columns::ValueId* Columns::FindTerm(absl::string_view term) const {
  const auto found = value_ids_.find(term);
  return found == value_ids_.end() ? nullptr : &found->second;
}

const Columns::Row* Columns::Find(uint32_t id) const {
  const uint32_t number = id / kPageRows;
  // Without gaps the page is at the place of its number.
  auto page = pages_.begin() + std::min<size_t>(number, pages_.size());
  if (page == pages_.end() || page->number != number) {
    page = std::lower_bound(pages_.begin(), page, number, [](const Page& page, uint32_t n) { return page.number < n; });
    if (page == pages_.end() || page->number != number) return nullptr;
  }
  const Row& row = (*page->rows)[id % kPageRows];
  return row.present ? &row : nullptr;
}

void Columns::Visit(absl::FunctionRef<bool(uint32_t id, const Row& row)> visit) const {
  for (const Page& page : pages_) {
    for (uint32_t i = 0; i < kPageRows; ++i) {
      const Row& row = (*page.rows)[i];
      if (row.present && !visit(page.number * kPageRows + i, row)) return;
    }
  }
}

size_t Columns::Sample(size_t size, absl::FunctionRef<void(const Row& row)> visit) const {
  const size_t places = pages_.size() * kPageRows;
  const size_t block = std::max<size_t>(places / std::max<size_t>(size, 1), 1);
  size_t seen = 0;
  // One of each block, not always the same one: ids may have a rhythm.
  for (size_t begin = 0; begin < places; begin += block) {
    const size_t place = std::min(begin + Mix(begin) % block, places - 1);
    const Row& row = (*pages_[place / kPageRows].rows)[place % kPageRows];
    if (!row.present) continue;
    ++seen;
    visit(row);
  }
  return seen;
}

const Columns::Order* Columns::FindOrder(int slot) const {
  const auto found = orders_.find(slot);
  return found == orders_.end() ? nullptr : &found->second;
}

Columns::Row& Columns::Make(uint32_t id) {
  const uint32_t number = id / kPageRows;
  auto page = std::lower_bound(pages_.begin(), pages_.end(), number,
                               [](const Page& page, uint32_t n) { return page.number < n; });
  if (page == pages_.end() || page->number != number) {
    page = pages_.insert(page, {number, std::make_unique<std::array<Row, kPageRows>>()});
  }
  Row& row = (*page->rows)[id % kPageRows];
  document_count_ += !row.present;
  row.present = true;
  return row;
}

void Columns::AddTerm(Row& row, const std::string& term) { AddOnce(row.terms, term, -1, term); }

void Columns::AddFacet(Row& row, int facet, absl::string_view text) {
  AddOnce(row.facets, NameOf(facet, text), facet, text);
}

void Columns::AddOnce(Values& values, std::string name, int facet, absl::string_view text) {
  const ValueId id = Use(std::move(name), facet, text);
  if (std::find(values.begin(), values.end(), id) == values.end()) {
    values.push_back(id);
  } else {
    Release(id);
  }
}

void Columns::AddPackedFacets(Row& row, absl::string_view packed) {
  while (packed.size() >= 3) {
    const auto facet = static_cast<unsigned char>(packed[0]);
    const size_t size = static_cast<unsigned char>(packed[1]) << 8 | static_cast<unsigned char>(packed[2]);
    AddFacet(row, facet, packed.substr(3, size));
    packed.remove_prefix(std::min(3 + size, packed.size()));
  }
}

Columns::ValueId Columns::Use(std::string name, int facet, absl::string_view text) {
  auto [known, is_new] = value_ids_.try_emplace(std::move(name), 0);
  if (is_new) {
    if (unused_.empty()) {
      unused_.push_back(static_cast<ValueId>(values_.size()));
      values_.emplace_back();
    }
    known->second = unused_.back();
    unused_.pop_back();
    values_[known->second] = {std::string(text), facet, 0};
  }
  ++values_[known->second].documents;
  return known->second;
}

void Columns::Release(ValueId id) {
  Value& value = values_[id];
  if (--value.documents > 0) return;
  value_ids_.erase(value.facet < 0 ? value.text : NameOf(value.facet, value.text));
  value = Value();
  unused_.push_back(id);
}

void Columns::AddOrder(int slot) {
  std::vector<SortEntry> entries;
  entries.reserve(document_count_);
  Visit([&](uint32_t id, const Row& row) {
    entries.push_back(MakeSortEntry(id, row.Key(slot)));
    return true;
  });
  std::sort(entries.begin(), entries.end());
  orders_[slot] = Order(entries.begin(), entries.end());
}

}  // namespace storeops::search
