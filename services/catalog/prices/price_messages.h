// Prices and lists between messages and the values of the rules.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_MESSAGES_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_MESSAGES_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "common/base/time.h"
#include "services/catalog/prices/price_book.h"
#include "services/catalog/prices/price_store.h"
#include "storeops/catalog/v1/price.pb.h"

namespace storeops::catalog {

std::string PriceListName(int64_t id);
// The same into a text that may have room already.
void WritePriceListName(int64_t id, std::string* name);
// Of "priceLists/{id}"; 0 for another text.
int64_t PriceListId(absl::string_view name);

// What is not set is kEver and kForever, and the other way round.
int64_t StartMicros(bool set, const google::protobuf::Timestamp& time);
int64_t EndMicros(bool set, const google::protobuf::Timestamp& time);
// Into messages with start_time and end_time.
template <class Message>
void SetTimes(int64_t start, int64_t end, Message* message) {
  if (start != kEver) SetMicros(start, message->mutable_start_time());
  if (end != kForever) SetMicros(end, message->mutable_end_time());
}

PriceTerms ToTerms(const storeops::catalog::v1::PriceList& list, int64_t id);
PriceListEntry ToListEntry(const storeops::catalog::v1::PriceList& list, int64_t id, int64_t version);

// The place of a Price or PriceKey whose fields are valid.
template <class Message>
PricePlace ToPlace(const Message& message) {
  return {PriceListId(message.price_list()), message.sku(), std::max(message.min_quantity(), 1),
          StartMicros(message.has_start_time(), message.start_time())};
}

storeops::catalog::v1::Price ToPriceMessage(const StoredPrice& price);

// BEST_PRICE and ACTIVE where not set.
void FillPriceListDefaults(storeops::catalog::v1::PriceList& list);
// What annotations cannot say: a known form of currency, an end after the start, distinct channels and groups.
std::vector<FieldViolation> CheckPriceList(const storeops::catalog::v1::PriceList& list);

// An end after the start, and neither before 1970. Fields are those of a price.
template <class Message>
void CheckPriceTimes(const Message& price, const std::string& prefix, std::vector<FieldViolation>& violations) {
  const int64_t start = StartMicros(price.has_start_time(), price.start_time());
  const int64_t end = EndMicros(price.has_end_time(), price.end_time());
  if (start != kEver && start <= 0) {
    violations.push_back(
        {prefix + "start_time", "must be after 1970-01-01T00:00:00Z; leave it out for \"since ever\""});
  }
  if (end <= 0 || end <= start) violations.push_back({prefix + "end_time", "must be after the start"});
}

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_MESSAGES_H_
