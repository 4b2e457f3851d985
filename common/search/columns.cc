#include "common/search/columns.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"

namespace storeops::search {
namespace {

constexpr int kMaxSlot = 100;
constexpr char kTermPrefix[] = "X";

// Exact terms begin with another letter.
std::string NameOf(int facet, absl::string_view text) {
  return absl::StrCat("F", std::string(1, static_cast<char>(facet)), text);
}

// The values of a slot, for documents that are asked for in ascending order.
class SlotReader {
 public:
  SlotReader(const Xapian::Database& database, Xapian::valueno slot)
      : slot_(static_cast<int>(slot)), value_(database.valuestream_begin(slot)), end_(database.valuestream_end(slot)) {}

  int slot() const { return slot_; }
  // Empty: none.
  std::string Read(Xapian::docid id) {
    while (value_ != end_ && value_.get_docid() < id) ++value_;
    return value_ != end_ && value_.get_docid() == id ? *value_ : std::string();
  }

 private:
  int slot_;
  Xapian::ValueIterator value_;
  Xapian::ValueIterator end_;
};

std::vector<SlotReader> KeyReaders(const Xapian::Database& database) {
  std::vector<SlotReader> readers;
  for (int slot = 1; slot <= kMaxSlot; ++slot) {
    if (database.get_value_freq(slot) > 0) readers.emplace_back(database, slot);
  }
  return readers;
}

}  // namespace

SortEntry MakeSortEntry(uint32_t id, absl::string_view key) {
  std::array<unsigned char, 8> bytes{};
  if (!key.empty()) std::memcpy(bytes.data(), key.data(), std::min(key.size(), bytes.size()));
  uint64_t prefix = 0;
  for (const unsigned char byte : bytes) prefix = prefix << 8 | byte;
  return {prefix, key, id};
}

bool Columns::ByKey::operator()(uint32_t a, uint32_t b) const {
  const int order = rows->Find(a).Key(slot).compare(rows->Find(b).Key(slot));
  return order != 0 ? order < 0 : a < b;
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

Columns Columns::Load(const Xapian::Database& database) {
  Columns columns;
  std::vector<std::pair<Xapian::docid, ValueId>> terms;
  for (auto term = database.allterms_begin(kTermPrefix); term != database.allterms_end(kTermPrefix); ++term) {
    const std::string text = *term;
    const ValueId value = columns.Use(text, -1, text);
    const size_t begin = terms.size();
    for (auto id = database.postlist_begin(text); id != database.postlist_end(text); ++id)
      terms.push_back({*id, value});
    columns.values_[value].documents = static_cast<int64_t>(terms.size() - begin);
  }
  std::sort(terms.begin(), terms.end());

  SlotReader facets(database, kFacetSlot);
  std::vector<SlotReader> readers = KeyReaders(database);
  std::vector<ValueId> own_terms;
  std::vector<std::pair<int, std::string>> keys;
  auto term = terms.begin();
  for (auto id = database.postlist_begin(""); id != database.postlist_end(""); ++id) {
    own_terms.clear();
    for (; term != terms.end() && term->first <= *id; ++term) own_terms.push_back(term->second);
    keys.clear();
    for (SlotReader& reader : readers) {
      std::string key = reader.Read(*id);
      if (!key.empty()) keys.emplace_back(reader.slot(), std::move(key));
    }
    columns.rows_->Set(*id, Row::Pack(keys, columns.AddPackedFacets(facets.Read(*id)), own_terms));
  }
  for (const SlotReader& reader : readers) columns.AddOrder(reader.slot());
  return columns;
}

void Columns::Put(const Document& document) {
  std::vector<ValueId> terms, facets;
  for (const std::string& term : document.terms) AddOnce(term, -1, term, terms);
  for (const FacetValue& facet : document.facets) AddFacet(facet.facet, facet.value, facets);
  const std::string packed = Row::Pack(document.keys, facets, terms);
  const Row row(packed.data());
  const Row old = rows_->Find(document.id);

  absl::InlinedVector<Order*, 4> changed;
  for (auto& [slot, order] : orders_) {
    if (old.present() && old.Key(slot) == row.Key(slot)) continue;
    if (old.present()) order.erase(document.id);  // while its key can still be looked up
    changed.push_back(&order);
  }
  ReleaseValues(old);
  rows_->Set(document.id, packed);
  for (Order* order : changed) order->insert(document.id);
  for (const auto& [slot, key] : document.keys) {
    if (!orders_.contains(slot)) AddOrder(slot);
  }
}

void Columns::Remove(uint32_t id) {
  const Row row = rows_->Find(id);
  if (!row.present()) return;
  for (auto& [slot, order] : orders_) order.erase(id);
  ReleaseValues(row);
  rows_->Set(id, "");
}

const ValueId* Columns::FindTerm(absl::string_view term) const {
  const auto found = value_ids_.find(term);
  return found == value_ids_.end() ? nullptr : &found->second;
}

const Columns::Order* Columns::FindOrder(int slot) const {
  const auto found = orders_.find(slot);
  return found == orders_.end() ? nullptr : &found->second;
}

void Columns::AddFacet(int facet, absl::string_view text, std::vector<ValueId>& facets) {
  AddOnce(NameOf(facet, text), facet, text, facets);
}

std::vector<ValueId> Columns::AddPackedFacets(absl::string_view packed) {
  std::vector<ValueId> facets;
  while (packed.size() >= 3) {
    const auto facet = static_cast<unsigned char>(packed[0]);
    const size_t size = static_cast<unsigned char>(packed[1]) << 8 | static_cast<unsigned char>(packed[2]);
    AddFacet(facet, packed.substr(3, size), facets);
    packed.remove_prefix(std::min(3 + size, packed.size()));
  }
  return facets;
}

void Columns::AddOnce(std::string name, int facet, absl::string_view text, std::vector<ValueId>& values) {
  const ValueId id = Use(std::move(name), facet, text);
  if (std::find(values.begin(), values.end(), id) == values.end()) {
    values.push_back(id);
  } else {
    Release(id);
  }
}

ValueId Columns::Use(std::string name, int facet, absl::string_view text) {
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

void Columns::ReleaseValues(Row row) {
  if (!row.present()) return;
  for (const ValueId value : row.terms()) Release(value);
  for (const ValueId value : row.facets()) Release(value);
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
  entries.reserve(document_count());
  rows_->Visit([&](uint32_t id, Row row) {
    entries.push_back(MakeSortEntry(id, row.Key(slot)));
    return true;
  });
  std::sort(entries.begin(), entries.end());
  Order order(ByKey{rows_.get(), slot});
  for (const SortEntry& entry : entries) order.insert(order.end(), entry.id);
  orders_.insert_or_assign(slot, std::move(order));
}

}  // namespace storeops::search
