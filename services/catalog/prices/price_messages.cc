#include "services/catalog/prices/price_messages.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "services/catalog/catalog_names.h"
#include "services/catalog/id_lists.h"

namespace storeops::catalog {
namespace {

using v1::PriceList;

void CheckDistinct(const google::protobuf::RepeatedPtrField<std::string>& values, const std::string& field,
                   std::vector<FieldViolation>& violations) {
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < values.size(); ++i) {
    const std::string path = absl::StrCat(field, "[", i, "]");
    if (values[i].empty()) {
      violations.push_back({path, "must not be empty"});
    } else if (!seen.insert(values[i]).second) {
      violations.push_back({path, "is there already"});
    }
  }
}

}  // namespace

std::string PriceListName(int64_t id) {
  std::string name;
  WritePriceListName(id, &name);
  return name;
}

void WritePriceListName(int64_t id, std::string* name) {
  name->assign("priceLists/");
  absl::StrAppend(name, id);
}

int64_t PriceListId(absl::string_view name) { return kPriceListNames.IdIn(name); }

int64_t StartMicros(bool set, const google::protobuf::Timestamp& time) {
  return set ? absl::ToUnixMicros(FromTimestamp(time)) : kEver;
}

int64_t EndMicros(bool set, const google::protobuf::Timestamp& time) {
  return set ? absl::ToUnixMicros(FromTimestamp(time)) : kForever;
}

PriceTerms ToTerms(const PriceList& list, int64_t id) {
  PriceTerms terms;
  terms.list_id = id;
  terms.currency = list.currency();
  terms.channels.assign(list.channels().begin(), list.channels().end());
  terms.customer_groups.assign(list.customer_groups().begin(), list.customer_groups().end());
  terms.start = StartMicros(list.has_start_time(), list.start_time());
  terms.end = EndMicros(list.has_end_time(), list.end_time());
  terms.priority = list.priority();
  terms.exclusive = list.match_policy() == PriceList::PRIORITY;
  terms.active = list.status() == PriceList::ACTIVE;
  return terms;
}

PriceListEntry ToListEntry(const PriceList& list, int64_t id, int64_t version) {
  return {ToTerms(list, id), version, !list.has_delete_time()};
}

v1::Price ToPriceMessage(const StoredPrice& price) {
  v1::Price message;
  message.set_name(absl::StrCat("prices/", price.id));
  *message.mutable_update_time() = ToTimestamp(price.update_time);
  message.set_price_list(PriceListName(price.list_id));
  message.set_sku(price.sku);
  message.set_min_quantity(static_cast<int32_t>(price.min_quantity));
  SetTimes(price.start, price.end, &message);
  *message.mutable_price() = MoneyFromMinor(price.minor, price.currency);
  return message;
}

void FillPriceListDefaults(PriceList& list) {
  if (list.match_policy() == PriceList::MATCH_POLICY_UNSPECIFIED) list.set_match_policy(PriceList::BEST_PRICE);
  if (list.status() == PriceList::STATUS_UNSPECIFIED) list.set_status(PriceList::ACTIVE);
}

std::vector<FieldViolation> CheckPriceList(const PriceList& list) {
  std::vector<FieldViolation> violations;
  if (list.has_start_time() && list.has_end_time() &&
      FromTimestamp(list.end_time()) <= FromTimestamp(list.start_time())) {
    violations.push_back({"end_time", "must be after start_time"});
  }
  CheckDistinct(list.channels(), "channels", violations);
  CheckDistinct(list.customer_groups(), "customer_groups", violations);
  return violations;
}

}  // namespace storeops::catalog
