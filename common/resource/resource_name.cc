#include "common/resource/resource_name.h"

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/descriptor.h"

namespace storeops::resource {
namespace {

constexpr size_t kShownCodePoints = 100;

// Takes "orders/12" off the front of `name`; false if that is not there.
bool ConsumePart(absl::string_view collection, absl::string_view& name, int64_t& id) {
  if (!absl::ConsumePrefix(&name, collection) || !absl::ConsumePrefix(&name, "/")) return false;
  if (name.empty() || name[0] == '0') return false;
  size_t digits = 0;
  for (; digits < name.size() && absl::ascii_isdigit(name[digits]); ++digits) {
    const int digit = name[digits] - '0';
    if (id > (std::numeric_limits<int64_t>::max() - digit) / 10) return false;
    id = id * 10 + digit;
  }
  if (digits == 0) return false;
  name.remove_prefix(digits);
  return true;
}

}  // namespace

NamePattern NamePattern::Of(const google::protobuf::Descriptor& type) {
  const auto& resource = type.options().GetExtension(google::api::resource);
  return resource.pattern_size() == 1 ? NamePattern(resource.pattern(0)) : NamePattern("");
}

NamePattern NamePattern::parent() const {
  if (!has_parent()) return NamePattern("");
  return NamePattern(text_.substr(0, collection().data() - text_.data() - 1));
}

std::optional<NameIds> NamePattern::Match(absl::string_view name) const {
  if (!ok_) return std::nullopt;
  NameIds ids;
  if (has_parent() && (!ConsumePart(parents_, name, ids.parent) || !absl::ConsumePrefix(&name, "/"))) {
    return std::nullopt;
  }
  if (!ConsumePart(collection_, name, ids.id) || !name.empty()) return std::nullopt;
  return ids;
}

int64_t NamePattern::IdIn(absl::string_view name) const {
  const auto ids = Match(name);
  return ids.has_value() ? ids->id : 0;
}

std::string NamePattern::Problem(absl::string_view name) const {
  if (name.empty()) return "is required";
  return absl::StrCat("must be a name of the form ", text_, ", got \"", TruncateCodePoints(name, kShownCodePoints),
                      "\"");
}

absl::StatusOr<NameIds> NamePattern::Parse(absl::string_view name, absl::string_view field) const {
  if (const auto ids = Match(name)) return *ids;
  return InvalidField(field, Problem(name));
}

absl::StatusOr<int64_t> NamePattern::ParseId(absl::string_view name, absl::string_view field) const {
  ASSIGN_OR_RETURN(const NameIds ids, Parse(name, field));
  return ids.id;
}

absl::StatusOr<int64_t> NamePattern::ParseIdOrAny(absl::string_view name, absl::string_view field) const {
  absl::string_view rest = name;
  if (absl::ConsumePrefix(&rest, collection()) && rest == "/-") return 0;
  return ParseId(name, field);
}

std::string NamePattern::Format(NameIds ids) const {
  if (!has_parent()) return absl::StrCat(collection_, "/", ids.id);
  if (ids.parent == 0) return absl::StrCat(parents_, "/-/", collection_, "/", ids.id);
  return absl::StrCat(parents_, "/", ids.parent, "/", collection_, "/", ids.id);
}

}  // namespace storeops::resource
