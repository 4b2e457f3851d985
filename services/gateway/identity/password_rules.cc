#include "services/gateway/identity/password_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/text.h"

namespace storeops::gateway {
namespace {

using Characters = std::u32string;
using CharactersView = std::u32string_view;

constexpr size_t kFewestParts = 6;
constexpr size_t kShortestRun = 3;
constexpr size_t kShortestWord = 3;
constexpr size_t kYearDigits = 4;

// Passwords that led the yearly lists of leaked ones, as reported by SplashData (2011-2019), the UK's National Cyber
// Security Centre (2019) and NordPass (2020-2023), without those that the other rules find; and words that people put
// into passwords for want of another.
constexpr const char* kWellKnown[] = {
    "password", "passwort",  "passwd",   "pass",    "iloveyou", "welcome",   "willkommen", "monkey",   "dragon",
    "letmein",  "football",  "baseball", "soccer",  "hockey",   "superman",  "batman",     "spider",   "princess",
    "sunshine", "master",    "shadow",   "admin",   "root",     "login",     "secret",     "changeme", "change",
    "default",  "guest",     "test",     "user",    "hello",    "freedom",   "whatever",   "trustno",  "starwars",
    "michael",  "jennifer",  "jessica",  "daniel",  "charlie",  "ashley",    "thomas",     "jordan",   "hunter",
    "computer", "internet",  "access",   "flower",  "cheese",   "pepper",    "ginger",     "cookie",   "killer",
    "pokemon",  "liverpool", "chelsea",  "arsenal", "mustang",  "harley",    "summer",     "winter",   "spring",
    "autumn",   "love",      "angel",    "lovely",  "donald",   "google",    "samsung",    "qazwsx",   "zaq12wsx",
    "admin123", "woaini",    "5201314",  "mima",    "mynoob",   "picture",   "million",    "senha",    "online",
    "shop",     "store",     "company",  "office",  "storeops", "backoffice"};

// Rows and columns of keyboards (QWERTY, QWERTZ, AZERTY), the alphabet and the digits.
constexpr const char* kRows[] = {"abcdefghijklmnopqrstuvwxyz",
                                 "01234567890",
                                 "qwertyuiop",
                                 "asdfghjkl",
                                 "zxcvbnm",
                                 "qwertzuiop",
                                 "yxcvbnm",
                                 "azertyuiop",
                                 "qsdfghjklm",
                                 "wxcvbn",
                                 "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
                                 "1q2w3e4r5t6z7u8i9o0p",
                                 "1q2w3e4r5t6y7u8i9o0p",
                                 "!@#$%^&*()",
                                 "!\"#$%&/()="};

Characters Decode(absl::string_view utf8) {
  Characters characters;
  for (size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t character = bytes == 1 ? lead : lead & (0x7F >> bytes);
    for (size_t next = 1; next < bytes && i + next < utf8.size(); ++next) {
      character = character << 6 | (static_cast<unsigned char>(utf8[i + next]) & 0x3F);
    }
    characters.push_back(character < 0x80 ? static_cast<char32_t>(absl::ascii_tolower(character)) : character);
    i += bytes;
  }
  return characters;
}

// Whether people type `typed` for the letter `meant`.
bool StandsFor(char32_t typed, char32_t meant) {
  if (typed == meant) return true;
  switch (typed) {
    case U'0':
      return meant == U'o';
    case U'1':
      return meant == U'i' || meant == U'l';
    case U'!':
      return meant == U'i';
    case U'3':
      return meant == U'e';
    case U'4':
    case U'@':
      return meant == U'a';
    case U'5':
    case U'$':
      return meant == U's';
    case U'7':
      return meant == U't';
    default:
      return false;
  }
}

size_t WordAt(CharactersView rest, const Characters& word) {
  if (word.size() < kShortestWord || word.size() > rest.size()) return 0;
  return std::equal(word.begin(), word.end(), rest.begin(),
                    [](char32_t meant, char32_t typed) { return StandsFor(typed, meant); })
             ? word.size()
             : 0;
}

bool IsDigit(char32_t character) { return character >= U'0' && character <= U'9'; }

// 1900 to 2099.
size_t YearAt(CharactersView rest) {
  if (rest.size() < kYearDigits) return 0;
  const CharactersView year = rest.substr(0, kYearDigits);
  if (!std::all_of(year.begin(), year.end(), IsDigit)) return 0;
  return year.substr(0, 2) == U"19" || year.substr(0, 2) == U"20" ? kYearDigits : 0;
}

// How many characters each differ from the one before by `step`.
size_t StepsAt(CharactersView rest, int step) {
  size_t length = 1;
  while (length < rest.size() && static_cast<int64_t>(rest[length]) - static_cast<int64_t>(rest[length - 1]) == step) {
    ++length;
  }
  return length;
}

// The longest piece of the row with which `rest` begins.
size_t PieceOfRowAt(CharactersView rest, const Characters& row) {
  size_t longest = 0;
  for (size_t start = row.find(rest[0]); start != Characters::npos; start = row.find(rest[0], start + 1)) {
    const auto end = std::mismatch(rest.begin(), rest.end(), row.begin() + static_cast<ptrdiff_t>(start), row.end());
    longest = std::max(longest, static_cast<size_t>(end.first - rest.begin()));
  }
  return longest;
}

class Guesser {
 public:
  explicit Guesser(absl::Span<const std::string> context) {
    for (const char* word : kWellKnown) words_.push_back(Decode(word));
    for (const std::string& word : context) words_.push_back(Decode(word));
    for (const char* row : kRows) {
      const Characters forward = Decode(row);
      rows_.push_back(forward);
      rows_.emplace_back(forward.rbegin(), forward.rend());
    }
  }

