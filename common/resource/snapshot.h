// Offers a type's resources to followers (ChangeService.SnapshotResources).
#ifndef STOREOPS_COMMON_RESOURCE_SNAPSHOT_H_
#define STOREOPS_COMMON_RESOURCE_SNAPSHOT_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/changes/changes.h"
#include "common/resource/resource.h"

namespace storeops::resource {

// Live rows with id > after, ascending, at most `limit`.
using ScanLive = std::function<absl::StatusOr<std::vector<Page::Item>>(int64_t after, int limit, absl::Time deadline)>;

// For a type whose rows have numeric ids, which are the snapshot's `after_id`. Resource::Bind offers its own type.
void OfferSnapshot(changes::Feed& feed, const std::string& type, ScanLive scan);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_SNAPSHOT_H_
