#include "common/rpc/personal_data.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/annotations.h"
#include "common/base/errors.h"
#include "common/rpc/call.h"
#include "common/rpc/json.h"
#include "common/rpc/linked_services.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "storeops/changes/v1/changes.pb.h"

namespace storeops::rpc {
namespace {

using changes::v1::Change;
using changes::v1::HistoryEntry;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr char kMaskJson[] = "\"***\"";

// These hold messages of types that their own does not tell.
bool IsContainer(const Descriptor& type) {
  return &type == google::protobuf::Any::descriptor() || &type == Change::descriptor() ||
         &type == HistoryEntry::descriptor();
}

void EachLinkedType(const std::function<void(const Descriptor&)>& visit) {
  const std::function<void(const Descriptor&)> visit_all = [&](const Descriptor& type) {
    visit(type);
    for (int i = 0; i < type.nested_type_count(); ++i) visit_all(*type.nested_type(i));
  };
  for (const auto* file : LinkedFiles()) {
    for (int i = 0; i < file->message_type_count(); ++i) visit_all(*file->message_type(i));
  }
}

void AddPermissions(const Descriptor& type, std::set<std::string>& permissions) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (IsGuarded(*type.field(i))) permissions.insert(GuardPermissionOf(*type.field(i)));
  }
}

const std::set<std::string>& EveryPermission() {
  static const auto& all = *[] {
    auto* const found = new std::set<std::string>;
    EachLinkedType([found](const Descriptor& type) { AddPermissions(type, *found); });
    return found;
  }();
  return all;
}

void Collect(const Descriptor& type, absl::flat_hash_set<const Descriptor*>& seen, std::set<std::string>& permissions) {
  if (!seen.insert(&type).second) return;
  if (IsContainer(type)) permissions.insert(EveryPermission().begin(), EveryPermission().end());
  AddPermissions(type, permissions);
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->message_type() != nullptr) Collect(*type.field(i)->message_type(), seen, permissions);
  }
}

bool Hides(const HiddenData& hidden, const FieldDescriptor& field) {
  return IsGuarded(field) && std::find(hidden.begin(), hidden.end(), GuardPermissionOf(field)) != hidden.end();
}

bool Covers(absl::string_view path, absl::string_view other) {
  return path == other || (absl::StartsWith(other, path) && other[path.size()] == '.');
}

class Masker {
 public:
  explicit Masker(const HiddenData& hidden) : hidden_(hidden) {}

  void Mask(Message* message) {
    const Descriptor& type = *message->GetDescriptor();
    if (&type == google::protobuf::Any::descriptor()) return MaskAny(static_cast<google::protobuf::Any*>(message));
    if (&type == Change::descriptor()) return MaskChange(static_cast<Change*>(message));
    if (&type == HistoryEntry::descriptor()) return MaskHistory(static_cast<HistoryEntry*>(message));
    std::vector<const FieldDescriptor*> fields;
    message->GetReflection()->ListFields(*message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (IsHidden(*field)) {
        if (!IsRendered(*field)) MaskField(message, *field);
      } else if (MayHold(*field)) {
        MaskInner(message, *field);
      }
    }
  }

 private:
  bool IsHidden(const FieldDescriptor& field) const { return Hides(hidden_, field); }
  static bool MayHold(const FieldDescriptor& field) {
    return field.message_type() != nullptr && !PersonalPermissions(*field.message_type()).empty();
  }

  static void MaskField(Message* message, const FieldDescriptor& field) {
    const Reflection& reflection = *message->GetReflection();
    if (field.type() != FieldDescriptor::TYPE_STRING) return reflection.ClearField(message, &field);
    if (!field.is_repeated()) return reflection.SetString(message, &field, kPersonalMask);
    for (int i = 0; i < reflection.FieldSize(*message, &field); ++i) {
      reflection.SetRepeatedString(message, &field, i, kPersonalMask);
    }
  }

  void MaskInner(Message* message, const FieldDescriptor& field) {
    const Reflection& reflection = *message->GetReflection();
    if (!field.is_repeated()) return Mask(reflection.MutableMessage(message, &field));
    for (int i = 0; i < reflection.FieldSize(*message, &field); ++i) {
      Mask(reflection.MutableRepeatedMessage(message, &field, i));
    }
  }

