#include "services/gateway/http/openapi.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/api/field_behavior.pb.h"
#include "services/gateway/http/json_text.h"
#include "services/gateway/http/openapi_schema.h"

namespace storeops::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Kind = PathSegment::Kind;

// Nested fields offered as query parameters: enough for filters, an end for messages that hold themselves.
constexpr size_t kMaxQueryDepth = 3;

constexpr absl::string_view kErrorSchema =
    R"({"type":"object","required":["error"],"properties":{"error":{"type":"object","required":["code","status","message"],)"
    R"("properties":{"code":{"type":"integer","format":"int32"},"status":{"type":"string"},"message":{"type":"string"},)"
    R"("details":{"type":"array","items":{"type":"object","properties":{"@type":{"type":"string"}},)"
    R"("additionalProperties":true}}}}}})";

std::string Parameter(absl::string_view name, absl::string_view in, bool required, const std::string& schema) {
  return JsonObject(
      {{"name", JsonQuote(name)}, {"in", JsonQuote(in)}, {"required", required ? "true" : ""}, {"schema", schema}});
}

// "/v1/products/{product}:undelete" with the names of its parameters. A name comes from the literal before it, so that
// one path has one spelling, whatever the field is called.
std::pair<std::string, std::vector<std::string>> PathOf(const PathTemplate& path_template) {
  std::string path;
  std::vector<std::string> names;
  std::string literal = "id";
  for (const auto& segment : path_template.segments) {
    if (segment.kind == Kind::kLiteral) {
      literal = segment.literal;
      absl::StrAppend(&path, "/", literal);
      continue;
    }
    std::string name(absl::StripSuffix(literal, "s"));
    while (std::find(names.begin(), names.end(), name) != names.end()) name.push_back('_');
    absl::StrAppend(&path, "/{", name, "}");
    names.push_back(std::move(name));
  }
  if (!path_template.verb.empty()) absl::StrAppend(&path, ":", path_template.verb);
  return {path, names};
}

class Document {
 public:
  Document(const RestRouter& router, absl::string_view version) : version_(version) {
    for (const auto& route : router.routes()) {
      if (route->method->unary_call()) AddOperation(*route);
    }
  }

