// A product on single channels: the list that it carries, without regard to where it is kept.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_CHANNEL_LISTINGS_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_CHANNEL_LISTINGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

inline constexpr int kMaxChannelListings = 100;

// Of "channels/{id}"; 0 for another text.
int64_t ChannelId(absl::string_view name);

// Shows the product on the channel. External id and address stay as they were where they are empty.
// FAILED_PRECONDITION if the product itself is not published, or is on too many channels.
absl::Status ShowOnChannel(const std::string& channel, const std::string& external_id, const std::string& external_url,
                           absl::Time now, v1::Product& product);
// FAILED_PRECONDITION if it is not shown there.
absl::Status HideOnChannel(const std::string& channel, absl::Time now, v1::Product& product);
void HideEverywhere(absl::Time now, v1::Product& product);

// Names of the channels on which a live product is shown while it is published itself.
std::vector<std::string> ShownChannels(const v1::Product& product);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_CHANNEL_LISTINGS_H_