  // The serialized message `bytes` with its masks; false if it is not of that type.
  bool MaskBytes(const Descriptor* type, std::string* bytes) {
    if (type == nullptr) return false;
    if (PersonalPermissions(*type).empty()) return true;
    const std::unique_ptr<Message> message(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
    if (!message->ParseFromString(*bytes)) return false;
    Mask(message.get());
    *bytes = message->SerializeAsString();
    return true;
  }

  void MaskAny(google::protobuf::Any* any) {
    const std::string& url = any->type_url();
    const auto* pool = google::protobuf::DescriptorPool::generated_pool();
    if (!MaskBytes(pool->FindMessageTypeByName(url.substr(url.rfind('/') + 1)), any->mutable_value())) {
      any->clear_value();
    }
  }

  void MaskChange(Change* change) {
    if (!MaskBytes(FindResourceType(change->type()), change->mutable_resource())) change->clear_resource();
  }

  void MaskHistory(HistoryEntry* entry) {
    const Descriptor* type = FindResourceType(entry->type());
    if (type != nullptr && PersonalPermissions(*type).empty()) return;
    for (HistoryEntry::FieldChange& change : *entry->mutable_changes()) {
      const FieldDescriptor* field = type == nullptr ? nullptr : type->FindFieldByName(change.field());
      if (field != nullptr && !IsGuarded(*field) && !MayHold(*field)) continue;
      for (std::string* value : {change.mutable_old_value(), change.mutable_new_value()}) {
        if (!value->empty()) MaskJson(field, value);
      }
    }
  }

  // `value`: of `field`, which is null if it is not known any more.
  void MaskJson(const FieldDescriptor* field, std::string* value) {
    const std::string before = absl::StrCat("{\"", field == nullptr ? "" : field->name(), "\":");
    std::string masked = kMaskJson;
    if (field != nullptr) {
      const std::unique_ptr<Message> message(
          google::protobuf::MessageFactory::generated_factory()->GetPrototype(field->containing_type())->New());
      const bool read =
          JsonToMessage(absl::StrCat(before, *value, "}"), message.get(), {.ignore_unknown_fields = true}).ok();
      if (read) {
        Mask(message.get());
        const auto json = MessageToFieldJson(*message);
        const bool shown = json.ok() && absl::StartsWith(*json, before);
        if (shown) masked = json->substr(before.size(), json->size() - before.size() - 1);
      }
    }
    *value = std::move(masked);
  }

  const HiddenData& hidden_;
};

// Finds masks among the values that a request writes.
class MaskFinder {
 public:
  explicit MaskFinder(const HiddenData& hidden) : hidden_(hidden) {}

  void Find(const Message& message, const std::string& prefix) { Find(message, prefix, nullptr, ""); }
  const std::vector<FieldViolation>& found() const { return found_; }
  // The first cost that is set; its name is empty if none is.
  struct Cost {
    std::string name;
    std::string permission;
  };
  const Cost& cost() const { return cost_; }

 private:
  using Paths = google::protobuf::RepeatedPtrField<std::string>;

  // `prefix`: the path of `message` in the request; `within`: in the resource that an update writes. `written`: the
  // paths of that resource that are written; null: all.
  void Find(const Message& message, const std::string& prefix, const Paths* written, const std::string& within) {
    const Reflection& reflection = *message.GetReflection();
    const Paths* const mask = MaskOf(message);
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      const std::string path = absl::StrCat(within, field->name());
      if (IsOutputOnly(*field) || !IsWritten(written, path)) continue;
      const std::string name = absl::StrCat(prefix, field->name());
      if (IsHidden(*field) && IsCost(*field)) {
        if (cost_.name.empty()) cost_ = {name, GuardPermissionOf(*field)};
      } else if (IsHidden(*field)) {
        FindText(message, *field, name);
      } else if (field->message_type() != nullptr && !PersonalPermissions(*field->message_type()).empty()) {
        const bool resource = mask != nullptr && field->message_type()->options().HasExtension(google::api::resource);
        FindInner(message, *field, name, resource ? mask : written, resource ? "" : absl::StrCat(path, "."));
      }
    }
  }

