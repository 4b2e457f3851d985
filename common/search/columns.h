// What documents are filtered, sorted and counted by, in memory: reading it from the index document by document would
// cost more than all the rest of a search. Only for this folder.
#ifndef STOREOPS_COMMON_SEARCH_COLUMNS_H_
#define STOREOPS_COMMON_SEARCH_COLUMNS_H_

#include <xapian.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/search/query.h"
#include "common/search/rows.h"

namespace storeops::search {

// The facet values of a document are kept in the index in this slot, packed.
inline constexpr Xapian::valueno kFacetSlot = 0;
std::string PackFacets(absl::Span<const FacetValue> facets);

// Orders documents by key and then by id. Valid as long as the row that it was made of.
struct SortEntry {
  uint64_t prefix;  // the first eight bytes of the key, which decide most comparisons
  absl::string_view key;
  uint32_t id;

  friend bool operator<(const SortEntry& a, const SortEntry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    if (const int order = a.key.compare(b.key); order != 0) return order < 0;
    return a.id < b.id;
  }
};

SortEntry MakeSortEntry(uint32_t id, absl::string_view key);

// Thread-compatible.
class Columns {
 public:
  // Numbers of values that nobody has any more are used again.
  struct Value {
    std::string text;
    int facet = -1;  // -1: an exact term
    int64_t documents = 0;
  };
  // Looks the keys up: kept with each id, they would take several times the memory.
  struct ByKey {
    const Rows* rows;
    int slot;
    bool operator()(uint32_t a, uint32_t b) const;
  };
  using Order = absl::btree_set<uint32_t, ByKey>;

  static Columns Load(const Xapian::Database& database);

  void Put(const Document& document);
  void Remove(uint32_t id);

  const Rows& rows() const { return *rows_; }
  size_t document_count() const { return rows_->size(); }
  const std::vector<Value>& values() const { return values_; }
  // Null if nobody has it.
  const ValueId* FindTerm(absl::string_view term) const;
  // All documents by their key in a slot, those without one first. Null if none has one.
  const Order* FindOrder(int slot) const;

 private:
  void AddFacet(int facet, absl::string_view text, std::vector<ValueId>& facets);
  std::vector<ValueId> AddPackedFacets(absl::string_view packed);
  void AddOnce(std::string name, int facet, absl::string_view text, std::vector<ValueId>& values);
  ValueId Use(std::string name, int facet, absl::string_view text);
  void ReleaseValues(Row row);
  void Release(ValueId id);
  // With all documents that are there already.
  void AddOrder(int slot);

  std::unique_ptr<Rows> rows_ = std::make_unique<Rows>();  // stays where it is when this is moved
  std::vector<Value> values_;
  std::vector<ValueId> unused_;
  absl::flat_hash_map<std::string, ValueId> value_ids_;  // by NameOf a facet value, or by term
  absl::btree_map<int, Order> orders_;                   // by slot
};

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_COLUMNS_H_
