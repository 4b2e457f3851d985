// A feed of this process as the messages of StreamChanges and SnapshotResources.
#ifndef STOREOPS_COMMON_MODULE_CHANGE_STREAM_H_
#define STOREOPS_COMMON_MODULE_CHANGE_STREAM_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/changes/changes.h"
#include "common/rpc/method_table.h"

namespace storeops {

// Sends what the request asks for and the caller may read (rpc::MayRead), at most 1,000 changes and about 1 MiB in a
// message (a single change may be larger), and at least every `heartbeat_interval` how far the feed was read. Ends with
// OK when the caller has gone or `until_now` is reached, DEADLINE_EXCEEDED at the call's deadline; PERMISSION_DENIED if
// the request names a type that the caller may not read.
absl::Status StreamFeed(changes::Feed& feed, const rpc::Call& call, const changes::v1::StreamChangesRequest& request,
                        absl::Duration heartbeat_interval, rpc::ReplyStream& out);

// Sends the live resources of a type, at most 1,000 and about 1 MiB in a message (a single resource may be larger).
// Ends with OK when all are sent or the caller has gone, DEADLINE_EXCEEDED at the call's deadline; PERMISSION_DENIED if
// the caller may not read the type.
absl::Status StreamSnapshot(changes::Feed& feed, const rpc::Call& call,
                            const changes::v1::SnapshotResourcesRequest& request, rpc::ReplyStream& out);

}  // namespace storeops

#endif  // STOREOPS_COMMON_MODULE_CHANGE_STREAM_H_