  void FindInner(const Message& message, const FieldDescriptor& field, const std::string& name, const Paths* written,
                 const std::string& within) {
    const Reflection& reflection = *message.GetReflection();
    if (!field.is_repeated()) {
      return Find(reflection.GetMessage(message, &field), absl::StrCat(name, "."), written, within);
    }
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      Find(reflection.GetRepeatedMessage(message, &field, i), absl::StrCat(name, "[", i, "]."), written, within);
    }
  }

  void FindText(const Message& message, const FieldDescriptor& field, const std::string& name) {
    if (field.type() != FieldDescriptor::TYPE_STRING) return;
    const Reflection& reflection = *message.GetReflection();
    if (!field.is_repeated()) {
      if (reflection.GetString(message, &field) == kPersonalMask) Add(name);
      return;
    }
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      if (reflection.GetRepeatedString(message, &field, i) == kPersonalMask) Add(absl::StrCat(name, "[", i, "]"));
    }
  }

  void Add(const std::string& name) {
    if (found_.size() == kMaxViolations) return;
    found_.push_back({name, absl::StrCat("must not be \"", kPersonalMask,
                                         "\", the mask of a value that you may not read: leave the field out of what "
                                         "is written, or send a new value")});
  }

  bool IsHidden(const FieldDescriptor& field) const { return Hides(hidden_, field); }

  // Null: all that is set is written.
  static const Paths* MaskOf(const Message& message) {
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName("update_mask");
    if (field == nullptr || field->message_type() != google::protobuf::FieldMask::descriptor()) return nullptr;
    const auto& mask =
        static_cast<const google::protobuf::FieldMask&>(message.GetReflection()->GetMessage(message, field));
    const auto names_all = [](const std::string& path) { return path == "*"; };
    const bool all = mask.paths().empty() || std::any_of(mask.paths().begin(), mask.paths().end(), names_all);
    return all ? nullptr : &mask.paths();
  }
  static bool IsWritten(const Paths* written, absl::string_view path) {
    return written == nullptr || std::any_of(written->begin(), written->end(), [path](const std::string& one) {
             return Covers(one, path) || Covers(path, one);
           });
  }

  static constexpr size_t kMaxViolations = 100;

  const HiddenData& hidden_;
  std::vector<FieldViolation> found_;
  Cost cost_;
};

}  // namespace

const std::vector<std::string>& PersonalPermissions(const Descriptor& type) {
  static absl::Mutex mutex;
  static auto& known = *new absl::flat_hash_map<const Descriptor*, std::unique_ptr<const std::vector<std::string>>>;
  {
    absl::ReaderMutexLock lock(&mutex);
    if (const auto found = known.find(&type); found != known.end()) return *found->second;
  }
  absl::flat_hash_set<const Descriptor*> seen;
  std::set<std::string> permissions;
  Collect(type, seen, permissions);
  auto made = std::make_unique<const std::vector<std::string>>(permissions.begin(), permissions.end());
  absl::MutexLock lock(&mutex);
  return *known.try_emplace(&type, std::move(made)).first->second;
}

HiddenData HiddenFrom(const Principal& principal, const std::vector<std::string>& permissions) {
  HiddenData hidden;
  for (const std::string& permission : permissions) {
    if (!principal.Has(permission)) hidden.emplace_back(permission);
  }
  return hidden;
}

void MaskPersonalData(const HiddenData& hidden, Message* message) {
  if (!hidden.empty()) Masker(hidden).Mask(message);
}

absl::Status CheckNoMaskWritten(const HiddenData& hidden, const Message& request) {
  if (hidden.empty()) return absl::OkStatus();
  MaskFinder finder(hidden);
  finder.Find(request, "");
  if (const MaskFinder::Cost& cost = finder.cost(); !cost.name.empty()) {
    return WithReason(absl::PermissionDeniedError(absl::StrCat(cost.name,
                                                               ": costs and margins can be set and used only "
                                                               "with the permission ",
                                                               cost.permission)),
                      "PERMISSION_MISSING", {{"permission", cost.permission}, {"field", cost.name}});
  }
  return finder.found().empty() ? absl::OkStatus() : InvalidFields(finder.found());
}

absl::Status CheckComparable(const Principal* principal, const FieldDescriptor& field,
                             absl::string_view request_field) {
  if (!IsGuarded(field)) return absl::OkStatus();
  const std::string permission = GuardPermissionOf(field);
  if (principal != nullptr && principal->Has(permission)) return absl::OkStatus();
  return WithReason(absl::PermissionDeniedError(absl::StrCat(
                        request_field, ": ", field.name(), IsPersonal(field) ? " is personal data" : " is a cost",
                        " and can be compared only with the permission ", permission)),
                    "PERMISSION_MISSING",
                    {{"permission", permission}, {"field", std::string(request_field)}, {"compared", field.name()}});
}

const Descriptor* FindResourceType(absl::string_view type) {
  static const auto& types = *[] {
    auto* const found = new absl::flat_hash_map<std::string, const Descriptor*>;
    EachLinkedType([found](const Descriptor& linked) {
      const std::string& name = linked.options().GetExtension(google::api::resource).type();
      if (!name.empty()) found->emplace(name, &linked);
    });
    return found;
  }();
  const auto found = types.find(type);
  return found == types.end() ? nullptr : found->second;
}

}  // namespace storeops::rpc
