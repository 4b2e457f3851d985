#include "common/resource/unique_keys.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/annotations.h"
#include "common/base/status_macros.h"
#include "common/base/visible_text.h"

namespace storeops::resource {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kMaxNesting = 8;

void FindKeys(const Descriptor& type, const std::string& singular, std::vector<const FieldDescriptor*>& steps,
              std::vector<UniqueKey>& keys) {
  if (steps.size() > kMaxNesting) return;  // a type that contains itself
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    steps.push_back(field);
    const std::string& key = RulesOf(*field).unique();
    if (!key.empty()) {
      const auto name = [](std::string* out, const FieldDescriptor* step) { out->append(step->name()); };
      keys.push_back({absl::StrCat(singular, ".", key), key, absl::StrJoin(steps, ".", name), steps});
    }
    if (field->message_type() != nullptr && !field->is_map()) FindKeys(*field->message_type(), singular, steps, keys);
    steps.pop_back();
  }
}

void CollectFrom(const Message& message, const UniqueKey& key, size_t step, const std::string& path,
                 std::vector<KeyUse>* uses) {
  const auto& reflection = *message.GetReflection();
  const FieldDescriptor* field = key.steps[step];
  const std::string here = path.empty() ? field->name() : absl::StrCat(path, ".", field->name());
  if (step + 1 == key.steps.size()) {
    std::string value = reflection.GetString(message, field);
    if (!value.empty()) uses->push_back({key.kind, std::move(value), here});
  } else if (field->is_repeated()) {
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      CollectFrom(reflection.GetRepeatedMessage(message, field, i), key, step + 1, absl::StrCat(here, "[", i, "]"),
                  uses);
    }
  } else if (reflection.HasField(message, field)) {
    CollectFrom(reflection.GetMessage(message, field), key, step + 1, here, uses);
  }
}

bool ByKey(const KeyClaim& a, const KeyClaim& b) {
  return std::tie(a.use.kind, a.use.value) < std::tie(b.use.kind, b.use.value);
}

}  // namespace

UniqueKeys::UniqueKeys(const TableMapping& mapping) : mapping_(mapping) {
  std::vector<const FieldDescriptor*> steps;
  FindKeys(mapping.type(), mapping.singular(), steps, keys_);
}

const UniqueKey* UniqueKeys::FindByPath(absl::string_view path) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const UniqueKey& key) { return key.path == path; });
  return found == keys_.end() ? nullptr : &*found;
}

const UniqueKey* UniqueKeys::FindByName(absl::string_view name) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const UniqueKey& key) { return key.key == name; });
  return found == keys_.end() ? nullptr : &*found;
}

std::vector<KeyUse> UniqueKeys::Collect(const Message& message) const {
  std::vector<KeyUse> uses;
  for (const UniqueKey& key : keys_) CollectFrom(message, key, 0, "", &uses);
  return uses;
}

std::vector<FieldViolation> UniqueKeys::FindRepetitions(const std::vector<KeyUse>& uses) {
  std::vector<FieldViolation> violations;
  absl::flat_hash_map<std::pair<absl::string_view, absl::string_view>, const KeyUse*> seen;
  for (const KeyUse& use : uses) {
    const auto [first, fresh] = seen.try_emplace({use.kind, use.value}, &use);
    if (!fresh)
      violations.push_back(
          {use.field, absl::StrCat("repeats the value of ", first->second->field, ": ", Visible(use.value))});
  }
  return violations;
}

absl::Status UniqueKeys::Taken(const KeyClaim& claim, int64_t holder) const {
  const std::string name = mapping_.FormatName(holder);
  const std::string field = claim.prefix + claim.use.field;
  return WithReason(ResourceExists(mapping_.resource_type(), name,
                                   absl::StrCat(field, ": \"", claim.use.value, "\" is taken by ", name)),
                    "RESOURCE_EXISTS", {{"field", field}, {"value", claim.use.value}});
}

absl::Status UniqueKeys::Take(db::Session& session, std::vector<KeyClaim> claims) const {
  if (claims.empty()) return absl::OkStatus();
  // Everybody takes keys in the same order, so that two writers rarely wait for each other.
  std::stable_sort(claims.begin(), claims.end(), ByKey);
  for (size_t i = 1; i < claims.size(); ++i) {
    if (!claims[i].use.SameKey(claims[i - 1].use)) continue;
    const KeyClaim& first = claims[i - 1];
    const std::string field = claims[i].prefix + claims[i].use.field;
    return WithReason(ResourceExists(mapping_.resource_type(), mapping_.FormatName(first.resource_id),
                                     absl::StrCat(field, ": \"", claims[i].use.value, "\" is also the value of ",
                                                  first.prefix, first.use.field)),
                      "RESOURCE_EXISTS", {{"field", field}, {"value", claims[i].use.value}});
  }
  std::vector<db::Value> rows;
  rows.reserve(claims.size() * 3);
  for (const KeyClaim& claim : claims) {
    rows.insert(rows.end(), {db::Value(claim.use.kind), db::Value(claim.use.value), db::Value(claim.resource_id)});
  }
  const absl::Status status = session.InsertRows("resource_keys (kind, value, resource_id)", 3, rows);
  return status.code() == absl::StatusCode::kAlreadyExists ? FindHolder(session, claims) : status;
}

absl::Status UniqueKeys::FindHolder(db::Session& session, const std::vector<KeyClaim>& claims) const {
  for (const KeyClaim& claim : claims) {
    // READ COMMITTED: sees what is committed now, without a lock that other losers of the race would wait for.
    ASSIGN_OR_RETURN(const db::Rows rows,
                     session.Query("SELECT resource_id FROM resource_keys WHERE kind = ? AND value = ?",
                                   {claim.use.kind, claim.use.value}));
    if (!rows.empty() && rows.Int(0, 0) != claim.resource_id) return Taken(claim, rows.Int(0, 0));
  }
  return WithReason(absl::AbortedError("a unique value was given free while it was asked for: repeat the request"),
                    "CONFLICT");
}

absl::Status UniqueKeys::Free(db::Session& session, int64_t resource_id, const std::vector<KeyUse>& uses) const {
  for (const KeyUse& use : uses) {
    RETURN_IF_ERROR(session
                        .Execute("DELETE FROM resource_keys WHERE kind = ? AND value = ? AND resource_id = ?",
                                 {use.kind, use.value, resource_id})
                        .status());
  }
  return absl::OkStatus();
}

}  // namespace storeops::resource
