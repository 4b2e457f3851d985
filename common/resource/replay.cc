#include "common/resource/replay.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace storeops::resource {
namespace {

// Statements come in few shapes: one key, or a multiple of this.
constexpr size_t kKeysAtOnce = 16;

std::string FindSql(size_t keys) {
  std::string sql =
      "SELECT request_id, body_hash, response FROM replays WHERE principal = ? AND method = ? AND request_id IN (?";
  for (size_t i = 1; i < keys; ++i) sql += ", ?";
  return sql + ")";
}

bool SameCaller(const rpc::ReplayKey& a, const rpc::ReplayKey& b) {
  return a.principal == b.principal && a.method == b.method;
}

rpc::ReplayStore::Answer AnswerTo(const rpc::ReplayKey& key, const db::Rows& rows, size_t row) {
  if (rows.Text(row, 1) == key.body_hash) return std::optional<std::string>(rows.Text(row, 2));
  return WithReason(InvalidField("request_id", "was used before with another request: choose a new one"),
                    "REQUEST_ID_REUSED");
}

}  // namespace

absl::Status StoreReplays(db::Session& session, std::vector<ReplayEntry> entries) {
  std::vector<db::Value> rows;
  for (ReplayEntry& entry : entries) {
    const rpc::ReplayKey& key = *entry.key;
    rows.insert(rows.end(), {db::Value(key.principal), db::Value(key.method), db::Value(key.request_id),
                             db::Value(key.body_hash), db::Value(std::move(entry.response)), db::Value(entry.time)});
  }
  return session.InsertRows("replays (principal, method, request_id, body_hash, response, create_time)", 6, rows);
}

absl::StatusOr<std::vector<rpc::ReplayStore::Answer>> DatabaseReplayStore::FindAll(
    absl::Span<const rpc::ReplayKey* const> keys, absl::Time deadline) {
  std::vector<Answer> answers(keys.size(), std::optional<std::string>());
  std::vector<size_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::tie(keys[a]->principal, keys[a]->method) < std::tie(keys[b]->principal, keys[b]->method);
  });
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    const rpc::ReplayKey& first = *keys[order[begin]];
    std::vector<db::Value> values = {first.principal, first.method};
    for (; end < order.size() && SameCaller(first, *keys[order[end]]); ++end) {
      values.emplace_back(keys[order[end]]->request_id);
    }
    const size_t count = end - begin;
    const size_t shape = count == 1 ? 1 : (count + kKeysAtOnce - 1) / kKeysAtOnce * kKeysAtOnce;
    while (values.size() < shape + 2) values.push_back(values.back());
    ASSIGN_OR_RETURN(const db::Rows rows, database_.Query(deadline, FindSql(shape), absl::MakeConstSpan(values)));
    for (size_t row = 0; row < rows.size(); ++row) {
      for (size_t i = begin; i < end; ++i) {
        const rpc::ReplayKey& key = *keys[order[i]];
        if (key.request_id == rows.Text(row, 0)) answers[order[i]] = AnswerTo(key, rows, row);
      }
    }
  }
  return answers;
}

absl::StatusOr<int64_t> DatabaseReplayStore::Prune(absl::Time before, int limit, absl::Time deadline) {
  return database_.Execute(deadline, "DELETE FROM replays WHERE create_time < ? LIMIT ?", {before, limit});
}

}  // namespace storeops::resource
