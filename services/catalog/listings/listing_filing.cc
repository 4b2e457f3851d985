#include "services/catalog/listings/listing_filing.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/catalog/id_lists.h"
#include "services/catalog/listings/channel_listings.h"
#include "services/catalog/listings/listing_schedule.h"
#include "services/catalog/listings/listing_store.h"

namespace storeops::catalog {
namespace {

using v1::Product;

std::vector<int64_t> ChannelIds(const Product* product) {
  std::vector<int64_t> ids;
  if (product == nullptr) return ids;
  for (const std::string& channel : ShownChannels(*product)) ids.push_back(ChannelId(channel));
  return Distinct(std::move(ids));
}

absl::Status HideOnDeletedChannels(resource::Write& write, Product& product) {
  for (const std::string& channel : ShownChannels(product)) {
    ASSIGN_OR_RETURN(const bool live, LockChannel(write.session(), ChannelId(channel)));
    if (!live) RETURN_IF_ERROR(HideOnChannel(channel, write.now(), product));
  }
  return absl::OkStatus();
}

}  // namespace

void FillListingDefaults(Product& product) {
  if (product.state() == Product::STATE_UNSPECIFIED) product.set_state(Product::DRAFT);
  for (auto& reference : *product.mutable_external_references()) {
    reference.set_key(absl::StrCat(reference.system(), ":", reference.id()));
  }
}

absl::Status FileWrittenListing(resource::Write& write, int64_t id, const Product* before, Product& after) {
  if (before != nullptr && before->has_delete_time()) RETURN_IF_ERROR(HideOnDeletedChannels(write, after));
  const auto [added, removed] = CompareIds(ChannelIds(before), ChannelIds(&after));
  if (!removed.empty()) RETURN_IF_ERROR(RemoveFromChannels(write.session(), id, removed));
  if (!added.empty()) RETURN_IF_ERROR(AddToChannels(write.session(), id, added));
  const absl::Time old_due = before == nullptr ? absl::InfiniteFuture() : NextChange(*before);
  const absl::Time new_due = NextChange(after);
  return old_due == new_due ? absl::OkStatus() : SaveDueTime(write.session(), id, new_due);
}

absl::Status UnfileDeletedListing(resource::Write& write, int64_t id, const Product& product) {
  const std::vector<int64_t> ids = ChannelIds(&product);
  if (!ids.empty()) RETURN_IF_ERROR(RemoveFromChannels(write.session(), id, ids));
  if (NextChange(product) == absl::InfiniteFuture()) return absl::OkStatus();
  return SaveDueTime(write.session(), id, absl::InfiniteFuture());
}

}  // namespace storeops::catalog
