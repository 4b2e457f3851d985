// Groups of changes that wait in the outbox for their sequence.
#ifndef STOREOPS_COMMON_CHANGES_WAITING_GROUPS_H_
#define STOREOPS_COMMON_CHANGES_WAITING_GROUPS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/base/status_macros.h"

namespace storeops::changes {

struct WaitingGroup {
  int64_t id = 0;
  std::string group_id;
  int64_t size = 0;
};

// `groups`, as a statement saw them, with all that were committed before one of them and have a lower id; in order of
// id. `read_again` reads the groups up to the last one in a further statement.
//
// A snapshot of MariaDB is not always one moment: the server collects the open transactions one by one, and can note
// one of them as open that commits before it comes to another, which waited for a lock of the first, and has committed
// by then. Such a snapshot contains the second change of a resource without the first. A statement that begins later
// sees both. What it sees for the first time can lack a predecessor in turn; so reading ends when nothing new is seen.
inline absl::StatusOr<std::vector<WaitingGroup>> ReadWithPredecessors(
    std::vector<WaitingGroup> groups, absl::FunctionRef<absl::StatusOr<std::vector<WaitingGroup>>()> read_again) {
  while (true) {
    ASSIGN_OR_RETURN(std::vector<WaitingGroup> again, read_again());
    const bool same = again.size() == groups.size();  // none is taken away: one sequencer works at a time
    groups = std::move(again);
    if (same) return groups;
  }
}

}  // namespace storeops::changes

#endif  // STOREOPS_COMMON_CHANGES_WAITING_GROUPS_H_
