#include "common/base/validation.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "common/base/annotations.h"
#include "common/base/field_path.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/base/visible_text.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "re2/re2.h"

namespace storeops {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using storeops::options::v1::FieldRules;

constexpr size_t kMaxViolations = 100;
constexpr int kMaxDepth = 100;
constexpr uint32_t kDefaultMaxLength = 1024;
constexpr uint32_t kDefaultMaxItems = 1000;
constexpr uint32_t kMaxUniqueLength = 190;

struct TypePlan;

// What is checked of one field.
struct FieldPlan {
  const FieldDescriptor* field;
  // Of the descriptor, which takes longer to tell.
  FieldDescriptor::CppType type;
  bool is_text;  // not bytes
  bool repeated;
  bool has_presence;
  const FieldRules* rules;
  bool required;
  bool money;
  bool resource;  // a message with a table of its own
  bool judged_singly;
  uint32_t max_length;
  uint32_t max_items;
  std::shared_ptr<const RE2> pattern;  // null: none
  // Of the messages in it. Found at the first use, because a type may contain itself.
  std::shared_ptr<std::atomic<const TypePlan*>> inner = std::make_shared<std::atomic<const TypePlan*>>(nullptr);
};

struct TypePlan {
  enum class Special { kNone, kTimestamp, kDuration };
  Special special = Special::kNone;
  std::vector<FieldPlan> fields;
};

// Length and pattern rules make sense for text, and for the keys and values of maps of text.
bool HoldsText(const FieldDescriptor& field) {
  if (field.is_map()) return HoldsText(*field.message_type()->map_value());
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

uint32_t MaxLength(const FieldDescriptor& field, const FieldRules& rules) {
  const uint32_t fallback = field.type() == FieldDescriptor::TYPE_BYTES ? UINT32_MAX : kDefaultMaxLength;
  const uint32_t limit = rules.max_length() == 0 ? fallback : rules.max_length();
  return rules.unique().empty() ? limit : std::min(limit, kMaxUniqueLength);
}

// One for all fields that have the same pattern: to compile it takes longer than all else about a field.
std::shared_ptr<const RE2> CompilePattern(const FieldRules& rules) {
  if (rules.pattern().empty()) return nullptr;
  static absl::Mutex mutex;
  static auto& compiled = *new absl::flat_hash_map<std::string, std::shared_ptr<const RE2>>();
  absl::MutexLock lock(&mutex);
  std::shared_ptr<const RE2>& pattern = compiled[rules.pattern()];
  if (pattern != nullptr) return pattern;
  RE2::Options options;
  options.set_log_errors(false);
  pattern = std::make_shared<const RE2>(rules.pattern(), options);
  return pattern;
}

TypePlan Compile(const Descriptor& type) {
  TypePlan plan;
  if (&type == google::protobuf::Timestamp::descriptor()) plan.special = TypePlan::Special::kTimestamp;
  if (&type == google::protobuf::Duration::descriptor()) plan.special = TypePlan::Special::kDuration;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsOutputOnly(field)) continue;
    const FieldRules& rules = RulesOf(field);
    const bool resource = field.message_type() != nullptr && !TableOf(*field.message_type()).empty();
    plan.fields.push_back({&field, field.cpp_type(), field.type() == FieldDescriptor::TYPE_STRING, field.is_repeated(),
                           field.has_presence(), &rules, HasBehavior(field, google::api::REQUIRED), IsMoney(field),
                           resource, IsJudgedSingly(field), MaxLength(field, rules),
                           rules.max_items() == 0 ? kDefaultMaxItems : rules.max_items(), CompilePattern(rules)});
  }
  return plan;
}

const TypePlan& PlanFor(const Descriptor& type) {
  static absl::Mutex mutex;
  static auto& plans = *new absl::flat_hash_map<const Descriptor*, std::unique_ptr<const TypePlan>>();
  {
    absl::ReaderMutexLock lock(&mutex);
    const auto found = plans.find(&type);
    if (found != plans.end()) return *found->second;
  }
  auto plan = std::make_unique<const TypePlan>(Compile(type));
  absl::MutexLock lock(&mutex);
  return *plans.try_emplace(&type, std::move(plan)).first->second;
}

