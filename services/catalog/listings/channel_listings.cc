#include "services/catalog/listings/channel_listings.h"

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/time.h"
#include "services/catalog/catalog_names.h"

namespace storeops::catalog {
namespace {

using v1::ChannelListing;
using v1::Product;

ChannelListing* Find(const std::string& channel, Product& product) {
  for (ChannelListing& listing : *product.mutable_channel_listings()) {
    if (listing.channel() == channel) return &listing;
  }
  return nullptr;
}

void SetStatus(ChannelListing::Status status, absl::Time now, ChannelListing& listing) {
  if (listing.status() == status) return;
  listing.set_status(status);
  *listing.mutable_since() = ToTimestamp(now);
}

}  // namespace

int64_t ChannelId(absl::string_view name) { return kChannelNames.IdIn(name); }

absl::Status ShowOnChannel(const std::string& channel, const std::string& external_id, const std::string& external_url,
                           absl::Time now, Product& product) {
  if (product.state() != Product::PUBLISHED) {
    return PreconditionFailed("PRODUCT_NOT_PUBLISHED", product.name(),
                              absl::StrCat(product.name(), " is ", Product::State_Name(product.state()),
                                           ": publish the product itself before it is published on ", channel));
  }
  ChannelListing* listing = Find(channel, product);
  if (listing == nullptr) {
    if (product.channel_listings_size() >= kMaxChannelListings) {
      return PreconditionFailed("TOO_MANY_CHANNELS", product.name(),
                                absl::StrCat("a product is on at most ", kMaxChannelListings, " channels"));
    }
    listing = product.add_channel_listings();
    listing->set_channel(channel);
  }
  SetStatus(ChannelListing::PUBLISHED, now, *listing);
  if (!external_id.empty()) listing->set_external_id(external_id);
  if (!external_url.empty()) listing->set_external_url(external_url);
  return absl::OkStatus();
}

absl::Status HideOnChannel(const std::string& channel, absl::Time now, Product& product) {
  ChannelListing* listing = Find(channel, product);
  if (listing == nullptr || listing->status() != ChannelListing::PUBLISHED) {
    return PreconditionFailed("PRODUCT_NOT_ON_CHANNEL", product.name(),
                              absl::StrCat(product.name(), " is not published on ", channel));
  }
  SetStatus(ChannelListing::HIDDEN, now, *listing);
  return absl::OkStatus();
}

void HideEverywhere(absl::Time now, Product& product) {
  for (ChannelListing& listing : *product.mutable_channel_listings()) SetStatus(ChannelListing::HIDDEN, now, listing);
}

std::vector<std::string> ShownChannels(const Product& product) {
  std::vector<std::string> shown;
  if (product.has_delete_time()) return shown;
  for (const ChannelListing& listing : product.channel_listings()) {
    if (listing.status() == ChannelListing::PUBLISHED) shown.push_back(listing.channel());
  }
  return shown;
}

}  // namespace storeops::catalog
