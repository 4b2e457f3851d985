// Start and end of prices in columns that are never NULL, so that they can be part of keys.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_TIMES_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_TIMES_H_

#include <cstdint>

#include "absl/time/time.h"
#include "common/db/database.h"
#include "services/catalog/prices/price_resolution.h"

namespace storeops::catalog {

// What stands for kEver and kForever.
inline absl::Time FirstStart() { return absl::UnixEpoch(); }
inline absl::Time LastEnd() { return absl::FromUnixSeconds(253'402'300'799); }  // 9999-12-31 23:59:59

inline db::Value StartValue(int64_t start) { return start == kEver ? FirstStart() : absl::FromUnixMicros(start); }
inline db::Value EndValue(int64_t end) { return end == kForever ? LastEnd() : absl::FromUnixMicros(end); }
inline int64_t ToStart(absl::Time time) { return time > FirstStart() ? absl::ToUnixMicros(time) : kEver; }
inline int64_t ToEnd(absl::Time time) { return time < LastEnd() ? absl::ToUnixMicros(time) : kForever; }

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_TIMES_H_
