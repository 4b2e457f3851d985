// How each price list stands to a question. Worked out once, it serves all SKUs, and later questions of the same kind.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_STANDINGS_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_STANDINGS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "services/catalog/prices/price_book.h"
#include "services/catalog/prices/price_resolution.h"

namespace storeops::catalog {

class PriceStandings {
 public:
  PriceStandings(const PriceBook& book, const PriceQuestion& question);

  // True if these are the standings for this question, too: no list begins or ends between the two moments.
  bool Fits(const PriceBook& book, const PriceQuestion& question) const;

  // By the lists' indexes, as candidates have them.
  const std::vector<ListStanding>& lists() const { return lists_; }
  // Some price of the list may hold.
  bool Holds(uint32_t list) const { return holding_[list] != 0; }
  // When the list begins or ends next.
  int64_t Boundary(uint32_t list) const { return boundaries_[list]; }
  // When the next list begins of those that only time keeps from holding.
  int64_t next_start() const { return next_start_; }
  // One of those that hold has the policy PRIORITY.
  bool exclusive() const { return exclusive_; }

 private:
  std::shared_ptr<const PriceBook::Lists> of_;  // kept, so that no others come to lie where they are
  std::string currency_, channel_, customer_group_;
  int64_t begin_ = kEver;  // of the time in which no list begins or ends
  int64_t end_ = kForever;
  std::vector<ListStanding> lists_;
  std::vector<int64_t> boundaries_;
  std::vector<uint8_t> holding_;
  int64_t next_start_ = kForever;
  bool exclusive_ = false;
};

// Those of one of this thread's last questions, or new ones. Valid until the thread's next call.
const PriceStandings& StandingsFor(const PriceBook& book, const PriceQuestion& question);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_STANDINGS_H_
