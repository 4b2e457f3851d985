#include "services/gateway/http/rest_binding.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/rpc/json.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/struct.pb.h"
#include "services/gateway/http/percent.h"

namespace storeops::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status BindBody(const Route& route, absl::string_view body, Message* message) {
  switch (route.body) {
    case Route::Body::kNone:
      if (body.empty()) return absl::OkStatus();
      return absl::InvalidArgumentError(absl::StrCat(route.method->full_name, " takes no body here"));
    case Route::Body::kWhole:
      return rpc::JsonToMessage(body, message);
    case Route::Body::kField:
      return PrefixFields(rpc::JsonToMessage(body, message->GetReflection()->MutableMessage(message, route.body_field)),
                          absl::StrCat(route.body_field->name(), "."));
  }
  return absl::OkStatus();
}

absl::Status BindPath(const Route& route, const PathParts& path, Message* message) {
  ASSIGN_OR_RETURN(const std::vector<std::string> values, Capture(route.path, path));
  for (size_t i = 0; i < values.size(); ++i) {
    // The body may name it as well; the path decides.
    RETURN_IF_ERROR(SetFieldFromText(route.variables[i], values[i], route.path.variables[i].field_path, message));
  }
  return absl::OkStatus();
}

bool IsBoundElsewhere(const Route& route, const FieldPath& field) {
  if (route.body == Route::Body::kWhole) return true;
  if (route.body == Route::Body::kField && field.front() == route.body_field) return true;
  return std::find(route.variables.begin(), route.variables.end(), field) != route.variables.end();
}

absl::Status BindQuery(const Route& route, absl::string_view query, Message* message) {
  if (query.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const QueryPairs pairs, ParseQuery(query));
  absl::flat_hash_set<FieldPath> seen;
  for (const auto& [name, value] : pairs) {
    const auto field = ResolveFieldPath(*message->GetDescriptor(), name);
    if (!field.ok()) return InvalidField(name, "is no query parameter of this method");
    if (IsBoundElsewhere(route, *field)) return InvalidField(name, "is not taken from the query of this method");
    if (!seen.insert(*field).second && !field->back()->is_repeated()) return InvalidField(name, "is given twice");
    RETURN_IF_ERROR(SetFieldFromText(*field, value, name, message));
  }
  return absl::OkStatus();
}

bool IsOutputOnly(const FieldDescriptor& field) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == google::api::OUTPUT_ONLY) return true;
  }
  return false;
}

bool IsInPath(const Route& route, const FieldDescriptor& field) {
  return std::any_of(route.variables.begin(), route.variables.end(), [&](const FieldPath& variable) {
    return variable.size() > 1 && variable[0] == route.body_field && variable[1] == &field;
  });
}

// Also fields that the body sets to null or to their default: that is how they are cleared.
absl::Status DeriveMask(const Route& route, absl::string_view body, Message* message) {
  const auto& reflection = *message->GetReflection();
  if (route.mask_field == nullptr || reflection.HasField(*message, route.mask_field)) return absl::OkStatus();
  google::protobuf::Struct keys;
  RETURN_IF_ERROR(rpc::JsonToMessage(body, &keys));
  auto* mask = static_cast<google::protobuf::FieldMask*>(reflection.MutableMessage(message, route.mask_field));
  const auto* type = route.body_field->message_type();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor& field = *type->field(i);
    if (!keys.fields().contains(field.name()) && !keys.fields().contains(field.json_name())) continue;
    if (field.name() == "etag" || IsOutputOnly(field) || IsInPath(route, field)) continue;
    mask->add_paths(field.name());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BindRequest(const Route& route, const PathParts& path, absl::string_view query, absl::string_view body,
                         Message* message) {
  RETURN_IF_ERROR(BindBody(route, body, message));
  RETURN_IF_ERROR(BindPath(route, path, message));
  RETURN_IF_ERROR(BindQuery(route, query, message));
  return DeriveMask(route, body, message);
}

}  // namespace storeops::gateway
