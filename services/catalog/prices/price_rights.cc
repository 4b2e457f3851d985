#include "services/catalog/prices/price_rights.h"

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"

namespace storeops::catalog {
namespace {

using google::protobuf::util::MessageDifferencer;
using v1::Product;
using v1::Variant;

bool IsApproved(const Product& product) {
  return product.state() == Product::APPROVED || product.state() == Product::PUBLISHED;
}

}  // namespace

std::vector<FieldViolation> FindPriceChanges(const Product& before, const Product& after) {
  std::vector<FieldViolation> changes;
  if (!IsApproved(before)) return changes;
  absl::flat_hash_map<std::string, const Variant*> known;
  for (const Variant& variant : before.variants()) known[variant.sku()] = &variant;
  const auto compare = [&](int i, absl::string_view field, const google::type::Money& old_amount,
                           const google::type::Money& amount) {
    if (MessageDifferencer::Equals(old_amount, amount)) return;
    changes.push_back({absl::StrCat("variants[", i, "].", field), absl::StrCat("changes: demands ", kWritePrices)});
  };
  for (int i = 0; i < after.variants_size(); ++i) {
    const auto found = known.find(after.variants(i).sku());
    const Variant& old = found == known.end() ? Variant::default_instance() : *found->second;
    compare(i, "price", old.price(), after.variants(i).price());
    compare(i, "cost", old.cost(), after.variants(i).cost());
  }
  return changes;
}

absl::Status CheckPriceRights(const rpc::Principal& caller, const Product* before, const Product& after) {
  if (before == nullptr || caller.Has(kWritePrices) || FindPriceChanges(*before, after).empty()) {
    return absl::OkStatus();
  }
  return PermissionMissing(kWritePrices);
}

}  // namespace storeops::catalog
