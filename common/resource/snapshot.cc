#include "common/resource/snapshot.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/write.h"

namespace storeops::resource {

using Resources = std::vector<changes::SnapshotResource>;

void OfferSnapshot(changes::Feed& feed, const std::string& type, ScanLive scan) {
  feed.OfferSnapshot(type,
                     [scan = std::move(scan)](const std::string& after_id, int limit,
                                              absl::Time deadline) -> absl::StatusOr<Resources> {
                       int64_t after = 0;
                       if (!after_id.empty() && !absl::SimpleAtoi(after_id, &after)) {
                         return InvalidField("after_id", absl::StrCat("must be a number, got \"", after_id, "\""));
                       }
                       ASSIGN_OR_RETURN(const std::vector<Page::Item> items, scan(after, limit, deadline));
                       Resources resources;
                       for (const Page::Item& item : items) {
                         resources.push_back({absl::StrCat(item.id), SnapshotOf(*item.message, item.version)});
                       }
                       return resources;
                     });
}

}  // namespace storeops::resource
