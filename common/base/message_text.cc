#include "common/base/message_text.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/annotations.h"
#include "common/base/field_path.h"
#include "common/base/input_text.h"
#include "common/base/validation.h"

namespace storeops {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kMaxTextViolations = 100;
constexpr int kMaxTextDepth = 100;

// The fields of a type that hold text, or messages with text.
struct TextPlan {
  struct Field {
    const FieldDescriptor* field;
    TextForm form;
    bool repeated;
    bool map;
    bool judged_singly;
    const TextPlan* inner;  // of the messages in it, or of a map's entries; null: it is text
  };
  std::vector<Field> fields;
};

bool IsLookedAt(const FieldDescriptor& field) {
  return !IsOutputOnly(field) && !RulesOf(field).secret() && !IsMoney(field);
}

bool ReachesText(const Descriptor& type, absl::flat_hash_set<const Descriptor*>& seen) {
  if (!seen.insert(&type).second) return false;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsLookedAt(field)) continue;
    if (field.type() == FieldDescriptor::TYPE_STRING) return true;
    if (field.message_type() != nullptr && ReachesText(*field.message_type(), seen)) return true;
  }
  return false;
}

TextForm FormOf(const FieldDescriptor& field) {
  const bool lines = RulesOf(field).multiline() || field.file()->package() == "google.protobuf";
  return lines ? TextForm::kLines : TextForm::kLine;
}

class Plans {
 public:
  const TextPlan& For(const Descriptor& type) {
    {
      absl::ReaderMutexLock lock(&mutex_);
      const auto found = plans_.find(&type);
      if (found != plans_.end()) return *found->second;
    }
    absl::MutexLock lock(&mutex_);
    return Build(type, TextForm::kLine);
  }

 private:
  // `value_form`: of the values of a map, whose rules are those of the map's field.
  const TextPlan& Build(const Descriptor& type, TextForm value_form) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto [place, added] = plans_.try_emplace(&type);
    if (!added) return *place->second;
    place->second = std::make_unique<TextPlan>();
    TextPlan& plan = *place->second;  // in the map before its fields: a type may contain itself
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      if (!IsLookedAt(field)) continue;
      const bool value = type.options().map_entry() && &field == type.map_value();
      TextPlan::Field planned{
          &field, value ? value_form : FormOf(field), field.is_repeated(), field.is_map(), IsJudgedSingly(field),
          nullptr};
      if (field.message_type() != nullptr) {
        absl::flat_hash_set<const Descriptor*> seen;
        if (!ReachesText(*field.message_type(), seen)) continue;
        planned.inner = &Build(*field.message_type(), planned.form);
      } else if (field.type() != FieldDescriptor::TYPE_STRING) {
        continue;
      }
      plan.fields.push_back(planned);
    }
    return plan;
  }

  absl::Mutex mutex_;
  absl::flat_hash_map<const Descriptor*, std::unique_ptr<TextPlan>> plans_ ABSL_GUARDED_BY(mutex_);
};

const TextPlan& TextPlanFor(const Descriptor& type) {
  static Plans& plans = *new Plans();
  return plans.For(type);
}

bool AllPlain(const TextPlan& plan, const Message& message);

bool IsPlain(const TextPlan::Field& plan, const Message& message, const Reflection& reflection) {
  const FieldDescriptor* field = plan.field;
  std::string scratch;
  if (!plan.repeated && plan.inner == nullptr) {
    return IsPlainText(plan.form, reflection.GetStringReference(message, field, &scratch));
  }
  if (!plan.repeated) {
    return !reflection.HasField(message, field) || AllPlain(*plan.inner, reflection.GetMessage(message, field));
  }
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    const bool plain = plan.inner == nullptr
                           ? IsPlainText(plan.form, reflection.GetRepeatedStringReference(message, field, i, &scratch))
                           : AllPlain(*plan.inner, reflection.GetRepeatedMessage(message, field, i));
    if (!plain) return false;
  }
  return true;
}

bool AllPlain(const TextPlan& plan, const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  for (const TextPlan::Field& field : plan.fields) {
    if (!IsPlain(field, message, reflection)) return false;
  }
  return true;
}

class Walker {
 public:
  // `changes`: of a file's text that is cleaned; null: text is only normalized.
  explicit Walker(std::vector<FieldViolation>& violations, std::vector<FieldViolation>* changes = nullptr)
      : violations_(violations), changes_(changes) {}

  void Walk(const TextPlan& plan, Message* message, const FieldPath* parent, int depth) {
    if (depth > kMaxTextDepth) return;  // deeper than any message that can be parsed
    const Reflection& reflection = *message->GetReflection();
    for (const TextPlan::Field& field : plan.fields) {
      FieldPath path{parent, field.field};
      if (field.map) {
        WalkMap(field, message, path, depth);
      } else if (!field.repeated) {
        WalkSingular(field, message, reflection, path, depth);
      } else {
        const int size = reflection.FieldSize(*message, field.field);
        for (path.index = 0; path.index < size; ++path.index) WalkItem(field, message, reflection, path, depth);
      }
    }
  }

 private:
  void Add(const FieldPath& path, absl::string_view what, absl::string_view problem) {
    if (violations_.size() < kMaxTextViolations)
      violations_.push_back({path.ToString(""), absl::StrCat(what, problem)});
  }

