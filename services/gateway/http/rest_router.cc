#include "services/gateway/http/rest_router.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "google/api/annotations.pb.h"
#include "services/gateway/http/percent.h"

namespace storeops::gateway {
namespace {

using google::api::HttpRule;
using google::protobuf::FieldDescriptor;
using Kind = PathSegment::Kind;

std::pair<std::string, std::string> VerbAndPath(const HttpRule& rule) {
  switch (rule.pattern_case()) {
    case HttpRule::kGet:
      return {"GET", rule.get()};
    case HttpRule::kPut:
      return {"PUT", rule.put()};
    case HttpRule::kPost:
      return {"POST", rule.post()};
    case HttpRule::kDelete:
      return {"DELETE", rule.delete_()};
    case HttpRule::kPatch:
      return {"PATCH", rule.patch()};
    case HttpRule::kCustom:
      return {rule.custom().kind(), rule.custom().path()};
    case HttpRule::PATTERN_NOT_SET:
      break;
  }
  return {"", ""};
}

absl::Status Bad(const rpc::Method& method, absl::string_view why) {
  return absl::InternalError(absl::StrCat("google.api.http rule of ", method.full_name, ": ", why));
}

absl::Status SetBody(const rpc::Method& method, const HttpRule& rule, Route& route) {
  if (!rule.response_body().empty()) return Bad(method, "response_body is not supported");
  if (rule.body().empty()) return absl::OkStatus();
  if (route.verb == "GET" || route.verb == "DELETE") return Bad(method, "GET and DELETE have no body");
  if (rule.body() == "*") {
    route.body = Route::Body::kWhole;
    return absl::OkStatus();
  }
  route.body = Route::Body::kField;
  route.body_field = method.request->GetDescriptor()->FindFieldByName(rule.body());
  if (route.body_field == nullptr || route.body_field->is_repeated() ||
      route.body_field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return Bad(method, absl::StrCat("the body ", rule.body(), " is not a single message of the request"));
  }
  const auto* mask = method.request->GetDescriptor()->FindFieldByName("update_mask");
  const bool is_mask = mask != nullptr && mask->message_type() != nullptr && !mask->is_repeated() &&
                       mask->message_type()->full_name() == "google.protobuf.FieldMask";
  if (route.verb == "PATCH" && is_mask) route.mask_field = mask;
  return absl::OkStatus();
}

// What two templates that match the same paths have in common.
std::string Shape(const Route& route) {
  std::string shape = route.verb;
  for (const auto& segment : route.path.segments) {
    absl::StrAppend(&shape, "/",
                    segment.kind == Kind::kLiteral ? segment.literal
                    : segment.kind == Kind::kOne   ? "*"
                                                   : "**");
  }
  return absl::StrCat(shape, ":", route.path.verb);
}

}  // namespace

absl::Status RestRouter::Add(const rpc::Method& method) {
  const auto& options = method.descriptor->options();
  if (!options.HasExtension(google::api::http)) return absl::OkStatus();
  const HttpRule& rule = options.GetExtension(google::api::http);
  RETURN_IF_ERROR(AddRule(method, rule));
  for (const auto& additional : rule.additional_bindings()) {
    if (additional.additional_bindings_size() > 0) return Bad(method, "additional_bindings are one level deep");
    RETURN_IF_ERROR(AddRule(method, additional));
  }
  return absl::OkStatus();
}

absl::Status RestRouter::AddRule(const rpc::Method& method, const HttpRule& rule) {
  auto route = std::make_unique<Route>();
  route->method = &method;
  std::string path;
  std::tie(route->verb, path) = VerbAndPath(rule);
  if (route->verb.empty()) return Bad(method, "no HTTP method");
  auto parsed = ParsePathTemplate(path);
  if (!parsed.ok()) return Bad(method, parsed.status().message());
  route->path = *std::move(parsed);
  for (const auto& variable : route->path.variables) {
    auto field = ResolveFieldPath(*method.request->GetDescriptor(), variable.field_path);
    if (!field.ok()) return Bad(method, field.status().message());
    if (field->back()->is_repeated() || field->back()->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return Bad(method, absl::StrCat(variable.field_path, " cannot be taken from a path"));
    }
    route->variables.push_back(*std::move(field));
  }
  RETURN_IF_ERROR(SetBody(method, rule, *route));
  for (const auto& other : routes_) {
    if (Shape(*other) == Shape(*route))
      return Bad(method, absl::StrCat(other->method->full_name, " has the same path"));
  }
  Node* node = &root_;
  for (const auto& segment : route->path.segments) {
    if (segment.kind == Kind::kRest) break;
    auto& next = segment.kind == Kind::kOne ? node->one : node->literals[segment.literal];
    if (next == nullptr) next = std::make_unique<Node>();
    node = next.get();
  }
  const bool rest = route->path.segments.back().kind == Kind::kRest;
  (rest ? node->rests : node->ends).push_back(route.get());
  routes_.push_back(std::move(route));
  return absl::OkStatus();
}

// Exact matches first: a literal before "*", "*" before "**".
void RestRouter::Collect(const Node& node, const PathParts& path, size_t depth, std::vector<const Route*>& found) {
  if (depth == path.segments.size()) {
    found.insert(found.end(), node.ends.begin(), node.ends.end());
  } else {
    const absl::string_view segment = path.segments[depth];
    auto literal = node.literals.find(segment);
    if (literal == node.literals.end() && absl::StrContains(segment, '%')) {
      const auto decoded = PercentDecode(segment, Percent::kAll);
      if (decoded.ok()) literal = node.literals.find(*decoded);
    }
    if (literal != node.literals.end()) Collect(*literal->second, path, depth + 1, found);
    if (node.one != nullptr && !segment.empty()) Collect(*node.one, path, depth + 1, found);
  }
  found.insert(found.end(), node.rests.begin(), node.rests.end());
}

RestRouter::Match RestRouter::Find(absl::string_view http_method, const PathParts& path) const {
  Match match;
  if (path.segments.empty()) return match;
  std::vector<const Route*> found;
  Collect(root_, path, 0, found);
  std::vector<absl::string_view> allowed;
  for (const Route* route : found) {
    if (route->path.verb != path.verb) continue;
    if (route->verb == http_method) {
      match.route = route;
      return match;
    }
    if (std::find(allowed.begin(), allowed.end(), route->verb) == allowed.end()) allowed.push_back(route->verb);
  }
  match.allow = absl::StrJoin(allowed, ", ");
  return match;
}

}  // namespace storeops::gateway
