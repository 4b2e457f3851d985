#include "services/inventory/orders/order_names.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace storeops::inventory {

int64_t OrderIdOf(absl::string_view name) {
  int64_t id = 0;
  return absl::ConsumePrefix(&name, "orders/") && absl::SimpleAtoi(name, &id) && id > 0 ? id : 0;
}

std::string OrderName(int64_t id) { return absl::StrCat("orders/", id); }

bool ParsePartName(absl::string_view name, absl::string_view collection, int64_t* order, int32_t* number) {
  const size_t end = name.find('/', 7);
  if (end == absl::string_view::npos) return false;
  *order = OrderIdOf(name.substr(0, end));
  name.remove_prefix(end + 1);
  return *order > 0 && absl::ConsumePrefix(&name, collection) && absl::ConsumePrefix(&name, "/") &&
         absl::SimpleAtoi(name, number) && *number > 0;
}

std::string PartName(int64_t order, absl::string_view collection, int32_t number) {
  return absl::StrCat("orders/", order, "/", collection, "/", number);
}

}  // namespace storeops::inventory
