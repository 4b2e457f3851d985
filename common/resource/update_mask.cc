#include "common/resource/update_mask.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/annotations.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "google/protobuf/util/message_differencer.h"

namespace storeops::resource {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMaxPaths = 1000;

bool Differs(const Message& a, const Message& b, const FieldDescriptor* field) {
  google::protobuf::util::MessageDifferencer differencer;
  return !differencer.CompareWithFields(a, b, {field}, {field});
}

// The value of `field` moves from `source`, which is a copy that nobody needs afterwards.
void MoveField(Message* source, Message* target, const FieldDescriptor* field) {
  target->GetReflection()->SwapFields(source, target, {field});
}

class MaskApplier {
 public:
  MaskApplier(const std::string& request_prefix, const std::string& sent_prefix)
      : mask_field_(absl::StrCat(request_prefix, "update_mask")), sent_prefix_(sent_prefix) {}

  // `sent` is used up.
  void ApplyAllSet(Message* sent, Message* target) {
    std::vector<const FieldDescriptor*> fields;
    sent->GetReflection()->ListFields(*sent, &fields);
    for (const FieldDescriptor* field : fields) {
      if (IsOutputOnly(*field) || field->name() == "etag") continue;
      if (HasBehavior(*field, google::api::IMMUTABLE) && Differs(*sent, *target, field)) {
        Add(sent_prefix_ + field->name(), "cannot be changed");
        continue;
      }
      MoveField(sent, target, field);
    }
  }

  void ApplyPath(const std::string& path, Message* sent, Message* target) {
    const std::vector<std::string> steps = absl::StrSplit(path, '.');
    for (size_t i = 0; i < steps.size(); ++i) {
      const FieldDescriptor* field = target->GetDescriptor()->FindFieldByName(steps[i]);
      if (field == nullptr) {
        return Add(mask_field_, absl::StrCat("\"", path, "\" is not a field of ", target->GetDescriptor()->name()));
      }
      if (i == 0 && field->name() == "etag") return;
      if (IsOutputOnly(*field)) return Add(mask_field_, absl::StrCat("\"", path, "\" is set by the service only"));
      if (i + 1 == steps.size()) return ApplyLeaf(path, field, sent, target);
      if (field->is_repeated() || field->message_type() == nullptr) {
        return Add(mask_field_, absl::StrCat("\"", path, "\": ", field->name(),
                                             field->is_repeated() ? " is replaced whole" : " has no fields"));
      }
      if (HasBehavior(*field, google::api::IMMUTABLE)) return ApplyLeaf(path, field, sent, target);
      const bool absent =
          !sent->GetReflection()->HasField(*sent, field) && !target->GetReflection()->HasField(*target, field);
      if (absent) return CheckRest(path, steps, i + 1, *field->message_type());
      sent = sent->GetReflection()->MutableMessage(sent, field);
      target = target->GetReflection()->MutableMessage(target, field);
    }
  }

  absl::Status Finish() const { return violations_.empty() ? absl::OkStatus() : InvalidFields(violations_); }

 private:
  void Add(std::string field, std::string description) {
    if (violations_.size() < 100) violations_.push_back({std::move(field), std::move(description)});
  }

  // Nothing to write below a message that neither side has; but the path must still be one.
  void CheckRest(const std::string& path, const std::vector<std::string>& steps, size_t at,
                 const google::protobuf::Descriptor& type) {
    const FieldDescriptor* field = type.FindFieldByName(steps[at]);
    if (field == nullptr) return Add(mask_field_, absl::StrCat("\"", path, "\" is not a field of ", type.name()));
    if (at + 1 == steps.size()) return;
    if (field->is_repeated() || field->message_type() == nullptr) {
      return Add(mask_field_, absl::StrCat("\"", path, "\": ", field->name(), " has no paths below it"));
    }
    CheckRest(path, steps, at + 1, *field->message_type());
  }

  void ApplyLeaf(const std::string& path, const FieldDescriptor* field, Message* sent, Message* target) {
    if (!HasBehavior(*field, google::api::IMMUTABLE)) return MoveField(sent, target, field);
    if (Differs(*sent, *target, field)) Add(mask_field_, absl::StrCat("\"", path, "\" cannot be changed"));
  }

  const std::string mask_field_;
  const std::string& sent_prefix_;
  std::vector<FieldViolation> violations_;
};

// "a" makes "a.b" redundant, and after "a" has moved there is nothing left for "a.b".
std::vector<std::string> DistinctPaths(const google::protobuf::FieldMask& mask) {
  const absl::flat_hash_set<absl::string_view> all(mask.paths().begin(), mask.paths().end());
  const auto covered = [&all](absl::string_view path) {
    for (size_t dot = path.find('.'); dot != absl::string_view::npos; dot = path.find('.', dot + 1)) {
      if (all.contains(path.substr(0, dot))) return true;
    }
    return false;
  };
  std::vector<std::string> distinct;
  absl::flat_hash_set<absl::string_view> seen;
  for (const std::string& path : mask.paths()) {
    if (seen.insert(path).second && !covered(path)) distinct.push_back(path);
  }
  return distinct;
}

}  // namespace

absl::Status ApplyMask(const google::protobuf::FieldMask& mask, const Message& sent, const std::string& request_prefix,
                       const std::string& sent_prefix, Message* target) {
  if (mask.paths_size() > kMaxPaths) {
    return InvalidField(absl::StrCat(request_prefix, "update_mask"),
                        absl::StrCat("must have at most ", kMaxPaths, " paths"));
  }
  const std::unique_ptr<Message> source(sent.New());
  source->CopyFrom(sent);
  ClearOutputOnly(source.get());
  MaskApplier applier(request_prefix, sent_prefix);
  if (mask.paths().empty() || (mask.paths_size() == 1 && mask.paths(0) == "*")) {
    applier.ApplyAllSet(source.get(), target);
  } else {
    for (const std::string& path : DistinctPaths(mask)) applier.ApplyPath(path, source.get(), target);
  }
  return applier.Finish();
}

void ClearOutputOnly(Message* message) {
  const Reflection& reflection = *message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (IsOutputOnly(*field)) {
      reflection.ClearField(message, field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (!field->is_repeated()) {
      ClearOutputOnly(reflection.MutableMessage(message, field));
    } else {
      for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
        ClearOutputOnly(reflection.MutableRepeatedMessage(message, field, i));
      }
    }
  }
}

}  // namespace storeops::resource
