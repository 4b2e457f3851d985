// The one rule for text that comes from outside: the pipeline applies it to every request, whatever transport it came
// by (message_text.h), and readers of files to what they read.
//
// Text becomes Unicode Normalization Form C (UAX #15) without blanks around it, so that texts that look the same are
// the same bytes. Refused: control characters, noncharacters such as U+FFFE, line breaks in text of one line, more than
// 30 combining marks in a row (the limit of UAX #15's Stream-Safe Text Format), and text in which nothing is visible.
// Text of blanks only becomes empty. Tables are those of ICU.
#ifndef STOREOPS_COMMON_BASE_INPUT_TEXT_H_
#define STOREOPS_COMMON_BASE_INPUT_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace storeops {

enum class TextForm {
  kLine,   // one line
  kLines,  // may have line breaks and tabs
};

// True for text that the rule leaves as it is and that shows it at once: printable ASCII without blanks around it. Most
// text is; takes about a cycle for four bytes.
bool IsPlainText(TextForm form, absl::string_view text);

// Brings `text` into its normal form. Returns what is wrong with it, e.g. "must not contain the control character
// U+0000 (at character 5)"; then `text` stays as it is. Empty: nothing is wrong.
std::string NormalizeText(TextForm form, std::string* text);

// For text of files, before NormalizeText: removes what a spreadsheet or another program left in it and that rule would
// refuse. A tab, line break, vertical tab, form feed or no-break space (U+00A0, U+2007, U+202F), or a run of them and
// of blanks, becomes one blank; text of lines keeps tabs, line breaks and no-break spaces. Other control characters and
// noncharacters are removed, in text of one line also zero width space, word joiner and byte order mark. Text in which
// nothing is visible becomes empty, and blanks around it are removed. Text with U+0000 or bytes that are not UTF-8
// stays as it is, for NormalizeText to refuse.
//
// Returns what was changed, e.g. "U+0009 (at character 5) is stored as a blank"; empty: nothing but blanks around it.
std::string CleanFileText(TextForm form, std::string* text);

// Only makes NFC of `text`, for a reader that compares texts before it checks them. Text that the rule refuses stays as
// it is.
void NormalizeToNfc(std::string* text);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_INPUT_TEXT_H_
