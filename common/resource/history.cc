#include "common/resource/history.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "common/base/annotations.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/changes/changes.h"
#include "common/db/database.h"
#include "common/resource/page_token.h"
#include "common/resource/standard_request.h"
#include "google/protobuf/util/message_differencer.h"

namespace storeops::resource {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kHidden[] = "\"***\"";

bool ReachesSecret(const Descriptor& type, absl::flat_hash_set<const Descriptor*>& seen) {
  if (!seen.insert(&type).second) return false;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (RulesOf(field).secret()) return true;
    if (field.message_type() != nullptr && ReachesSecret(*field.message_type(), seen)) return true;
  }
  return false;
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  return field.is_repeated() ? message.GetReflection()->FieldSize(message, &field) > 0
                             : message.GetReflection()->HasField(message, &field);
}

// The fields of a message as JSON with nested secrets left out.
FieldJson ShownJson(const Message& message) {
  if (!HasSecrets(*message.GetDescriptor())) return FieldJson(message);
  const std::unique_ptr<Message> shown(message.New());
  shown->CopyFrom(message);
  ClearSecrets(shown.get());
  return FieldJson(*shown);
}

}  // namespace

bool IsBookkeeping(const FieldDescriptor& field) {
  for (const char* name : {"name", "etag", "create_time", "update_time", "delete_time"}) {
    if (field.name() == name) return true;
  }
  return false;
}

std::vector<const FieldDescriptor*> ChangedFields(const Message* before, const Message& after) {
  std::vector<const FieldDescriptor*> changed;
  const Descriptor& type = *after.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (IsBookkeeping(*field)) continue;
    if (before == nullptr) {
      if (IsSet(after, *field)) changed.push_back(field);
      continue;
    }
    google::protobuf::util::MessageDifferencer differencer;
    if (!differencer.CompareWithFields(*before, after, {field}, {field})) changed.push_back(field);
  }
  return changed;
}

storeops::changes::v1::HistoryEntry DescribeChanges(const Message* before, const Message& after,
                                                    const FieldJson* after_json) {
  storeops::changes::v1::HistoryEntry entry;
  const std::vector<const FieldDescriptor*> changed = ChangedFields(before, after);
  if (changed.empty()) return entry;
  const bool usable = after_json != nullptr && !HasSecrets(*after.GetDescriptor());
  const FieldJson own_json = usable ? FieldJson() : ShownJson(after);
  const FieldJson& new_json = usable ? *after_json : own_json;
  const FieldJson old_json = before == nullptr ? FieldJson() : ShownJson(*before);
  for (const FieldDescriptor* field : changed) {
    auto* change = entry.add_changes();
    change->set_field(field->name());
    if (RulesOf(*field).secret()) {
      if (before != nullptr && IsSet(*before, *field)) change->set_old_value(kHidden);
      if (IsSet(after, *field)) change->set_new_value(kHidden);
      continue;
    }
    change->set_old_value(std::string(old_json.Get(field->name())));
    change->set_new_value(std::string(new_json.Get(field->name())));
  }
  return entry;
}

absl::Status ListHistory(db::Database& database, const PageTokens& tokens, absl::string_view type, int64_t id,
                         const Message& request, Message* response, absl::Time deadline) {
  const std::string name = GetText(request, "name");
  ASSIGN_OR_RETURN(const ListPage page, tokens.Open(request, "n"));
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT version, kind, time, actor, fields FROM history "
                                  "WHERE type = ? AND resource_id = ? AND version < ? ORDER BY version DESC LIMIT ?",
                                  {type, id, page.Number(0, INT64_MAX), page.limit()}));
  if (rows.empty() && page.first()) return ResourceNotFound(type, name);
  const size_t count = std::min<size_t>(rows.size(), page.size());
  for (size_t i = 0; i < count; ++i) {
    auto entry = std::make_unique<storeops::changes::v1::HistoryEntry>();
    if (!entry->ParseFromString(rows.Text(i, 4))) return absl::DataLossError("a history entry cannot be read");
    entry->set_subject(name);
    entry->set_type(std::string(type));
    entry->set_version(rows.Int(i, 0));
    entry->set_kind(static_cast<changes::Change::Kind>(rows.Int(i, 1)));
    *entry->mutable_time() = ToTimestamp(rows.Time(i, 2));
    entry->set_actor(rows.Text(i, 3));
    AddItem(std::move(entry), response);
  }
  if (rows.size() > count) page.SetNext({rows.Cell(count - 1, 0)}, response);
  return absl::OkStatus();
}

bool HasSecrets(const Descriptor& type) {
  static absl::Mutex mutex;
  static auto* const known = new absl::flat_hash_map<const Descriptor*, bool>;
  {
    absl::ReaderMutexLock lock(&mutex);
    if (const auto found = known->find(&type); found != known->end()) return found->second;
  }
  absl::flat_hash_set<const Descriptor*> seen;
  const bool has = ReachesSecret(type, seen);
  absl::MutexLock lock(&mutex);
  known->try_emplace(&type, has);
  return has;
}

void ClearSecrets(Message* message) {
  const auto& reflection = *message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (RulesOf(*field).secret()) {
      reflection.ClearField(message, field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (!field->is_repeated()) {
      ClearSecrets(reflection.MutableMessage(message, field));
    } else {
      for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
        ClearSecrets(reflection.MutableRepeatedMessage(message, field, i));
      }
    }
  }
}

}  // namespace storeops::resource
