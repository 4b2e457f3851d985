// Which passwords are too easy to guess (NIST SP 800-63B, section 5.1.1.2): length, well-known passwords, words of the
// context, repetitions and sequences. There are no rules of composition: no character is demanded.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_PASSWORD_RULES_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_PASSWORD_RULES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace storeops::gateway {

inline constexpr size_t kMinPasswordCharacters = 8;
inline constexpr size_t kMaxPasswordCharacters = 200;

// What an attacker knows of a person: the address, its parts, and the parts of the name.
std::vector<std::string> PasswordContext(absl::string_view email, absl::string_view display_name);

// INVALID_ARGUMENT naming `field` if the password is no UTF-8, has fewer than 8 or more than 200 characters (code
// points), or is too easy to guess.
//
// Easy to guess: fewer than 6 parts. A part is a character, or a longer piece that attackers try as a whole: a
// well-known password, a word of `context` or of the product's name, a year, at least 3 characters that are the same,
// that follow each other in the alphabet or on a row of the keyboard, forward or backward. Case does not count, nor
// digits and signs that stand for letters (p@ssw0rd). Of a password that is a piece repeated, the piece counts.
absl::Status CheckNewPassword(absl::string_view password, absl::Span<const std::string> context,
                              absl::string_view field);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_PASSWORD_RULES_H_
