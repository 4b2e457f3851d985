// The table of quotes that are reserved for orders and not committed or released yet.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTE_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

inline constexpr size_t kMaxQuoteBytes = 120;

// Numbers are stored. Only a reserved quote changes its state, once; a settled one has no row.
enum class QuoteState {
  kReserved = 1,   // or about to be; the order is not stored
  kPlaced = 2,     // the order is stored: to be committed
  kAbandoned = 3,  // the order will not be stored: to be released
};

struct QuoteRow {
  int64_t order_id = 0;
  QuoteState state = QuoteState::kReserved;
  int attempts = 0;  // to commit or release it, which failed
};

// An order whose quote is reserved under its id.
struct ReservedOrder {
  int64_t id = 0;
  v1::Order order;
};

// Adds a reserved quote. `replay_key` identifies the call, 64 characters; may be empty. ALREADY_EXISTS if another row
// has it.
absl::Status InsertQuote(db::Database& database, const ReservedOrder& reserved, const std::string& replay_key,
                         absl::Time now, absl::Time next_time, absl::Time deadline);
// The order that an earlier try of a call reserved its quote for; nothing if there is none. ABORTED if that order was
// stored meanwhile.
absl::StatusOr<std::optional<ReservedOrder>> FindReserved(db::Database& database, const std::string& replay_key,
                                                          absl::Time deadline);
absl::StatusOr<std::optional<QuoteRow>> ReadQuote(db::Database& database, int64_t order_id, absl::Time deadline);
// Quotes whose next_time has come, the longest overdue first.
absl::StatusOr<std::vector<QuoteRow>> FindDueQuotes(db::Database& database, absl::Time now, int limit,
                                                    absl::Time deadline);

// In the transaction that stores the orders: their quotes are to be committed. ABORTED with reason QUOTE_ABANDONED if
// one is not reserved any more.
absl::Status PlaceQuotes(db::Session& session, const std::vector<int64_t>& order_ids, absl::Time next_time);
// From now on the order cannot be stored; no effect if it is. Waits for a transaction that stores it.
absl::Status AbandonQuote(db::Database& database, int64_t order_id, absl::Time next_time, absl::Time deadline);
absl::Status PostponeQuote(db::Database& database, int64_t order_id, int attempts, absl::Time next_time,
                           absl::Time deadline);
// A placed or abandoned one.
absl::Status DeleteQuote(db::Database& database, int64_t order_id, absl::Time deadline);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTE_STORE_H_
