// protobuf types as OpenAPI 3.0 schemas, as the JSON mapping writes them.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_OPENAPI_SCHEMA_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_OPENAPI_SCHEMA_H_

#include <functional>
#include <map>
#include <string>

#include "google/protobuf/descriptor.h"

namespace storeops::gateway {

class OpenApiSchemas {
 public:
  // A reference to a message's schema, which is then part of the components; well-known types stand for themselves.
  std::string Message(const google::protobuf::Descriptor& type);
  // A field with its rules, one value of it if it is repeated and `item`.
  std::string Field(const google::protobuf::FieldDescriptor& field, bool item = false);
  // The message's own schema without the fields for which `leave_out` is true.
  std::string Inline(const google::protobuf::Descriptor& type,
                     const std::function<bool(const google::protobuf::FieldDescriptor&)>& leave_out);

  // Everything that was referred to, by name.
  const std::map<std::string, std::string>& components() const { return components_; }

 private:
  std::string Value(const google::protobuf::FieldDescriptor& field);

  std::map<std::string, std::string> components_;
};

bool HasBehavior(const google::protobuf::FieldDescriptor& field, int behavior);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_OPENAPI_SCHEMA_H_
