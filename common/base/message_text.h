// Applies the rule for text from outside (input_text.h) to all text of a message.
#ifndef STOREOPS_COMMON_BASE_MESSAGE_TEXT_H_
#define STOREOPS_COMMON_BASE_MESSAGE_TEXT_H_

#include <string>
#include <vector>

#include "common/base/errors.h"
#include "google/protobuf/message.h"

namespace storeops {

// Brings each text of `message` into its normal form, in nested messages, lists and maps (keys and values) alike, and
// returns what is wrong, at most 100 violations; text that is wrong stays as it is. Two keys of a map that become the
// same are wrong.
//
// Text is one line unless its rules say multiline (storeops.options.v1.rules); text in the types of google.protobuf
// (Struct) may have lines. Left as they are: `bytes`; fields whose rules say secret, because passwords and tokens are
// compared as they are; google.type.Money, which has a stricter rule; and OUTPUT_ONLY fields, which are not read.
// Thread-safe; what is to be looked at in a type is found out at its first use.
//
// What is wrong with items of lists that are judged_singly is not returned: FindItemViolations finds it.
std::vector<FieldViolation> NormalizeTexts(google::protobuf::Message* message);

// The same for a message that a file states: CleanFileText comes before the rule. Adds to `changes` what it changed in
// which field.
std::vector<FieldViolation> NormalizeFileTexts(google::protobuf::Message* message,
                                               std::vector<FieldViolation>* changes);

// What the rule for text and the annotations say of an item of a list that is judged_singly, after NormalizeTexts.
std::vector<FieldViolation> FindItemViolations(const google::protobuf::Message& item);

// Adds those of fields that have none yet.
void AddForOtherFields(std::vector<FieldViolation> more, std::vector<FieldViolation>* violations);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_MESSAGE_TEXT_H_
