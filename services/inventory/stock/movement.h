// What can happen to pieces, as one entry of the ledger says it.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_MOVEMENT_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_MOVEMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/inventory/stock/stock_level.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::inventory {

// Where pieces are as far as selling them goes.
enum class PiecePlace { kElsewhere, kForSale, kDamaged, kHeld };

// `pieces` go from one place to another; promises and expectations change along with it.
struct Movement {
  StockKey key;
  v1::StockMovement::Type type = v1::StockMovement::TYPE_UNSPECIFIED;
  int64_t pieces = 0;  // not below 0; 0: only the two below change
  PiecePlace from = PiecePlace::kElsewhere;
  PiecePlace to = PiecePlace::kElsewhere;
  int64_t reserved = 0;  // change
  int64_t incoming = 0;  // change

  // Of the units. Units that leave with neither stated are picked first expired, first out.
  std::string lot = {};
  std::string bin = {};
  // Only units that have neither; lot and bin are empty.
  bool unfiled = false;
  // Of the lot, if somebody states it; it must be the one that the lot has.
  absl::Time expire_date = absl::InfiniteFuture();
  v1::StockReason reason = v1::STOCK_REASON_UNSPECIFIED;
  std::string note = {};  // at most 200 code points
  // Where in the request it comes from, for refusals: "lines[3]".
  std::string field = {};

  StockCounters Change() const;
};

// `expected` of the pieces were among the incoming ones.
Movement Receive(StockKey key, int64_t pieces, int64_t expected = 0);
Movement Allocate(StockKey key, int64_t pieces);
Movement Release(StockKey key, int64_t pieces);
// `promised` of the pieces were reserved.
Movement Ship(StockKey key, int64_t pieces, int64_t promised);
// More (above 0) or fewer pieces for sale. `place`: damaged or held ones instead.
Movement Adjust(StockKey key, int64_t change, v1::StockReason reason, PiecePlace place = PiecePlace::kForSale);
Movement Count(StockKey key, int64_t change);
Movement TransferOut(StockKey key, int64_t pieces);
// `expected` of the pieces were among the incoming ones.
Movement TransferIn(StockKey key, int64_t pieces, int64_t expected);
Movement Return(StockKey key, int64_t pieces, PiecePlace to);
Movement ChangeStatus(StockKey key, int64_t pieces, PiecePlace from, PiecePlace to);
// More (above 0) or fewer pieces are on their way.
Movement Expect(StockKey key, int64_t change);

// INTERNAL if the type does not allow what the movement does: no caller's fault.
absl::Status CheckMovement(const Movement& movement);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_MOVEMENT_H_
