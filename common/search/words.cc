#include "common/search/words.h"

#include <xapian.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace storeops::search {
namespace {

constexpr int kMaxWords = 32;
constexpr size_t kMinPrefix = 2;

struct Block {
  uint32_t first;
  uint32_t last;
};
// Ascending. Radicals and symbols, kana, bopomofo, Han with its extensions, Hangul, compatibility forms.
constexpr Block kIdeographs[] = {{0x2E80, 0x2FDF},   {0x3005, 0x3007},   {0x3040, 0x318F},
                                 {0x31A0, 0x31FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
                                 {0xA960, 0xA97F},   {0xAC00, 0xD7FF},   {0xF900, 0xFAFF},
                                 {0x20000, 0x2FA1F}, {0x30000, 0x323AF}};

bool IsIdeograph(uint32_t c) {
  if (c < kIdeographs[0].first) return false;
  const Block* block = std::upper_bound(std::begin(kIdeographs), std::end(kIdeographs), c,
                                        [](uint32_t c, const Block& block) { return c < block.first; }) - 1;
  return c <= block->last;
}

// Ascending.
constexpr absl::string_view kStopwords[] = {"a",  "an", "and", "are", "as", "at",  "be",  "by",   "for",
                                            "from", "in", "is",  "it",  "of", "on", "or", "the", "to", "with"};

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
    uint32_t c = static_cast<unsigned char>(text[at]);
    size_t length = 1;
    if (c >= 0x80) {
      Xapian::Utf8Iterator decoder(text.data() + at, text.size() - at);
      c = *decoder;
      length = std::max<size_t>((++decoder).raw() == nullptr ? text.size() - at : decoder.raw() - (text.data() + at), 1);
    }
    if (IsIdeograph(c)) {
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

bool IsStopword(absl::string_view lower) {
  return std::binary_search(std::begin(kStopwords), std::end(kStopwords), lower);
}

std::string NormalizeQuery(absl::string_view query) {
  size_t end = query.size();
  int words = 0;
  ForEachWord(query, [&](const Word& word) {
    if (word.ideograph == 0 && ++words == kMaxWords + 1) end = word.begin;
  });
  std::string normal = Xapian::Unicode::tolower(std::string(query.substr(0, end)));
  for (char& c : normal) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return normal;
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
    shape.open_end = word.ideograph == 0 && word.end == normalized.size() &&
                     word.lower.size() >= kMinPrefix && !IsStopword(word.lower);
  });
  return shape;
}

}  // namespace storeops::search