  // Into how few parts the password falls. Each character begins at most one step, so that the work is bounded by the
  // length.
  size_t CountParts(CharactersView password) const {
    std::vector<size_t> fewest(password.size() + 1, 0);  // of the rest behind each character
    for (size_t at = password.size(); at-- > 0;) {
      fewest[at] = 1 + fewest[at + 1];
      for (const size_t length : PiecesAt(password.substr(at))) {
        fewest[at] = std::min(fewest[at], 1 + fewest[at + length]);
      }
    }
    return fewest[0];
  }

 private:
  std::vector<size_t> PiecesAt(CharactersView rest) const {
    std::vector<size_t> lengths;
    const auto add = [&lengths](size_t length, size_t shortest) {
      if (length >= shortest) lengths.push_back(length);
    };
    for (const Characters& word : words_) add(WordAt(rest, word), kShortestWord);
    for (const Characters& row : rows_) add(PieceOfRowAt(rest, row), kShortestRun);
    for (const int step : {0, 1, -1}) add(StepsAt(rest, step), kShortestRun);
    add(YearAt(rest), kYearDigits);
    return lengths;
  }

  std::vector<Characters> words_;
  std::vector<Characters> rows_;
};

// The piece of which the text is a repetition; the text itself if it is none.
CharactersView Repeated(CharactersView text) {
  for (size_t period = 1; period * 2 <= text.size(); ++period) {
    if (text.substr(period) == text.substr(0, text.size() - period)) return text.substr(0, period);
  }
  return text;
}

void AddWords(absl::string_view text, std::vector<std::string>& words) {
  for (const absl::string_view part : absl::StrSplit(text, absl::ByAnyChar(" .@-_+,'"), absl::SkipEmpty())) {
    words.push_back(absl::AsciiStrToLower(part));
  }
}

}  // namespace

std::vector<std::string> PasswordContext(absl::string_view email, absl::string_view display_name) {
  std::vector<std::string> words = {absl::AsciiStrToLower(email), absl::AsciiStrToLower(display_name)};
  AddWords(email, words);
  AddWords(display_name, words);
  return words;
}

absl::Status CheckNewPassword(absl::string_view password, absl::Span<const std::string> context,
                              absl::string_view field) {
  const auto characters = CountCodePoints(password);
  if (!characters.has_value()) return InvalidField(field, "must be UTF-8");
  if (*characters < kMinPasswordCharacters || *characters > kMaxPasswordCharacters) {
    return InvalidField(field, absl::StrCat("must have ", kMinPasswordCharacters, " to ", kMaxPasswordCharacters,
                                            " characters, got ", *characters));
  }
  const Characters decoded = Decode(password);
  const CharactersView piece = Repeated(decoded);
  const Guesser guesser(context);
  if (guesser.CountParts(piece) >= kFewestParts) return absl::OkStatus();
  return InvalidField(field,
                      "is too easy to guess: it is little more than well-known words, words of your name or address, a "
                      "year, repeated characters, or neighbors on the keyboard; add an unrelated word or two");
}

}  // namespace storeops::gateway
