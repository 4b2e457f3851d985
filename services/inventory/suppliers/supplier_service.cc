#include "services/inventory/suppliers/supplier_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/suppliers/supplier_store.h"

namespace storeops::inventory {
namespace {

using google::protobuf::Message;
using v1::Supplier;
using v1::SupplierItem;

// To read a line of a supplier, ordered and received, and add it to the sums.
constexpr absl::Duration kSummedLine = absl::Microseconds(1);
constexpr char kService[] = "storeops.inventory.v1.SupplierService";
constexpr absl::Duration kPerformanceTime = absl::Hours(24 * 365);
constexpr absl::Duration kLearningTime = absl::Hours(24 * 730);

absl::Status CheckCurrency(const Supplier& supplier) {
  if (!supplier.has_order_minimum()) return absl::OkStatus();
  return StatedMoney(supplier.order_minimum(), "order_minimum").In(supplier.currency()).status();
}

double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

absl::Status SupplierService::Bind(Environment& environment) {
  environment_ = &environment;
  RETURN_IF_ERROR(BindSuppliers());
  RETURN_IF_ERROR(BindItems());
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  suppliers_->Bind(service);
  items_->Bind(service);
  ordered_lines_ = std::make_unique<resource::TableSize>(environment.store.database, "purchase_order_lines");
  service.Unary("GetSupplierPerformance", this, &SupplierService::GetPerformance)
      .Cost<v1::GetSupplierPerformanceRequest>(
          "GetSupplierPerformance",
          [this](const rpc::Call& call, const auto&) -> absl::StatusOr<absl::Duration> {
            ordered_lines_->Refresh(call.deadline);
            return kSummedLine * static_cast<double>(ordered_lines_->RowsOfValue("supplier"));
          })
      .Replay(&environment.replays);
  return absl::OkStatus();
}

absl::Status SupplierService::BindSuppliers() {
  resource::Hooks hooks;
  hooks.before_write = [](resource::Write& write, const Message* before, Message* after) -> absl::Status {
    const auto& supplier = static_cast<const Supplier&>(*after);
    RETURN_IF_ERROR(CheckCurrency(supplier));
    if (before == nullptr || static_cast<const Supplier&>(*before).currency() == supplier.currency()) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const int64_t item, FindAnySupplierItem(write.session(), supplier.name()));
    if (item == 0) return absl::OkStatus();
    return PreconditionFailed("SUPPLIER_HAS_PRICES", supplier.name(),
                              absl::StrCat("its prices are in another currency, e.g. of supplierItems/", item));
  };
  hooks.before_delete = [](resource::Write& write, const Message& before) -> absl::Status {
    const std::string& name = static_cast<const Supplier&>(before).name();
    ASSIGN_OR_RETURN(const int64_t order, FindOpenPurchaseOrder(write.session(), name));
    if (order == 0) return absl::OkStatus();
    return PreconditionFailed("SUPPLIER_IN_USE", name, absl::StrCat("purchaseOrders/", order, " is open"));
  };
  ASSIGN_OR_RETURN(suppliers_, resource::Resource::Open(environment_->store, environment_->page_tokens,
                                                        Supplier::default_instance(), std::move(hooks)));
  return absl::OkStatus();
}

absl::Status SupplierService::BindItems() {
  resource::Hooks hooks;
  hooks.create_uses_session = [](const Message&) { return true; };
  hooks.before_write = [this](resource::Write& write, const Message* before, Message* after) -> absl::Status {
    const auto& item = static_cast<const SupplierItem&>(*after);
    // Its lock keeps two items of one SKU apart.
    ASSIGN_OR_RETURN(const Supplier supplier, Lock(write.session(), item.supplier(), "supplier"));
    if (item.has_price()) RETURN_IF_ERROR(StatedMoney(item.price(), "price").In(supplier.currency()).status());
    if (before != nullptr) return absl::OkStatus();
    ASSIGN_OR_RETURN(const int64_t other, FindSupplierItem(write.session(), item.supplier(), item.sku()));
    if (other == 0) return absl::OkStatus();
    return ResourceExists(items_->type(), items_->FormatName(other),
                          absl::StrCat(item.supplier(), " has an item of SKU \"", item.sku(), "\" already"));
  };
  ASSIGN_OR_RETURN(items_, resource::Resource::Open(environment_->store, environment_->page_tokens,
                                                    SupplierItem::default_instance(), std::move(hooks)));
  return absl::OkStatus();
}

absl::StatusOr<Supplier> SupplierService::Lock(db::Session& session, const std::string& name,
                                               absl::string_view field) const {
  ASSIGN_OR_RETURN(const int64_t id, suppliers_->ParseName(name, field));
  auto item = suppliers_->Read(session, id, /*lock=*/true);
  if (absl::IsNotFound(item.status())) return InvalidField(field, absl::StrCat("there is no ", name));
  RETURN_IF_ERROR(item.status());
  auto& supplier = static_cast<Supplier&>(*item->message);
  if (supplier.has_delete_time()) return InvalidField(field, absl::StrCat(name, " is deleted"));
  return std::move(supplier);
}

absl::StatusOr<Supplier> SupplierService::Get(const std::string& name, absl::string_view field,
                                              absl::Time deadline) const {
  ASSIGN_OR_RETURN(const int64_t id, suppliers_->ParseName(name, field));
  ASSIGN_OR_RETURN(auto items, suppliers_->Scan(id - 1, 1, /*deleted_too=*/true, deadline));
  if (items.empty() || items[0].id != id) return ResourceNotFound(suppliers_->type(), name);
  return std::move(static_cast<Supplier&>(*items[0].message));
}

absl::StatusOr<std::vector<SupplierOffer>> SupplierService::ListOffers(const std::vector<std::string>& skus,
                                                                       absl::Time deadline) const {
  return ReadOffers(environment_->store.database, skus, environment_->store.clock.Now() - kLearningTime, deadline);
}

absl::StatusOr<v1::SupplierPerformance> SupplierService::GetPerformance(
    rpc::Call& call, const v1::GetSupplierPerformanceRequest& request) {
  ASSIGN_OR_RETURN(const Supplier supplier, Get(request.supplier(), "supplier", call.deadline));
  const absl::Time now = environment_->store.clock.Now();
  PerformanceFilter filter{request.supplier(), request.sku(), {}, now};
  if (request.has_end_time()) filter.end = FromTimestamp(request.end_time());
  filter.start = request.has_start_time() ? FromTimestamp(request.start_time()) : filter.end - kPerformanceTime;
  if (filter.start >= filter.end) return InvalidField("start_time", "must be before end_time");
  db::Database& database = environment_->store.database;
  ASSIGN_OR_RETURN(const PerformanceCounts counts, CountPerformance(database, filter, now, call.deadline));
  ASSIGN_OR_RETURN(const LeadTime lead_time, ReadLeadTime(database, filter, call.deadline));
  v1::SupplierPerformance performance;
  performance.set_supplier(request.supplier());
  performance.set_sku(request.sku());
  performance.set_due_lines(counts.due_lines);
  performance.set_on_time_lines(counts.on_time_lines);
  performance.set_in_full_lines(counts.in_full_lines);
  performance.set_on_time_share(Share(counts.on_time_lines, counts.due_lines));
  performance.set_in_full_share(Share(counts.in_full_lines, counts.due_lines));
  performance.set_ordered_pieces(counts.ordered);
  performance.set_received_pieces(counts.received);
  performance.set_damaged_pieces(counts.damaged);
  performance.set_lead_time_mean_days(lead_time.mean_days);
  performance.set_lead_time_deviation_days(lead_time.deviation_days);
  performance.set_receipts(lead_time.receipts);
  performance.set_stated_lead_time_days(supplier.lead_time_days());
  return performance;
}

}  // namespace storeops::inventory
