// Writes fields of messages as JSON. The library's own printer makes descriptions of all types concerned anew for every
// message, which takes ten times as long as the printing.
#ifndef STOREOPS_COMMON_RESOURCE_JSON_PRINTER_H_
#define STOREOPS_COMMON_RESOURCE_JSON_PRINTER_H_

#include <string>

#include "google/protobuf/message.h"

namespace storeops::resource {

// Appends the value of `field`, which is set, as protobuf's JSON mapping has it, with the fields' own names. False if
// there is no JSON of it, e.g. of a time out of range or of text that is not UTF-8; `json` is of no use then.
bool AppendJson(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field,
                std::string* json);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_JSON_PRINTER_H_