const TypePlan& PlanOf(const FieldPlan& field, const Message& value) {
  const TypePlan* plan = field.inner->load(std::memory_order_acquire);
  if (plan == nullptr) {
    plan = &PlanFor(*value.GetDescriptor());
    field.inner->store(plan, std::memory_order_release);
  }
  return *plan;
}

class Checker {
 public:
  Checker(const ValidationOptions& options, std::vector<FieldViolation>& violations)
      : options_(options), violations_(violations) {}

  void CheckMessage(const TypePlan& plan, const Message& message, const FieldPath* parent, int depth) {
    if (depth > kMaxDepth) return;  // deeper than any message that can be parsed
    if (plan.special != TypePlan::Special::kNone && parent != nullptr) CheckTime(plan, message, *parent);
    const Subject subject{message, *message.GetReflection()};
    for (const FieldPlan& field : plan.fields) {
      if (violations_.size() >= kMaxViolations) return;
      const FieldPath path{parent, field.field};
      if (field.repeated) {
        CheckRepeated(field, subject, path, depth);
      } else {
        CheckSingular(field, subject, path, depth);
      }
    }
  }

 private:
  // A message beside what it takes longer to ask for than to use.
  struct Subject {
    const Message& message;
    const Reflection& reflection;
  };

  void Add(const FieldPath& path, std::string description) {
    if (violations_.size() < kMaxViolations) {
      violations_.push_back({path.ToString(options_.prefix), std::move(description)});
    }
  }

  void CheckTime(const TypePlan& plan, const Message& message, const FieldPath& path) {
    if (plan.special == TypePlan::Special::kTimestamp) {
      const auto& time = static_cast<const google::protobuf::Timestamp&>(message);
      const bool in_range = time.seconds() >= -62'135'596'800 && time.seconds() <= 253'402'300'799 &&
                            time.nanos() >= 0 && time.nanos() <= 999'999'999;
      if (!in_range) Add(path, "must lie between 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z");
      return;
    }
    const auto& duration = static_cast<const google::protobuf::Duration&>(message);
    const bool same_sign =
        (duration.seconds() >= 0 && duration.nanos() >= 0) || (duration.seconds() <= 0 && duration.nanos() <= 0);
    const bool in_range = std::abs(duration.seconds()) <= 315'576'000'000 && std::abs(duration.nanos()) <= 999'999'999;
    if (!in_range || !same_sign) {
      Add(path, "must be at most 10,000 years, with seconds and nanos of the same sign");
    }
  }

