#include "services/inventory/stock/refusals.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "google/rpc/error_details.pb.h"
#include "services/inventory/locations/location_store.h"

namespace storeops::inventory {

absl::Status RefuseStock(const std::vector<Refusal>& refusals) {
  google::rpc::PreconditionFailure failure;
  google::rpc::BadRequest lines;
  for (const Refusal& refusal : refusals) {
    auto* violation = failure.add_violations();
    violation->set_type(refusal.reason);
    violation->set_subject(refusal.key.sku);
    violation->set_description(refusal.description);
    for (const std::string& field : refusal.fields) {
      if (field.empty()) continue;
      auto* line = lines.add_field_violations();
      line->set_field(field);
      line->set_description(refusal.description);
    }
  }
  const Refusal& first = refusals.front();
  std::string message = first.description;
  if (refusals.size() > 1) absl::StrAppend(&message, " (and ", refusals.size() - 1, " more)");
  absl::Status status =
      WithReason(absl::FailedPreconditionError(message), first.reason,
                 {{"sku", first.key.sku},
                  {"location", first.key.location_id == 0 ? "" : kLocationNames.Format(first.key.location_id)},
                  {"wanted", absl::StrCat(first.wanted)},
                  {"available", absl::StrCat(first.available)}});
  AddDetail(status, failure);
  if (lines.field_violations_size() > 0) AddDetail(status, lines);
  return status;
}

absl::Status FailedFields(absl::string_view reason, const std::string& subject,
                          const std::vector<FieldViolation>& violations) {
  std::string all;
  for (const FieldViolation& violation : violations) {
    absl::StrAppend(&all, all.empty() ? "" : "; ", violation.field, " ", violation.description);
  }
  return NameFields(PreconditionFailed(reason, subject, all), violations);
}

absl::Status NameFields(absl::Status refusal, const std::vector<FieldViolation>& violations) {
  google::rpc::BadRequest bad_request;
  for (const FieldViolation& violation : violations) {
    auto& one = *bad_request.add_field_violations();
    one.set_field(violation.field);
    one.set_description(violation.description);
  }
  AddDetail(refusal, bad_request);
  return refusal;
}

Refusal LotDateDiffers(StockKey key, const std::string& lot, absl::Time known, absl::Time stated,
                       std::vector<std::string> fields) {
  const auto day = [](absl::Time time) {
    if (time == absl::InfiniteFuture()) return std::string("no expiry date");
    return absl::StrCat("the expiry date ", absl::FormatCivilTime(absl::ToCivilDay(time, absl::UTCTimeZone())));
  };
  Refusal refusal{"LOT_DATE_DIFFERS", std::move(key), 0, 0, "", std::move(fields)};
  refusal.description = absl::StrCat("lot \"", lot, "\" of SKU \"", refusal.key.sku, "\" has ", day(known),
                                     " at all locations, not ", day(stated));
  return refusal;
}

Refusal OutOfStock(StockKey key, int64_t wanted, int64_t available, std::vector<std::string> fields) {
  Refusal refusal{"OUT_OF_STOCK", std::move(key), wanted, available, "", std::move(fields)};
  refusal.description =
      absl::StrCat("SKU \"", refusal.key.sku, "\" has ", available, " to spare",
                   refusal.key.location_id == 0 ? "" : " at " + kLocationNames.Format(refusal.key.location_id), ", ",
                   wanted, " are wanted");
  return refusal;
}

}  // namespace storeops::inventory
