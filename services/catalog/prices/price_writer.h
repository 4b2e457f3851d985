// Writes prices of lists: the one place where they change, whoever asks.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_WRITER_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_WRITER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/resource/resource.h"
#include "google/type/money.pb.h"
#include "services/catalog/prices/price_follower.h"
#include "services/catalog/prices/price_store.h"

namespace storeops::catalog {

inline constexpr size_t kMaxPricesOfSkuInList = 100;

// What becomes of the price at one place.
struct PriceEdit {
  std::string field;  // where the request has it, e.g. "prices[3]"
  PricePlace place;
  int64_t end = kForever;
  std::optional<google::type::Money> price;  // valid by its annotations; nothing: to be deleted
};

class PriceWriter {
 public:
  // Both must outlive this object.
  PriceWriter(resource::Resource& lists, PriceFollower& follower) : lists_(lists), follower_(follower) {}

  // All edits in the write's transaction, with history and outbox; in their order. What does not change is not written.
  // `cause` is the resource or method that the history names beside the actor. INVALID_ARGUMENT naming each edit whose
  // list does not exist or has another currency, that repeats another one's place, or that makes too many prices;
  // NOT_FOUND for a deletion of what is not there. Takes the lock of all prices: to be called after all other reads.
  absl::StatusOr<std::vector<StoredPrice>> Apply(resource::Write& write, const std::vector<PriceEdit>& edits,
                                                 absl::string_view cause);

 private:
  using Currencies = absl::btree_map<int64_t, std::string>;  // of lists, by id
  absl::StatusOr<Currencies> ReadCurrencies(resource::Write& write, const std::vector<PriceEdit>& edits);

  resource::Resource& lists_;
  PriceFollower& follower_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_WRITER_H_