  void CheckSingular(const FieldPlan& plan, const Subject& subject, const FieldPath& path, int depth) {
    const auto& [message, reflection] = subject;
    const FieldDescriptor* field = plan.field;
    if (plan.has_presence && !reflection.HasField(message, field)) return CheckAbsent(plan, path);
    switch (plan.type) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (plan.resource && options_.skip_resources) return;
        return CheckMessageValue(plan, reflection.GetMessage(message, field), path, depth);
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch;
        const std::string& text = reflection.GetStringReference(message, field, &scratch);
        if (text.empty() && !plan.has_presence) return CheckAbsent(plan, path);
        return CheckText(plan, text, path);
      }
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int value = reflection.GetEnumValue(message, field);
        if (value == 0 && !plan.has_presence) return CheckAbsent(plan, path);
        return CheckEnum(*field, value, path);
      }
      default:
        // A number or bool without presence cannot be told from one that was sent as 0 or false.
        CheckNumber(plan, subject, path, -1);
    }
  }

  void CheckAbsent(const FieldPlan& plan, const FieldPath& path) {
    if (plan.required) Add(path, "is required");
  }

  void CheckRepeated(const FieldPlan& plan, const Subject& subject, const FieldPath& path, int depth) {
    const auto& [message, reflection] = subject;
    const FieldDescriptor* field = plan.field;
    const uint32_t size = reflection.FieldSize(message, field);
    if (size == 0) return CheckAbsent(plan, path);
    if (size < plan.rules->min_items()) {
      Add(path, absl::StrCat("must have at least ", plan.rules->min_items(), " items, has ", size));
    }
    if (size > plan.max_items) {
      Add(path, absl::StrCat("must have at most ", plan.max_items, " items, has ", size));
      return;
    }
    if (plan.judged_singly) return;
    for (uint32_t i = 0; i < size && violations_.size() < kMaxViolations; ++i) {
      if (field->is_map()) {
        CheckEntry(plan, reflection.GetRepeatedMessage(message, field, i), path, depth);
        continue;
      }
      const FieldPath item{path.parent, field, static_cast<int>(i)};
      CheckItem(plan, subject, item, depth);
    }
  }

  void CheckItem(const FieldPlan& plan, const Subject& subject, const FieldPath& item, int depth) {
    const auto& [message, reflection] = subject;
    const FieldDescriptor* field = plan.field;
    switch (plan.type) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (!(plan.resource && options_.skip_resources)) {
          CheckMessageValue(plan, reflection.GetRepeatedMessage(message, field, item.index), item, depth);
        }
        break;
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch;
        CheckText(plan, reflection.GetRepeatedStringReference(message, field, item.index, &scratch), item);
        break;
      }
      case FieldDescriptor::CPPTYPE_ENUM:
        CheckEnum(*field, reflection.GetRepeatedEnumValue(message, field, item.index), item);
        break;
      default:
        CheckNumber(plan, subject, item, item.index);
    }
  }

  void CheckEntry(const FieldPlan& plan, const Message& entry, const FieldPath& path, int depth) {
    const std::string key = MapKeyText(entry);
    const FieldPath item{path.parent, plan.field, -1, &key};
    const FieldDescriptor* key_field = entry.GetDescriptor()->map_key();
    const FieldDescriptor* value_field = entry.GetDescriptor()->map_value();
    if (key_field->type() == FieldDescriptor::TYPE_STRING) CheckLength(plan, key, item, "the key ", true);
    FieldPlan value_plan = plan;
    value_plan.field = value_field;
    value_plan.type = value_field->cpp_type();
    value_plan.is_text = value_field->type() == FieldDescriptor::TYPE_STRING;
    value_plan.money = IsMoney(*value_field);
    const Reflection& reflection = *entry.GetReflection();
    switch (value_plan.type) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        CheckMessageValue(value_plan, reflection.GetMessage(entry, value_field), item, depth);
        break;
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch;
        CheckText(value_plan, reflection.GetStringReference(entry, value_field, &scratch), item);
        break;
      }
      case FieldDescriptor::CPPTYPE_ENUM:
        CheckEnum(*value_field, reflection.GetEnumValue(entry, value_field), item);
        break;
      default:
        CheckNumber(value_plan, {entry, reflection}, item, -1);
    }
  }

  void CheckMessageValue(const FieldPlan& plan, const Message& value, const FieldPath& path, int depth) {
    if (plan.money) {
      CheckMoney(plan, value, path);
    } else {
      CheckMessage(PlanOf(plan, value), value, &path, depth + 1);
    }
  }

  void CheckMoney(const FieldPlan& plan, const Message& value, const FieldPath& path) {
    const auto& money = static_cast<const google::type::Money&>(value);
    const auto minor = MoneyToMinor(money);
    if (!minor.ok()) {
      Add(path, std::string(minor.status().message()));
      return;
    }
    const auto bound = [&](int64_t limit) { return FormatMoney(MoneyFromMinor(limit, money.currency_code())); };
    if (plan.rules->has_min() && *minor < plan.rules->min()) {
      Add(path, absl::StrCat("must be at least ", bound(plan.rules->min()), ", is ", FormatMoney(money)));
    } else if (plan.rules->has_max() && *minor > plan.rules->max()) {
      Add(path, absl::StrCat("must be at most ", bound(plan.rules->max()), ", is ", FormatMoney(money)));
    }
  }

  // False if the text cannot be used further.
  bool CheckLength(const FieldPlan& plan, const std::string& text, const FieldPath& path, absl::string_view what,
                   bool is_text) {
    size_t length = text.size();
    if (is_text) {
      const std::optional<size_t> code_points = CountCodePoints(text);
      if (!code_points.has_value()) {
        Add(path, absl::StrCat(what, "must be valid UTF-8"));
        return false;
      }
      length = *code_points;
    }
    const char* unit = is_text ? " characters" : " bytes";
    if (length > plan.max_length) {
      Add(path, absl::StrCat(what, "must be at most ", plan.max_length, unit, ", has ", length));
      return false;
    }
    if (length < plan.rules->min_length()) {
      Add(path, absl::StrCat(what, "must be at least ", plan.rules->min_length(), unit, ", has ", length));
      return false;
    }
    return true;
  }

  void CheckText(const FieldPlan& plan, const std::string& text, const FieldPath& path) {
    if (!CheckLength(plan, text, path, "", plan.is_text)) return;
    // To the servers' key comparison, blanks at the end do not count.
    if (!plan.rules->unique().empty() && absl::EndsWith(text, " ")) Add(path, "must not end with a blank");
    if (plan.pattern == nullptr || text.empty()) return;
    if (RE2::FullMatch(text, *plan.pattern)) return;
    // The value of a secret or personal field is not for logs.
    const bool shown = !plan.rules->secret() && !IsPersonal(*plan.field);
    Add(path, absl::StrCat("must match ", plan.rules->pattern(), shown ? absl::StrCat(", is ", Visible(text)) : ""));
  }

  void CheckEnum(const FieldDescriptor& field, int value, const FieldPath& path) {
    const auto& type = *field.enum_type();
    if (type.FindValueByNumber(value) != nullptr) return;
    Add(path, absl::StrCat("must be one of ", EnumNames(type), ", is ", value));
  }

  // `index` is the place in a list, or -1.
  void CheckNumber(const FieldPlan& plan, const Subject& subject, const FieldPath& path, int index) {
    const auto& [message, reflection] = subject;
    const FieldDescriptor* field = plan.field;
    switch (plan.type) {
      case FieldDescriptor::CPPTYPE_INT32:
        return CheckBounds<int64_t>(
            plan, path,
            index < 0 ? reflection.GetInt32(message, field) : reflection.GetRepeatedInt32(message, field, index));
      case FieldDescriptor::CPPTYPE_INT64:
        return CheckBounds<int64_t>(
            plan, path,
            index < 0 ? reflection.GetInt64(message, field) : reflection.GetRepeatedInt64(message, field, index));
      case FieldDescriptor::CPPTYPE_UINT32:
        return CheckBounds<int64_t>(
            plan, path,
            index < 0 ? reflection.GetUInt32(message, field) : reflection.GetRepeatedUInt32(message, field, index));
      case FieldDescriptor::CPPTYPE_UINT64: {
        const uint64_t value =
            index < 0 ? reflection.GetUInt64(message, field) : reflection.GetRepeatedUInt64(message, field, index);
        // Tables keep 63 bits.
        if (value > static_cast<uint64_t>(INT64_MAX)) return Add(path, absl::StrCat("must be at most ", INT64_MAX));
        return CheckBounds<int64_t>(plan, path, static_cast<int64_t>(value));
      }
      case FieldDescriptor::CPPTYPE_FLOAT:
        return CheckBounds<double>(
            plan, path,
            index < 0 ? reflection.GetFloat(message, field) : reflection.GetRepeatedFloat(message, field, index));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return CheckBounds<double>(
            plan, path,
            index < 0 ? reflection.GetDouble(message, field) : reflection.GetRepeatedDouble(message, field, index));
      default:
        return;  // bool
    }
  }

  template <class Number>
  void CheckBounds(const FieldPlan& plan, const FieldPath& path, Number value) {
    if constexpr (std::is_same_v<Number, double>) {
      if (!std::isfinite(value)) return Add(path, "must be a finite number");
    }
    if (plan.rules->has_min() && value < static_cast<Number>(plan.rules->min())) {
      Add(path, absl::StrCat("must be at least ", plan.rules->min(), ", is ", value));
    } else if (plan.rules->has_max() && value > static_cast<Number>(plan.rules->max())) {
      Add(path, absl::StrCat("must be at most ", plan.rules->max(), ", is ", value));
    }
  }

  const ValidationOptions& options_;
  std::vector<FieldViolation>& violations_;
};