  // The text's normal form if it has another; notes what is wrong with it.
  bool Normalize(TextForm form, const std::string& text, const FieldPath& path, absl::string_view what,
                 std::string* normal) {
    if (IsPlainText(form, text)) return false;
    *normal = text;
    if (changes_ != nullptr) {
      std::string change = CleanFileText(form, normal);
      if (!change.empty()) changes_->push_back({path.ToString(""), absl::StrCat(what, change)});
    }
    const std::string problem = NormalizeText(form, normal);
    if (!problem.empty()) Add(path, what, problem);
    return problem.empty() && *normal != text;
  }

  void WalkSingular(const TextPlan::Field& plan, Message* message, const Reflection& reflection, const FieldPath& path,
                    int depth) {
    const FieldDescriptor* field = plan.field;
    if (plan.inner != nullptr) {
      if (!reflection.HasField(*message, field)) return;
      return Walk(*plan.inner, reflection.MutableMessage(message, field), &path, depth + 1);
    }
    std::string scratch;
    std::string normal;
    const std::string& text = reflection.GetStringReference(*message, field, &scratch);
    if (Normalize(plan.form, text, path, "", &normal)) reflection.SetString(message, field, std::move(normal));
  }

  void WalkItem(const TextPlan::Field& plan, Message* message, const Reflection& reflection, const FieldPath& path,
                int depth) {
    const FieldDescriptor* field = plan.field;
    if (plan.judged_singly) {
      std::vector<FieldViolation> for_later;
      return Walker(for_later).Walk(*plan.inner, reflection.MutableRepeatedMessage(message, field, path.index), nullptr,
                                    depth + 1);
    }
    if (plan.inner != nullptr) {
      return Walk(*plan.inner, reflection.MutableRepeatedMessage(message, field, path.index), &path, depth + 1);
    }
    std::string scratch;
    std::string normal;
    const std::string& text = reflection.GetRepeatedStringReference(*message, field, path.index, &scratch);
    if (!Normalize(plan.form, text, path, "", &normal)) return;
    reflection.SetRepeatedString(message, field, path.index, std::move(normal));
  }

  // Not touched unless something in it must change: the library would build the map again.
  void WalkMap(const TextPlan::Field& plan, Message* message, const FieldPath& path, int depth) {
    const Reflection& reflection = *message->GetReflection();
    if (IsPlain(plan, *message, reflection)) return;
    absl::flat_hash_set<std::string> keys;
    for (int i = 0; i < reflection.FieldSize(*message, plan.field); ++i) {
      Message* const entry = reflection.MutableRepeatedMessage(message, plan.field, i);
      const std::string key = MapKeyText(*entry);
      const FieldPath item{path.parent, plan.field, -1, &key};
      for (const TextPlan::Field& part : plan.inner->fields) WalkPart(part, entry, item, depth);
      if (!keys.insert(MapKeyText(*entry)).second) Add(item, "the key ", "is the same as another one in Unicode");
    }
  }

  // The key or the value of an entry.
  void WalkPart(const TextPlan::Field& plan, Message* entry, const FieldPath& item, int depth) {
    const Reflection& reflection = *entry->GetReflection();
    if (plan.inner != nullptr) {
      return Walk(*plan.inner, reflection.MutableMessage(entry, plan.field), &item, depth + 1);
    }
    const bool is_key = plan.field == entry->GetDescriptor()->map_key();
    std::string scratch;
    std::string normal;
    const std::string& text = reflection.GetStringReference(*entry, plan.field, &scratch);
    if (!Normalize(plan.form, text, item, is_key ? "the key " : "", &normal)) return;
    reflection.SetString(entry, plan.field, std::move(normal));
  }

  std::vector<FieldViolation>& violations_;
  std::vector<FieldViolation>* const changes_;
};

}  // namespace

std::vector<FieldViolation> NormalizeTexts(Message* message) {
  std::vector<FieldViolation> violations;
  Walker(violations).Walk(TextPlanFor(*message->GetDescriptor()), message, nullptr, 0);
  return violations;
}

std::vector<FieldViolation> NormalizeFileTexts(Message* message, std::vector<FieldViolation>* changes) {
  std::vector<FieldViolation> violations;
  Walker(violations, changes).Walk(TextPlanFor(*message->GetDescriptor()), message, nullptr, 0);
  return violations;
}

std::vector<FieldViolation> FindItemViolations(const Message& item) {
  std::vector<FieldViolation> violations;
  if (!AllPlain(TextPlanFor(*item.GetDescriptor()), item)) {
    const std::unique_ptr<Message> copy(item.New());
    copy->CopyFrom(item);
    violations = NormalizeTexts(copy.get());
  }
  AddForOtherFields(FindViolations(item), &violations);
  return violations;
}

void AddForOtherFields(std::vector<FieldViolation> more, std::vector<FieldViolation>* violations) {
  for (FieldViolation& violation : more) {
    const auto same_field = [&](const FieldViolation& other) { return other.field == violation.field; };
    if (std::none_of(violations->begin(), violations->end(), same_field)) violations->push_back(std::move(violation));
  }
}

}  // namespace storeops
