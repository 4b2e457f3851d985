#include "services/gateway/identity/password_rules.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::gateway {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

absl::Status Check(absl::string_view password) {
  return CheckNewPassword(password, PasswordContext("ada.lovelace@example.com", "Ada Lovelace"), "password");
}

TEST(PasswordRulesTest, LengthIsAllThatIsDemandedOfItsForm) {
  EXPECT_TRUE(Check("gkvm pqo").ok());
  EXPECT_TRUE(Check("zufrieden mit wolken").ok());
  EXPECT_TRUE(Check("kxvtqmbo").ok());
  EXPECT_TRUE(Check("二月的风很大呢啊").ok());
  EXPECT_TRUE(Check("correct horse battery staple").ok());
  EXPECT_TRUE(Check(" leading blanks count").ok());
  const absl::Status shorter = Check("kxvtqmb");
  EXPECT_EQ(shorter.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(shorter.message(), HasSubstr("8 to 200 characters, got 7"));
  std::string longest;
  while (longest.size() < 200) longest += "kx vtqmbo";
  longest.resize(200);
  longest[199] = '#';
  EXPECT_TRUE(Check(longest).ok());
  EXPECT_THAT(Check(longest + "1").message(), HasSubstr("got 201"));
  EXPECT_FALSE(Check("kxvtqmbo\xff").ok());
}

TEST(PasswordRulesTest, EasyOnesAreRefused) {
  for (const char* easy :
       {// Repetitions.
        "aaaaaaaaaa", "          ", "aaaabbbb", "abababababab", "abcabcabc", "12121212", "passwordpassword",
        "ßßßßßßßßß", "的的的的的的的的",
        // Sequences and keyboards.
        "12345678", "1234567890", "87654321", "abcdefgh", "zyxwvuts", "qwertyuiop", "qwerty123", "asdfghjkl;",
        "1qaz2wsx", "1q2w3e4r5t6y", "poiuytrewq", "abcd1234", "!@#$%^&*", "абвгдежз",
        // Well-known ones, however they are written.
        "password", "Password1", "PASSWORD123!", "p@ssw0rd", "P4$$w0rd2024", "iloveyou", "welcome1", "letmein!",
        "Admin2024!", "trustno1", "Summer2025", "football12", "monkey4711", "superman99", "changeme",
        // Of the context.
        "lovelace", "AdaLovelace", "ada.lovelace@example.com", "Lovelace1815", "l0vel4ce!", "storeops", "StoreOps2026!",
        "example.com"}) {
    const absl::Status refused = Check(easy);
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << easy;
    EXPECT_THAT(refused.message(), HasSubstr("password")) << easy;
  }
}

TEST(PasswordRulesTest, WhatHoldsMoreThanThatIsAccepted) {
  for (const char* fine : {"password of my cat", "lovelace-tango-42", "qwerty tulip sky", "2024 was a warm year",
                           "Tr0ub4dor&3", "V8sZqk2n"}) {
    EXPECT_TRUE(Check(fine).ok()) << fine << ": " << Check(fine);
  }
  // Somebody else's name.
  EXPECT_TRUE(CheckNewPassword("AdaLovelace", PasswordContext("bo@example.com", "Bo"), "password").ok());
}

TEST(PasswordRulesTest, TheContextIsTheAddressAndTheName) {
  const auto words = PasswordContext("Ada.Lovelace@Example.com", "Ada King");
  for (const char* word : {"ada.lovelace@example.com", "ada", "lovelace", "example", "ada king", "king"}) {
    EXPECT_THAT(words, Contains(word));
  }
}

}  // namespace
}  // namespace storeops::gateway
