#include "services/catalog/prices/price_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "services/catalog/prices/price_history_store.h"
#include "services/catalog/prices/price_messages.h"

namespace storeops::catalog {
namespace {

using changes::Change;

// The prices that the edits are about, as they are and as they become.
class PriceSet {
 public:
  absl::Status Read(db::Session& session, const std::vector<PriceEdit>& edits) {
    absl::btree_map<int64_t, std::vector<std::string>> skus;
    for (const PriceEdit& edit : edits) skus[edit.place.list_id].push_back(edit.place.sku);
    for (auto& [list_id, of_list] : skus) {
      std::sort(of_list.begin(), of_list.end());
      of_list.erase(std::unique(of_list.begin(), of_list.end()), of_list.end());
      ASSIGN_OR_RETURN(auto prices, ReadListPrices(session, list_id, of_list));
      for (StoredPrice& price : prices) {
        if (!price.deleted) ++counts_[{list_id, price.sku}];
        PricePlace place = PlaceOf(price);
        by_place_.emplace(std::move(place), std::move(price));
      }
    }
    return absl::OkStatus();
  }

  // Null: there is no such row, live or deleted.
  const StoredPrice* Find(const PricePlace& place) const {
    const auto found = by_place_.find(place);
    return found == by_place_.end() ? nullptr : &found->second;
  }
  // Live prices of the SKU in the list.
  size_t& Count(const PricePlace& place) { return counts_[{place.list_id, place.sku}]; }

