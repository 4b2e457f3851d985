// The stock's calls as tests make them most.
#ifndef STOREOPS_TESTS_SUPPORT_STOCK_CALLS_H_
#define STOREOPS_TESTS_SUPPORT_STOCK_CALLS_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/error_info.pb.h"
#include "services/inventory/module.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "tests/support/service_process.h"
#include "tests/support/status_details.h"

namespace storeops::testing {

// Its name.
inline std::string CreateLocation(ServiceProcess& process, const std::string& code, int priority = 0,
                                  bool ships_orders = true) {
  inventory::v1::CreateLocationRequest request;
  auto& location = *request.mutable_location();
  location.set_title("Warehouse " + code);
  location.set_code(code);
  location.set_kind(inventory::v1::Location::WAREHOUSE);
  location.mutable_address()->set_country("DE");
  location.set_priority(priority);
  location.set_ships_orders(ships_orders);
  const auto made = process.Call<inventory::v1::Location>("LocationService/CreateLocation", request);
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? made->name() : "";
}

inline absl::StatusOr<inventory::v1::StockChangeResponse> Receive(ServiceProcess& process, const std::string& sku,
                                                                  const std::string& location, int64_t quantity,
                                                                  const std::string& lot = "",
                                                                  const std::string& expire_date = "",
                                                                  const std::string& bin = "") {
  inventory::v1::ReceiveStockRequest request;
  auto& line = *request.add_lines();
  line.set_sku(sku);
  line.set_location(location);
  line.set_quantity(quantity);
  line.set_lot(lot);
  line.set_bin(bin);
  line.set_expire_date(expire_date);
  return process.Call<inventory::v1::StockChangeResponse>("ReceiveStock", request);
}

inline absl::StatusOr<inventory::v1::StockChangeResponse> Adjust(
    ServiceProcess& process, const std::string& sku, const std::string& location, int64_t quantity,
    inventory::v1::StockReason reason = inventory::v1::CORRECTION, const std::string& request_id = "") {
  inventory::v1::AdjustStockRequest request;
  request.set_request_id(request_id);
  auto& line = *request.add_lines();
  line.set_sku(sku);
  line.set_location(location);
  line.set_quantity(quantity);
  line.set_reason(reason);
  return process.Call<inventory::v1::StockChangeResponse>("AdjustStock", request);
}

inline absl::StatusOr<inventory::v1::StockChangeResponse> MoveStatus(ServiceProcess& process, const std::string& sku,
                                                                     const std::string& location, int64_t quantity,
                                                                     inventory::v1::MoveStockStatusRequest::Status from,
                                                                     inventory::v1::MoveStockStatusRequest::Status to) {
  inventory::v1::MoveStockStatusRequest request;
  auto& line = *request.add_lines();
  line.set_sku(sku);
  line.set_location(location);
  line.set_quantity(quantity);
  line.set_from(from);
  line.set_to(to);
  return process.Call<inventory::v1::StockChangeResponse>("MoveStockStatus", request);
}

inline inventory::v1::SkuStock GetStock(ServiceProcess& process, const std::string& sku,
                                        const std::string& location = "") {
  inventory::v1::GetStockRequest request;
  request.set_sku(sku);
  request.set_location(location);
  const auto stock = process.Call<inventory::v1::SkuStock>("GetStock", request);
  EXPECT_TRUE(stock.ok()) << stock.status();
  return stock.value_or(inventory::v1::SkuStock());
}

// The level as the database has it, whichever process changed it last.
inline inventory::v1::StockLevel ReadLevel(ServiceProcess& process, const std::string& sku,
                                           const std::string& location) {
  inventory::v1::ListStockRequest request;
  request.set_filter(absl::StrCat("sku = \"", sku, "\" AND location = \"", location, "\""));
  const auto stock = process.Call<inventory::v1::ListStockResponse>("ListStock", request);
  EXPECT_TRUE(stock.ok()) << stock.status();
  return stock.ok() && stock->levels_size() == 1 ? stock->levels(0) : inventory::v1::StockLevel();
}

// Newest first.
inline std::vector<inventory::v1::StockMovement> ListMovements(ServiceProcess& process, const std::string& sku,
                                                               const std::string& cause = "", int page_size = 500) {
  inventory::v1::ListStockMovementsRequest request;
  request.set_filter(absl::StrCat(sku.empty() ? "sku:*" : absl::StrCat("sku = \"", sku, "\""),
                                  cause.empty() ? "" : absl::StrCat(" AND cause = \"", cause, "\"")));
  request.set_page_size(page_size);
  std::vector<inventory::v1::StockMovement> movements;
  do {
    const auto page = process.Call<inventory::v1::ListStockMovementsResponse>("ListStockMovements", request);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) break;
    movements.insert(movements.end(), page->movements().begin(), page->movements().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return movements;
}

struct Wanted {
  std::string sku;
  int64_t quantity = 1;
  std::string location = {};
};
inline inventory::v1::ReserveStockRequest ReserveRequest(const std::vector<Wanted>& lines,
                                                         const std::string& request_id = "") {
  inventory::v1::ReserveStockRequest request;
  request.set_request_id(request_id);
  for (const Wanted& wanted : lines) {
    auto& line = *request.add_lines();
    line.set_sku(wanted.sku);
    line.set_quantity(wanted.quantity);
    line.set_location(wanted.location);
  }
  return request;
}
inline absl::StatusOr<inventory::v1::Reservation> Reserve(ServiceProcess& process, const std::vector<Wanted>& lines,
                                                          const std::string& request_id = "") {
  return process.Call<inventory::v1::Reservation>("ReserveStock", ReserveRequest(lines, request_id));
}
inline absl::StatusOr<inventory::v1::Reservation> Commit(ServiceProcess& process, const std::string& name,
                                                         const std::string& request_id = "") {
  inventory::v1::CommitReservationRequest request;
  request.set_name(name);
  request.set_request_id(request_id);
  return process.Call<inventory::v1::Reservation>("CommitReservation", request);
}
inline absl::StatusOr<inventory::v1::Reservation> Release(ServiceProcess& process, const std::string& name,
                                                          const std::string& request_id = "") {
  inventory::v1::ReleaseReservationRequest request;
  request.set_name(name);
  request.set_request_id(request_id);
  return process.Call<inventory::v1::Reservation>("ReleaseReservation", request);
}
inline absl::StatusOr<inventory::v1::Reservation> GetReservation(ServiceProcess& process, const std::string& name) {
  inventory::v1::GetReservationRequest request;
  request.set_name(name);
  return process.Call<inventory::v1::Reservation>("GetReservation", request);
}

// The ledger, the counters and what holds pieces say the same.
inline void ExpectSound(ServiceProcess& process) {
  const auto checked =
      process.Call<inventory::v1::CheckStockResponse>("CheckStock", inventory::v1::CheckStockRequest());
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->difference_count(), 0) << checked->DebugString();
}

inline std::vector<std::string> FieldsOf(const absl::Status& status) {
  google::rpc::BadRequest request;
  GetDetail(status, &request);
  std::vector<std::string> fields;
  for (const auto& violation : request.field_violations()) fields.push_back(violation.field());
  return fields;
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_STOCK_CALLS_H_
