#include <algorithm>
#include <string>
#include <vector>

#include "common/base/now.h"
#include "common/base/signer.h"
#include "common/base/time.h"
#include "common/changes/changes.h"

namespace storeops::changes {
namespace {

// Enough that a long transaction has few groups, few enough that the sequencer's rounds stay short.
constexpr size_t kMaxGroup = 500;

// 22 characters that sort by the time of their making in milliseconds; what follows it is random (84 bits).
std::string MakeGroupId() {
  constexpr absl::string_view kDigits = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
  constexpr int kTimeDigits = 8;
  std::string id(kTimeDigits, '-');
  uint64_t time = static_cast<uint64_t>(absl::ToUnixMillis(WallNow()));
  for (int i = kTimeDigits; i-- > 0; time >>= 6) id[i] = kDigits[time & 63];
  return id + RandomToken(11).substr(0, 14);
}

absl::Status WriteGroup(db::Session& session, absl::Span<const Change> changes) {
  constexpr size_t kColumns = 10;
  const std::string group = MakeGroupId();
  std::vector<db::Value> values;
  values.reserve(changes.size() * kColumns);
  for (size_t place = 0; place < changes.size(); ++place) {
    const Change& change = changes[place];
    values.emplace_back(group);
    values.emplace_back(static_cast<int64_t>(place));
    values.emplace_back(change.type());
    values.emplace_back(change.subject());
    values.emplace_back(static_cast<int64_t>(change.kind()));
    values.emplace_back(change.version());
    values.emplace_back(FromTimestamp(change.time()));
    values.emplace_back(change.actor());
    values.emplace_back(change.traceparent());
    values.emplace_back(change.resource());
  }
  const absl::Status written = session.InsertRows(
      "change_log (group_id, place, type, subject, kind, version, time, actor, traceparent, resource)", kColumns,
      values);
  if (!written.ok()) return written;
  return session
      .Execute("INSERT INTO outbox_groups (group_id, size) VALUES (?, ?)",
               {group, static_cast<int64_t>(changes.size())})
      .status();
}

}  // namespace

absl::Status WriteOutbox(db::Session& session, absl::Span<const Change> changes) {
  for (size_t from = 0; from < changes.size(); from += kMaxGroup) {
    const absl::Status written = WriteGroup(session, changes.subspan(from, kMaxGroup));
    if (!written.ok()) return written;
  }
  return absl::OkStatus();
}

}  // namespace storeops::changes