 private:
  absl::btree_map<PricePlace, StoredPrice> by_place_;
  absl::btree_map<std::pair<int64_t, std::string>, size_t> counts_;
};

std::vector<FieldViolation> FindRepetitions(const std::vector<PriceEdit>& edits) {
  std::vector<FieldViolation> violations;
  absl::btree_map<PricePlace, const PriceEdit*> seen;
  for (const PriceEdit& edit : edits) {
    const auto [first, fresh] = seen.try_emplace(edit.place, &edit);
    if (!fresh) violations.push_back({edit.field, absl::StrCat("repeats ", first->second->field)});
  }
  return violations;
}

absl::Status NoSuchPrice(const PriceEdit& edit) {
  return ResourceNotFound(kPriceType, absl::StrCat(PriceListName(edit.place.list_id), ", SKU \"", edit.place.sku,
                                                   "\", quantity ", edit.place.min_quantity, " (", edit.field, ")"));
}

// How the row is after the edit; the same version if nothing changes.
StoredPrice Edited(const StoredPrice* before, const PriceEdit& edit, const std::string& currency, int64_t minor) {
  if (before == nullptr) {
    const PricePlace& place = edit.place;
    return {0, 1, 0, {}, false, place.list_id, place.sku, place.min_quantity, place.start, edit.end, currency, minor};
  }
  StoredPrice after = *before;
  after.deleted = !edit.price.has_value();
  if (!after.deleted) {
    after.minor = minor;
    after.end = edit.end;
  }
  const bool same = after.deleted == before->deleted && after.minor == before->minor && after.end == before->end;
  after.version += same ? 0 : 1;
  return after;
}

bool IsChange(const StoredPrice* before, const StoredPrice& after) {
  return before == nullptr || before->version != after.version;
}

void Record(resource::Write& write, const StoredPrice* before, const StoredPrice& after) {
  const bool was_live = before != nullptr && !before->deleted;
  const Change::Kind kind = after.deleted ? Change::EXPUNGED : was_live ? Change::UPDATED : Change::CREATED;
  const v1::Price message = ToPriceMessage(after);
  if (!was_live) return write.Record(after.id, after.version, kind, nullptr, message);
  const v1::Price old = ToPriceMessage(*before);
  write.Record(after.id, after.version, kind, &old, message);
}

PriceHistoryRow ToHistory(const resource::Write& write, const StoredPrice* before, const StoredPrice& after,
                          absl::string_view cause) {
  PriceHistoryRow row;
  row.sku = after.sku;
  row.place = {write.now(), PriceSource::kList, after.list_id, after.min_quantity, after.start, after.currency};
  row.end = after.end;
  if (before != nullptr && !before->deleted) row.old_minor = before->minor;
  if (!after.deleted) row.new_minor = after.minor;
  row.actor = write.call().principal.name;
  row.cause = std::string(cause);
  return row;
}

}  // namespace

absl::StatusOr<PriceWriter::Currencies> PriceWriter::ReadCurrencies(resource::Write& write,
                                                                    const std::vector<PriceEdit>& edits) {
  Currencies currencies;
  std::vector<FieldViolation> violations;
  for (const PriceEdit& edit : edits) {
    const auto [currency, fresh] = currencies.try_emplace(edit.place.list_id);
    if (fresh) {
      const auto item = lists_.Read(write.session(), edit.place.list_id, /*lock=*/false);
      if (!item.ok() && !absl::IsNotFound(item.status())) return item.status();
      const auto* list = item.ok() ? static_cast<const v1::PriceList*>(item->message.get()) : nullptr;
      if (list != nullptr && !list->has_delete_time()) currency->second = list->currency();
    }
    if (currency->second.empty()) {
      violations.push_back(
          {edit.field + ".price_list", absl::StrCat("there is no ", PriceListName(edit.place.list_id))});
    } else if (edit.price.has_value()) {
      StatedMoney(*edit.price, edit.field + ".price.currency_code").In(currency->second, violations);
    }
  }
  if (!violations.empty()) return InvalidFields(violations);
  return currencies;
}

absl::StatusOr<std::vector<StoredPrice>> PriceWriter::Apply(resource::Write& write, const std::vector<PriceEdit>& edits,
                                                            absl::string_view cause) {
  std::vector<FieldViolation> violations = FindRepetitions(edits);
  if (!violations.empty()) return InvalidFields(violations);
  ASSIGN_OR_RETURN(const Currencies currencies, ReadCurrencies(write, edits));
  ASSIGN_OR_RETURN(const int64_t revision, NextPriceRevision(write.session()));
  PriceSet present;
  RETURN_IF_ERROR(present.Read(write.session(), edits));

  std::vector<StoredPrice> written;
  std::vector<size_t> fresh;
  for (const PriceEdit& edit : edits) {
    const StoredPrice* before = present.Find(edit.place);
    const bool was_live = before != nullptr && !before->deleted;
    if (!edit.price.has_value() && !was_live) return NoSuchPrice(edit);
    int64_t minor = 0;
    if (edit.price.has_value()) {
      ASSIGN_OR_RETURN(minor, StatedMoney(*edit.price, edit.field + ".price").In(currencies.at(edit.place.list_id)));
    }
    if (before == nullptr) fresh.push_back(written.size());
    written.push_back(Edited(before, edit, currencies.at(edit.place.list_id), minor));
    size_t& count = present.Count(edit.place);
    count += edit.price.has_value() - was_live;
    if (count > kMaxPricesOfSkuInList && edit.price.has_value()) {
      violations.push_back({edit.field, absl::StrCat("would be more than ", kMaxPricesOfSkuInList,
                                                     " prices of one SKU in ", PriceListName(edit.place.list_id))});
    }
  }
  if (!violations.empty()) return InvalidFields(violations);
  ASSIGN_OR_RETURN(const auto ids, write.TakeIds("price", static_cast<int>(fresh.size())));
  for (size_t i = 0; i < fresh.size(); ++i) written[fresh[i]].id = ids[i];

  std::vector<StoredPrice> rows;
  std::vector<PriceHistoryRow> history;
  for (StoredPrice& price : written) {
    const StoredPrice* before = present.Find(PlaceOf(price));
    if (!IsChange(before, price)) continue;
    price.revision = revision;
    price.update_time = write.now();
    rows.push_back(price);
    history.push_back(ToHistory(write, before, price, cause));
    Record(write, before, price);
  }
  RETURN_IF_ERROR(WritePrices(write.session(), rows));
  RETURN_IF_ERROR(WritePriceHistory(write.session(), history));
  write.AfterCommit([this] { follower_.Refresh(); });
  return written;
}

}  // namespace storeops::catalog
