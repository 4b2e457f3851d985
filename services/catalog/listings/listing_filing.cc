#include "services/catalog/listings/listing_filing.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/catalog/listings/channel_listings.h"
#include "services/catalog/listings/listing_schedule.h"
#include "services/catalog/listings/listing_store.h"

namespace storeops::catalog {
namespace {

using v1::Product;

// Ascending.
std::vector<int64_t> ChannelIds(const Product* product) {
  std::vector<int64_t> ids;
  if (product == nullptr) return ids;
  for (const std::string& channel : ShownChannels(*product)) ids.push_back(ChannelId(channel));
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<int64_t> Without(const std::vector<int64_t>& all, const std::vector<int64_t>& less) {
  std::vector<int64_t> rest;
  std::set_difference(all.begin(), all.end(), less.begin(), less.end(), std::back_inserter(rest));
  return rest;
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
  const std::vector<int64_t> old_ids = ChannelIds(before), new_ids = ChannelIds(&after);
  const std::vector<int64_t> added = Without(new_ids, old_ids), removed = Without(old_ids, new_ids);
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
