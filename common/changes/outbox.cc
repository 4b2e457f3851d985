#include <string>
#include <utility>
#include <vector>

#include "common/base/signer.h"
#include "common/base/time.h"
#include "common/changes/changes.h"

namespace storeops::changes {

absl::Status WriteOutbox(db::Session& session, absl::Span<const Change> changes) {
  constexpr size_t kColumns = 9;
  std::vector<db::Value> values;
  values.reserve(changes.size() * kColumns);
  std::vector<std::string> ids = RandomTokens(changes.size(), 16);  // of 22 characters
  for (size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    values.emplace_back(std::move(ids[i]));
    values.emplace_back(change.type());
    values.emplace_back(change.subject());
    values.emplace_back(static_cast<int64_t>(change.kind()));
    values.emplace_back(change.version());
    values.emplace_back(FromTimestamp(change.time()));
    values.emplace_back(change.actor());
    values.emplace_back(change.traceparent());
    values.emplace_back(change.resource());
  }
  return session.InsertRows(
      "outbox (change_id, type, subject, kind, version, time, actor, traceparent, resource)", kColumns, values);
}

}  // namespace storeops::changes