  std::string ToJson() const {
    JsonMembers paths;
    for (const auto& [path, operations] : paths_) paths.emplace_back(path, JsonObject(operations));
    JsonMembers schemas(schemas_.components().begin(), schemas_.components().end());
    schemas.emplace_back("Error", std::string(kErrorSchema));
    std::vector<std::string> tags;
    for (const auto& tag : tags_) tags.push_back(JsonObject({{"name", JsonQuote(tag)}}));
    const std::string components =
        JsonObject({{"schemas", JsonObject(schemas)},
                    {"securitySchemes", R"({"bearer":{"type":"http","scheme":"bearer"}})"},
                    {"responses", R"({"Error":{"description":"What went wrong and how to mend it.","content":)"
                                  R"({"application/json":{"schema":{"$ref":"#/components/schemas/Error"}}}}})"}});
    return JsonObject({{"openapi", JsonQuote("3.0.3")},
                       {"info", JsonObject({{"title", JsonQuote("StoreOps")}, {"version", JsonQuote(version_)}})},
                       {"security", R"([{"bearer":[]}])"},
                       {"tags", JsonArray(tags)},
                       {"paths", JsonObject(paths)},
                       {"components", components}});
  }

 private:
  void AddOperation(const Route& route) {
    const rpc::Method& method = *route.method;
    const auto [path, names] = PathOf(route.path);
    std::vector<std::string> parameters;
    for (const auto& name : names) parameters.push_back(Parameter(name, "path", true, R"({"type":"string"})"));
    if (route.body != Route::Body::kWhole) AddQuery(route, *method.request->GetDescriptor(), {}, parameters);
    const std::string service = method.descriptor->service()->name();
    tags_.insert(service);
    JsonMembers members = {
        {"operationId", JsonQuote(OperationId(method))},
        {"tags", JsonArray({JsonQuote(service)})},
        {"parameters", parameters.empty() ? "" : JsonArray(parameters)},
        {"requestBody", RequestBody(route)},
        {"responses",
         JsonObject({{"200", JsonObject({{"description", JsonQuote("OK")},
                                         {"content", Json(schemas_.Message(*method.response->GetDescriptor()))}})},
                     {"default", R"({"$ref":"#/components/responses/Error"})"}})},
        {"security", method.access.public_() ? "[]" : ""},
        {"x-permission", method.access.permission().empty() ? "" : JsonQuote(method.access.permission())},
        {"x-rpc", JsonQuote(method.full_name)}};
    auto found =
        std::find_if(paths_.begin(), paths_.end(), [&p = path](const auto& entry) { return entry.first == p; });
    if (found == paths_.end()) found = paths_.insert(paths_.end(), {path, {}});
    found->second.emplace_back(absl::AsciiStrToLower(route.verb), JsonObject(members));
  }

  static std::string Json(const std::string& schema) {
    return JsonObject({{"application/json", JsonObject({{"schema", schema}})}});
  }

  std::string OperationId(const rpc::Method& method) {
    const std::string base = absl::StrCat(method.descriptor->service()->name(), "_", method.descriptor->name());
    std::string id = base;
    for (int i = 2; !operation_ids_.insert(id).second; ++i) id = absl::StrCat(base, "_", i);
    return id;
  }

  std::string RequestBody(const Route& route) {
    if (route.body == Route::Body::kNone) return "";
    std::string schema;
    const auto in_path = [&route](const FieldDescriptor& field) {
      return std::any_of(route.variables.begin(), route.variables.end(),
                         [&field](const FieldPath& path) { return path.size() == 1 && path[0] == &field; });
    };
    if (route.body == Route::Body::kField) {
      schema = schemas_.Message(*route.body_field->message_type());
    } else if (route.variables.empty()) {
      schema = schemas_.Message(*route.method->request->GetDescriptor());
    } else {
      schema = schemas_.Inline(*route.method->request->GetDescriptor(), in_path);
    }
    // No body is an empty one: it may be left out where nothing in it is required.
    const Descriptor& type = *route.method->request->GetDescriptor();
    bool required = false;
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const bool in_body = route.body == Route::Body::kField ? &field == route.body_field : !in_path(field);
      required |= in_body && HasBehavior(field, google::api::REQUIRED);
    }
    return JsonObject({{"required", required ? "true" : ""}, {"content", Json(schema)}});
  }

  // Fields that are neither in the path nor in the body.
  void AddQuery(const Route& route, const Descriptor& type, const FieldPath& prefix,
                std::vector<std::string>& parameters) {
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      FieldPath path = prefix;
      path.push_back(&field);
      const bool taken = std::find(route.variables.begin(), route.variables.end(), path) != route.variables.end();
      if (taken || path.front() == route.body_field || field.is_map()) continue;
      const bool message = field.message_type() != nullptr && !IsTextMessage(*field.message_type());
      if (!message) {
        const std::string name =
            absl::StrJoin(path, ".", [](std::string* out, const FieldDescriptor* f) { out->append(f->json_name()); });
        const bool required = prefix.empty() && HasBehavior(field, google::api::REQUIRED);
        parameters.push_back(Parameter(name, "query", required, schemas_.Field(field)));
      } else if (!field.is_repeated() && path.size() < kMaxQueryDepth) {
        AddQuery(route, *field.message_type(), path, parameters);
      }
    }
  }

  const std::string version_;
  OpenApiSchemas schemas_;
  std::vector<std::pair<std::string, JsonMembers>> paths_;
  std::set<std::string> tags_;
  std::set<std::string> operation_ids_;
};

}  // namespace

std::string OpenApiDocument(const RestRouter& router, absl::string_view version) {
  return Document(router, version).ToJson();
}

}  // namespace storeops::gateway
