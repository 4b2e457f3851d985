// What the annotations of a message demand of its fields, checked for any message from its descriptor.
//
// Checked: google.api.field_behavior REQUIRED, and storeops.options.v1.rules (lengths, patterns, bounds, numbers of
// items, money), in nested messages, lists and maps alike; text must be UTF-8; a Timestamp or Duration must be in
// protobuf's range; an enum must have a declared value; numbers must be finite and fit 63 bits. OUTPUT_ONLY fields are
// passed over, and so are the items of lists that are judged_singly: call FindViolations for each. A text that is not
// set is held to REQUIRED only; REQUIRED says nothing of numbers and bools without presence. The length rules of a map
// hold for its keys and values.
#ifndef STOREOPS_COMMON_BASE_VALIDATION_H_
#define STOREOPS_COMMON_BASE_VALIDATION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/errors.h"
#include "google/protobuf/message.h"

namespace storeops {

struct ValidationOptions {
  // Put before each field's path, e.g. "product.".
  std::string prefix;
  // Resources inside a request (messages with a table) are passed over, because an update checks what results from
  // merging, not what was sent.
  bool skip_resources = false;
};

// All violations, at most 100. Thread-safe; the rules of a type are compiled at first use.
std::vector<FieldViolation> FindViolations(const google::protobuf::Message& message,
                                           const ValidationOptions& options = {});

// OK, or InvalidFields naming every violation.
absl::Status Validate(const google::protobuf::Message& message, const ValidationOptions& options = {});

// Start-up check of a type's annotations: patterns compile, rules fit the fields' types. INTERNAL names what is wrong.
absl::Status CheckAnnotations(const google::protobuf::Descriptor& type);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_VALIDATION_H_
