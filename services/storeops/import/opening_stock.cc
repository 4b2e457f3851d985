#include "services/storeops/import/opening_stock.h"

#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "services/storeops/progress_bar.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"

namespace storeops {
namespace {

using inventory::v1::AdjustStockRequest;
using inventory::v1::Location;

constexpr size_t kStockBatch = 500;
constexpr int kPage = 500;

absl::StatusOr<Location> MakeLocation(Client& client) {
  inventory::v1::CreateLocationRequest request;
  Location& location = *request.mutable_location();
  location.set_title("Main warehouse");
  location.set_code("MAIN");
  location.set_kind(Location::WAREHOUSE);
  location.set_ships_orders(true);
  Location created;
  RETURN_IF_ERROR(client.Call("storeops.inventory.v1.LocationService/CreateLocation", request, &created));
  return created;
}

// Where orders take their pieces from first.
absl::StatusOr<Location> FindLocation(Client& client, OpeningReport* report) {
  Location best;
  const auto rank = [](const Location& location) {
    return std::make_tuple(!location.ships_orders(), location.priority());
  };
  inventory::v1::ListLocationsRequest request;
  request.set_page_size(kPage);
  request.set_order_by("create_time");
  do {
    inventory::v1::ListLocationsResponse page;
    RETURN_IF_ERROR(client.Call("storeops.inventory.v1.LocationService/ListLocations", request, &page, /*retry=*/true));
    for (const Location& location : page.locations()) {
      if (best.name().empty() || rank(location) < rank(best)) best = location;
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!best.name().empty()) return best;
  report->location_created = true;
  return MakeLocation(client);
}

absl::Status OpenBatch(Client& client, const std::vector<std::pair<std::string, int64_t>>& batch,
                       const std::string& location, absl::string_view cause, OpeningReport* report) {
  inventory::v1::BatchGetStockRequest wanted;
  for (const auto& [sku, pieces] : batch) wanted.add_skus(sku);
  inventory::v1::BatchGetStockResponse present;
  RETURN_IF_ERROR(client.Call("storeops.inventory.v1.StockService/BatchGetStock", wanted, &present, /*retry=*/true));
  AdjustStockRequest request;
  int64_t pieces = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    if (present.stock(static_cast<int>(i)).levels_size() > 0) continue;
    auto& line = *request.add_lines();
    line.set_sku(batch[i].first);
    line.set_location(location);
    line.set_quantity(batch[i].second);
    line.set_reason(inventory::v1::OPENING_STOCK);
    pieces += batch[i].second;
  }
  report->present += static_cast<int64_t>(batch.size()) - request.lines_size();
  if (request.lines_size() == 0) return absl::OkStatus();
  request.set_cause(std::string(cause));
  // The same lines are never posted twice, even if the process that was asked does not know of them yet.
  const std::string hash = HexEncode(Sha256(request.SerializeAsString()));
  request.set_request_id(absl::StrCat("opening-", hash.substr(0, 40)));
  inventory::v1::StockChangeResponse response;
  RETURN_IF_ERROR(client.Call("storeops.inventory.v1.StockService/AdjustStock", request, &response, /*retry=*/true));
  report->skus += request.lines_size();
  report->pieces += pieces;
  return absl::OkStatus();
}

}  // namespace

absl::Status OpenStock(Client& client, const std::map<std::string, int64_t>& pieces, absl::string_view cause,
                       OpeningReport* report) {
  if (pieces.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Location location, FindLocation(client, report));
  report->location = location.title();
  ProgressBar bar("stock", static_cast<int64_t>(pieces.size()));
  std::vector<std::pair<std::string, int64_t>> batch;
  int64_t done = 0;
  for (auto entry = pieces.begin(); entry != pieces.end();) {
    batch.emplace_back(*entry);
    if (++entry != pieces.end() && batch.size() < kStockBatch) continue;
    RETURN_IF_ERROR(OpenBatch(client, batch, location.name(), cause, report));
    bar.Set(done += static_cast<int64_t>(batch.size()));
    batch.clear();
  }
  return absl::OkStatus();
}

}  // namespace storeops
