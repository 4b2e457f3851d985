// What a thing cost over time, and the lowest price before a reduction. Plain values: knows neither messages nor
// tables.
//
// Article 6a of Directive 98/6/EC, put there by Directive (EU) 2019/2161 ("Omnibus"): an announcement of a reduction
// names the prior price, the lowest price that the trader applied during a period of at least 30 days before the
// reduction. A price that was in force when the period began was applied during it.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_LOWEST_PRICE_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_LOWEST_PRICE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/catalog/prices/price_resolution.h"

namespace storeops::catalog {

// Everything that is known of one SKU's prices, each fact from the moment at which it was written.
struct PriceFacts {
  struct OfList {
    int64_t since = kEver;
    PriceTerms terms;
    bool live = true;
  };
  // A price of a list; nothing: it was deleted.
  struct OfPrice {
    int64_t since = kEver;
    int64_t list_id = 0;
    int64_t min_quantity = 1;
    int64_t start = kEver;
    int64_t end = kForever;
    std::optional<int64_t> minor;
  };
  // The price where no list has one.
  struct OfBase {
    int64_t since = kEver;
    std::optional<int64_t> minor;
  };
  // In the order of time.
  std::vector<OfList> lists;
  std::vector<OfPrice> prices;
  std::vector<OfBase> base;
};

// From then on it cost this much, until the next step.
struct PriceStep {
  int64_t from = kEver;
  std::optional<int64_t> minor;  // nothing: it was not for sale

  friend bool operator==(const PriceStep&, const PriceStep&) = default;
};

// What one piece cost a customer of this channel and group, in the order of time up to `until`, which is not in it;
// each step differs from the one before. `question.at` is not read.
std::vector<PriceStep> PriceTimeline(const PriceFacts& facts, const PriceQuestion& question, int64_t until);

struct LowestPrice {
  std::optional<int64_t> present;
  bool reduced = false;
  int64_t reduced_since = 0;      // when `reduced`
  std::optional<int64_t> before;  // the price until then
  std::optional<int64_t> lowest;  // of the window
  int64_t lowest_since = 0;       // when there is one: when that price came into force, the first time
  int64_t window_start = 0;
  int64_t window_end = 0;
  bool complete = false;  // something is known of the time at which the window begins
};

// `steps` as PriceTimeline gives them up to `at`, which is the moment after the last one that counts.
LowestPrice FindLowestPrice(const std::vector<PriceStep>& steps, int64_t at, int64_t window_micros);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_LOWEST_PRICE_H_
