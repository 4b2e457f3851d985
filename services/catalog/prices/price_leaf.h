// Prices of some SKUs, packed: 16 bytes for one without times, 32 for one with, 12 and its text for each SKU.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_LEAF_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_LEAF_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/catalog/prices/price_resolution.h"

namespace storeops::catalog {

class PriceLeaf {
 public:
  // What becomes of one SKU's price in a list, at a quantity break and a start.
  struct Change {
    absl::string_view sku;
    CandidatePrice price;  // its verdict is not read
    bool deleted = false;
  };

  // `leaf` may be null. `changes` are sorted by SKU; of two for one place the later one counts.
  static std::shared_ptr<const PriceLeaf> With(const PriceLeaf* leaf, const std::vector<Change>& changes);

  // Adds the SKU's prices to `prices` that are of lists with `wanted[list]`, in the order of list, quantity break and
  // start.
  void Find(absl::string_view sku, const std::vector<bool>& wanted, std::vector<CandidatePrice>& prices) const;

  size_t price_count() const { return plain_.size() + timed_.size(); }
  size_t bytes() const;

 private:
  struct Plain {
    int64_t minor;
    uint32_t min_quantity;
    uint32_t list;
  };
  struct Timed {
    Plain price;
    int64_t start;
    int64_t end;
  };
  // Begins of one SKU's text and prices; the next one's are the ends.
  struct Slot {
    uint32_t text;
    uint32_t plain;
    uint32_t timed;
  };

  absl::string_view SkuAt(size_t slot) const;
  // Null: all.
  void Read(size_t slot, const std::vector<bool>* wanted, std::vector<CandidatePrice>& prices) const;
  void Append(absl::string_view sku, const std::vector<CandidatePrice>& prices);
  void Finish();

  std::vector<Slot> slots_;  // one more than there are SKUs
  std::vector<Plain> plain_;
  std::vector<Timed> timed_;
  std::string texts_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_LEAF_H_
