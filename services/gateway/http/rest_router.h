// Which method a REST request means, by the google.api.http rules of all methods.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_REST_ROUTER_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_REST_ROUTER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/rpc/method_table.h"
#include "google/api/http.pb.h"
#include "services/gateway/http/path_template.h"
#include "services/gateway/http/request_fields.h"

namespace storeops::gateway {

struct Route {
  enum class Body { kNone, kWhole, kField };

  const rpc::Method* method = nullptr;
  std::string verb;  // "GET"
  PathTemplate path;
  std::vector<FieldPath> variables;  // of `path.variables`, in their order
  Body body = Body::kNone;
  const google::protobuf::FieldDescriptor* body_field = nullptr;  // for kField
  // An update mask that a PATCH without one gets from the keys of its body; may be null.
  const google::protobuf::FieldDescriptor* mask_field = nullptr;
};

class RestRouter {
 public:
  // Adds the rules of a method, if it has any. INTERNAL for a rule that makes no sense or that another method has.
  absl::Status Add(const rpc::Method& method);

  struct Match {
    const Route* route = nullptr;  // null: no such path, or not with this HTTP method
    std::string allow;             // the HTTP methods that the path has, "GET, POST"; empty: no such path
  };
  Match Find(absl::string_view http_method, const PathParts& path) const;

  // In the order in which they were added.
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  // One segment deep.
  struct Node {
    absl::flat_hash_map<std::string, std::unique_ptr<Node>> literals;
    std::unique_ptr<Node> one;
    std::vector<const Route*> ends;   // templates that end here
    std::vector<const Route*> rests;  // templates that go on with "**"
  };

  absl::Status AddRule(const rpc::Method& method, const google::api::HttpRule& rule);
  static void Collect(const Node& node, const PathParts& path, size_t depth, std::vector<const Route*>& found);

  std::vector<std::unique_ptr<Route>> routes_;
  Node root_;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_REST_ROUTER_H_
