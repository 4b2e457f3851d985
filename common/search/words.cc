#include "common/search/words.h"

#include <xapian.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/search/fold.h"

namespace storeops::search {
namespace {

constexpr int kMaxWords = 32;
constexpr size_t kMinPrefix = 2;

struct Block {
  uint32_t first;
  uint32_t last;
};
// Ascending. Radicals and symbols, kana, bopomofo, Han with its extensions, Hangul, compatibility forms.
constexpr Block kIdeographs[] = {{0x2E80, 0x2FDF}, {0x3005, 0x3007},   {0x3040, 0x318F},  {0x31A0, 0x31FF},
                                 {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},   {0xA960, 0xA97F},  {0xAC00, 0xD7FF},
                                 {0xF900, 0xFAFF}, {0x20000, 0x2FA1F}, {0x30000, 0x323AF}};

// Ascending. As the library has it; wider, with signs and full-width letters.
constexpr Block kNgrams[] = {{0x2E80, 0x9FFF}, {0xA700, 0xA71F}, {0xAC00, 0xD7AF},   {0xF900, 0xFAFF},
                             {0xFE30, 0xFE4F}, {0xFF00, 0xFFEF}, {0x20000, 0x2A6DF}, {0x2F800, 0x2FA1F}};

template <size_t kBlocks>
bool IsIn(const Block (&blocks)[kBlocks], uint32_t c) {
  if (c < blocks[0].first) return false;
  const Block* block = std::upper_bound(std::begin(blocks), std::end(blocks), c,
                                        [](uint32_t c, const Block& block) { return c < block.first; }) -
                       1;
  return c <= block->last;
}

struct Character {
  uint32_t code_point;
  size_t length;
};

Character CharacterAt(absl::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, 1};
  const char* begin = text.data() + at;
  Xapian::Utf8Iterator decoder(begin, text.size() - at);
  const uint32_t code_point = *decoder;
  ++decoder;
  return {code_point, decoder.raw() == nullptr ? text.size() - at : std::max<size_t>(decoder.raw() - begin, 1)};
}

// Ascending.
constexpr absl::string_view kStopwords[] = {"a",  "an", "and", "are", "as", "at", "be",  "by", "for", "from",
                                            "in", "is", "it",  "of",  "on", "or", "the", "to", "with"};

}  // namespace

void ForEachWord(absl::string_view text, absl::FunctionRef<void(const Word&)> visit) {
  std::string lower;
  size_t word_begin = 0;
  size_t at = 0;
  auto end_word = [&] {
    if (!lower.empty()) visit({word_begin, at, 0, lower});
    lower.clear();
  };
  while (at < text.size()) {
    const auto [c, length] = CharacterAt(text, at);
    if (IsIn(kIdeographs, c)) {
      end_word();
      visit({at, at + length, c, text.substr(at, length)});
    } else if (Xapian::Unicode::is_wordchar(c)) {
      if (lower.empty()) word_begin = at;
      Xapian::Unicode::append_utf8(lower, Xapian::Unicode::tolower(c));
    } else {
      end_word();
    }
    at += length;
  }
  end_word();
}

void ForEachRun(absl::string_view text, absl::FunctionRef<void(absl::string_view run, bool ngrams)> visit) {
  size_t begin = 0;
  bool ngrams = false;
  for (size_t at = 0; at < text.size();) {
    const auto [c, length] = CharacterAt(text, at);
    if (const bool is = IsIn(kNgrams, c); is != ngrams) {
      if (at > begin) visit(text.substr(begin, at - begin), ngrams);
      begin = at;
      ngrams = is;
    }
    at += length;
  }
  if (begin < text.size()) visit(text.substr(begin), ngrams);
}

bool IsStopword(absl::string_view lower) {
  return std::binary_search(std::begin(kStopwords), std::end(kStopwords), lower);
}

std::string NormalizeQuery(absl::string_view query) {
  std::string normal = Xapian::Unicode::tolower(Fold(query));
  size_t end = normal.size();
  int words = 0;
  ForEachWord(normal, [&](const Word& word) {
    if (word.ideograph == 0 && ++words == kMaxWords + 1) end = word.begin;
  });
  normal.resize(end);
  for (char& c : normal) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return normal;
}

std::vector<WordForms> FormsOf(absl::string_view query) {
  std::vector<WordForms> forms;
  ForEachWord(StripExcluded(query), [&](const Word& word) {
    if (word.ideograph != 0 || forms.size() == kMaxWords) return;
    forms.push_back({Xapian::Unicode::tolower(Fold(word.lower)), std::string(word.lower)});
  });
  return forms;
}

std::string PartWithCommas(absl::string_view query) {
  constexpr absl::string_view kWideBlank = "\u3000";
  std::string parted;
  size_t copied = 0;
  ForEachWord(query, [&](const Word& word) {
    if (!IsIn(kNgrams, CharacterAt(query, word.begin).code_point)) return;
    absl::string_view before = query.substr(copied, word.begin - copied);
    while (absl::ConsumeSuffix(&before, " ") || absl::ConsumeSuffix(&before, kWideBlank)) {
    }
    if (before.empty() || copied + before.size() == word.begin) return;
    absl::StrAppend(&parted, before, ",");
    copied += before.size();
  });
  absl::StrAppend(&parted, query.substr(copied));
  return parted;
}

std::string StripExcluded(absl::string_view query) {
  std::string kept;
  bool excluding = false;
  char until = ' ';
  char previous = ' ';
  for (size_t i = 0; i < query.size(); ++i) {
    const char c = query[i];
    if (excluding) {
      excluding = c != until;
    } else if (c == '-' && (previous == ' ' || previous == '"')) {
      excluding = true;
      until = i + 1 < query.size() && query[i + 1] == '"' ? '"' : ' ';
      i += until == '"';
      kept += ' ';
    } else {
      kept += c;
    }
    previous = c;
  }
  return kept;
}

QueryShape ShapeOf(absl::string_view normalized) {
  QueryShape shape;
  ForEachWord(normalized, [&](const Word& word) {
    shape.words += word.ideograph == 0;
    shape.open_end = word.ideograph == 0 && word.end == normalized.size() && word.lower.size() >= kMinPrefix &&
                     !IsStopword(word.lower);
  });
  return shape;
}

}  // namespace storeops::search
