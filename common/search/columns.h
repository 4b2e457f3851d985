// What documents are filtered, sorted and counted by, in memory: reading it from the index document by document would
// cost more than all the rest of a search. Only for this folder.
#ifndef STOREOPS_COMMON_SEARCH_COLUMNS_H_
#define STOREOPS_COMMON_SEARCH_COLUMNS_H_

#include <xapian.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/search/query.h"

namespace storeops::search {

// The facet values of a document are kept in the index in this slot, packed.
inline constexpr Xapian::valueno kFacetSlot = 0;
std::string PackFacets(absl::Span<const FacetValue> facets);

// Orders documents by key and then by id.
struct SortEntry {
  uint64_t prefix;  // the first eight bytes of the key, which decide most comparisons
  const std::string* key;
  uint32_t id;

  friend bool operator<(const SortEntry& a, const SortEntry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    if (const int order = a.key->compare(*b.key); order != 0) return order < 0;
    return a.id < b.id;
  }
};

SortEntry MakeSortEntry(uint32_t id, const std::string& key);

// Thread-compatible.
class Columns {
 public:
  // A distinct exact term or facet value. Numbers of values that nobody has any more are used again.
  using ValueId = uint32_t;
  using Values = absl::InlinedVector<ValueId, 6>;
  struct Value {
    std::string text;
    int facet = -1;  // -1: an exact term
    int64_t documents = 0;
  };
  struct Row {
    // Few, and in the row itself: a search visits a thousand rows, and each is another place in memory.
    Values facets;
    bool present = false;
    Values terms;
    absl::InlinedVector<std::pair<int, std::string>, 3> keys;  // by slot

    // Empty: none.
    const std::string& Key(int slot) const;
  };
  using Order = absl::btree_set<SortEntry>;

  static Columns Load(const Xapian::Database& database);

  void Put(const Document& document);
  void Remove(uint32_t id);

  size_t document_count() const { return document_count_; }
  const std::vector<Value>& values() const { return values_; }
  // Null if nobody has it.
  const ValueId* FindTerm(absl::string_view term) const;
  // Null if there is no such document. Fast for ids in ascending order.
  const Row* Find(uint32_t id) const;
  // By id, until `visit` returns false.
  void Visit(absl::FunctionRef<bool(uint32_t id, const Row& row)> visit) const;
  // About `size` documents spread over all, or all if there are no more; how many there were.
  size_t Sample(size_t size, absl::FunctionRef<void(const Row& row)> visit) const;
  // All documents by their key in a slot, those without one first. Null if none has one.
  const Order* FindOrder(int slot) const;

 private:
  static constexpr uint32_t kPageRows = 256;
  struct Page {
    uint32_t number;  // of the ids divided by kPageRows
    std::unique_ptr<std::array<Row, kPageRows>> rows;
  };

  Row& Make(uint32_t id);
  Row* FindRow(uint32_t id) { return const_cast<Row*>(Find(id)); }
  void AddTerm(Row& row, const std::string& term);
  void AddFacet(Row& row, int facet, absl::string_view text);
  void AddPackedFacets(Row& row, absl::string_view packed);
  void AddOnce(Values& values, std::string name, int facet, absl::string_view text);
  ValueId Use(std::string name, int facet, absl::string_view text);
  void Release(ValueId id);
  // With all documents that are there already.
  void AddOrder(int slot);

  std::vector<Page> pages_;  // ascending
  size_t document_count_ = 0;
  std::vector<Value> values_;
  std::vector<ValueId> unused_;
  absl::flat_hash_map<std::string, ValueId> value_ids_;  // by NameOf a facet value, or by term
  absl::btree_map<int, Order> orders_;                   // by slot
};

// A well-mixed number for choosing samples.
uint64_t Mix(uint64_t number);

}  // namespace storeops::search

#endif  // STOREOPS_COMMON_SEARCH_COLUMNS_H_
