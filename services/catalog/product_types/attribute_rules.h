// What attribute definitions must be, and what values fit them.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCT_TYPES_ATTRIBUTE_RULES_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCT_TYPES_ATTRIBUTE_RULES_H_

#include <string>
#include <vector>

#include "common/base/errors.h"
#include "google/protobuf/map.h"
#include "storeops/catalog/v1/product.pb.h"
#include "storeops/catalog/v1/product_type.pb.h"

namespace storeops::catalog {

using AttributeValues = google::protobuf::Map<std::string, v1::AttributeValue>;

// Fields are named "attributes[i]...".
std::vector<FieldViolation> CheckAttributeDefinitions(const v1::ProductType& type);

// Values that the type does not define or that do not fit their definition, as `attributes["key"]`, in the order of
// keys.
std::vector<FieldViolation> CheckAttributeValues(const v1::ProductType& type, const AttributeValues& values);

// The required attributes that have no value, in the type's order.
std::vector<const v1::AttributeDefinition*> MissingAttributes(const v1::ProductType& type,
                                                              const AttributeValues& values);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCT_TYPES_ATTRIBUTE_RULES_H_