bool TakesBounds(const FieldDescriptor& field) {
  if (field.is_map()) return TakesBounds(*field.message_type()->map_value());
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_ENUM:
      return false;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return IsMoney(field);
    default:
      return true;
  }
}

void FindMistakes(const Descriptor& type, absl::flat_hash_set<const Descriptor*>& seen,
                  std::vector<std::string>& mistakes) {
  if (!seen.insert(&type).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const FieldRules& rules = RulesOf(field);
    const auto add = [&](absl::string_view what) { mistakes.push_back(absl::StrCat(field.full_name(), ": ", what)); };
    const auto pattern = CompilePattern(rules);
    if (pattern != nullptr && !pattern->ok()) add(absl::StrCat("pattern: ", pattern->error()));
    const bool text_rules = pattern != nullptr || rules.min_length() != 0 || rules.max_length() != 0;
    if (text_rules && !HoldsText(field)) add("length and pattern rules are for text");
    if (rules.multiline() && !HoldsText(field)) add("multiline is for text");
    if (rules.max_length() != 0 && rules.min_length() > rules.max_length()) add("min_length is above max_length");
    if ((rules.has_min() || rules.has_max()) && !TakesBounds(field)) add("min and max are for numbers and money");
    if (rules.has_min() && rules.has_max() && rules.min() > rules.max()) add("min is above max");
    if ((rules.min_items() != 0 || rules.max_items() != 0) && !field.is_repeated()) add("item rules are for lists");
    if (IsJudgedSingly(field) && (!field.is_repeated() || field.is_map() || field.message_type() == nullptr)) {
      add("judged_singly is for lists of messages");
    }
    if (rules.max_items() != 0 && rules.min_items() > rules.max_items()) add("min_items is above max_items");
    if (!rules.unique().empty() && (field.is_repeated() || field.type() != FieldDescriptor::TYPE_STRING)) {
      add("unique is for single text fields");
    }
    if (IsPersonal(field)) {
      const auto& personal = field.options().GetExtension(storeops::options::v1::personal);
      if (personal.subject() == storeops::options::v1::Personal::SUBJECT_UNSPECIFIED) add("personal has no subject");
      if (field.is_map()) add("personal is not for maps: annotate the fields of their values");
    }
    if (field.message_type() != nullptr) FindMistakes(*field.message_type(), seen, mistakes);
  }
}

}  // namespace

std::vector<FieldViolation> FindViolations(const Message& message, const ValidationOptions& options) {
  std::vector<FieldViolation> violations;
  Checker(options, violations).CheckMessage(PlanFor(*message.GetDescriptor()), message, nullptr, 0);
  return violations;
}

absl::Status Validate(const Message& message, const ValidationOptions& options) {
  const std::vector<FieldViolation> violations = FindViolations(message, options);
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

absl::Status CheckAnnotations(const Descriptor& type) {
  absl::flat_hash_set<const Descriptor*> seen;
  std::vector<std::string> mistakes;
  FindMistakes(type, seen, mistakes);
  if (mistakes.empty()) return absl::OkStatus();
  return absl::InternalError(absl::StrJoin(mistakes, "; "));
}

}  // namespace storeops
