#include "common/search/fold.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>
#include <xapian.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "common/search/words.h"

namespace storeops::search {
namespace {

constexpr UChar32 kTableEnd = 0x10000;

bool IsAscii(absl::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

UScriptCode ScriptOf(UChar32 c) {
  UErrorCode error = U_ZERO_ERROR;
  return uscript_getScript(c, &error);
}

// Of a script whose accents are left out.
bool LosesAccents(UChar32 c) {
  const UScriptCode script = ScriptOf(c);
  return script == USCRIPT_LATIN || script == USCRIPT_GREEK || script == USCRIPT_CYRILLIC;
}

bool IsLetterOrMark(UChar32 c) { return (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK)) != 0; }
bool IsMark(UChar32 c) { return u_charType(c) == U_NON_SPACING_MARK; }

// What of ICU is used here. Its functions report errors that cannot occur once its data was found.
class Library {
 public:
  Library() {
    UErrorCode error = U_ZERO_ERROR;
    // ™ must not become the letters "tm" of the word before it, and a zero width space separates words.
    const icu::UnicodeString changed(u"[^[[:Decomposition_Type=Super:]&[:So:]][:Line_Break=ZWSpace:]]");
    changed_ = std::make_unique<icu::UnicodeSet>(changed, error);
    changed_->freeze();
    const icu::Normalizer2* const nfkc = icu::Normalizer2::getNFKCInstance(error);
    const icu::Normalizer2* const casefold = icu::Normalizer2::getNFKCCasefoldInstance(error);
    nfd_ = icu::Normalizer2::getNFDInstance(error);
    latin_ascii_.reset(icu::Transliterator::createInstance("Latin-ASCII", UTRANS_FORWARD, error));
    if (U_FAILURE(error)) std::abort();
    nfkc_ = std::make_unique<icu::FilteredNormalizer2>(*nfkc, *changed_);
    casefold_ = std::make_unique<icu::FilteredNormalizer2>(*casefold, *changed_);
  }

  std::string Normalize(absl::string_view text) const {
    UErrorCode error = U_ZERO_ERROR;
    std::string normal;
    icu::StringByteSink<std::string> sink(&normal, static_cast<int32_t>(text.size()));
    nfkc_->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())), sink, nullptr, error);
    return U_SUCCESS(error) ? normal : std::string(text);
  }

  // A character alone, completely folded.
  icu::UnicodeString FoldAlone(UChar32 c) const {
    UErrorCode error = U_ZERO_ERROR;
    icu::UnicodeString caseless = casefold_->normalize(icu::UnicodeString(c), error);
    if (caseless.isEmpty()) return caseless;
    const UChar32 first = caseless.char32At(0);
    if (IsLetterOrMark(first) && !LosesAccents(first)) return caseless;
    icu::UnicodeString bare;
    const icu::UnicodeString parts = nfd_->normalize(caseless, error);
    bool ascii = true;
    for (int32_t at = 0; at < parts.length(); at = parts.moveIndex32(at, 1)) {
      const UChar32 part = parts.char32At(at);
      if (IsMark(part)) continue;
      bare.append(part);
      ascii &= part < 0x80;
    }
    if (!ascii && ScriptOf(first) == USCRIPT_LATIN) latin_ascii_->transliterate(bare);
    return bare.foldCase();
  }

  // True if the character becomes one with characters before it.
  bool JoinsOthers(UChar32 c) const { return !nfkc_->hasBoundaryBefore(c); }
  bool Stays(UChar32 c) const { return casefold_->isInert(c); }

 private:
  std::unique_ptr<icu::UnicodeSet> changed_;
  std::unique_ptr<icu::Normalizer2> nfkc_;
  std::unique_ptr<icu::Normalizer2> casefold_;
  const icu::Normalizer2* nfd_ = nullptr;
  std::unique_ptr<icu::Transliterator> latin_ascii_;
};

// What becomes of each character of the Basic Multilingual Plane but ASCII, found out once: the library takes several
// times as long for a text.
class Table {
 public:
  enum Kind : uint8_t {
    kSame,      // stays
    kReplaced,  // by a text, which may be empty
    kMark,      // a mark without a width: is left out, save behind a letter that keeps it
    kJoins,     // may become one with what is before it
  };
  struct Entry {
    Kind kind = kSame;
    bool keeps_marks = false;   // a letter, or its mark, of a script whose marks are part of the word
    bool word_changes = false;  // a character of words that changes in more than its case
    uint16_t text = 0;          // in texts_
  };

  Table() : entries_(kTableEnd), texts_(1) {
    for (UChar32 c = 0x80; c < kTableEnd; ++c) {
      if (!U_IS_SURROGATE(c)) Fill(c);
    }
  }

  const Entry& Of(UChar32 c) const { return entries_[c]; }
  const std::string& TextOf(const Entry& entry) const { return texts_[entry.text]; }
  const Library& library() const { return library_; }

 private:
  void Fill(UChar32 c) {
    Entry& entry = entries_[c];
    const bool loses = LosesAccents(c);
    entry.keeps_marks = !loses && IsLetterOrMark(c);
    if (!loses && library_.Stays(c)) return;
    const icu::UnicodeString folded = library_.FoldAlone(c);
    if (IsMark(c) && !folded.isEmpty() && IsMark(folded.char32At(0))) {
      entry.kind = kMark;
      entry.word_changes = loses || ScriptOf(c) == USCRIPT_INHERITED;
    } else if (!folded.isEmpty() && !loses && library_.JoinsOthers(c)) {
      entry.kind = kJoins;
      entry.word_changes = folded != icu::UnicodeString(c);
    } else if (folded != icu::UnicodeString(c)) {
      Replace(c, folded, entry);
    }
  }

  void Replace(UChar32 c, const icu::UnicodeString& folded, Entry& entry) {
    entry.kind = kReplaced;
    entry.keeps_marks &= !folded.isEmpty() && !LosesAccents(folded.char32At(0));
    entry.word_changes =
        Xapian::Unicode::is_wordchar(c) && folded != icu::UnicodeString(u_foldCase(c, U_FOLD_CASE_DEFAULT));
    entry.text = static_cast<uint16_t>(texts_.size());
    folded.toUTF8String(texts_.emplace_back());
  }

  const Library library_;
  std::vector<Entry> entries_;
  std::vector<std::string> texts_;
};

const Table& TheTable() {
  static const Table& table = *new Table();
  return table;
}

// One character after the other.
class Folder {
 public:
  // `normalized`: the text is NFKC, so that nothing in it becomes one with what is before it.
  Folder(const Table& table, absl::string_view text, bool normalized)
      : table_(table), text_(text), normalized_(normalized) {}

  // False: the text must be normalized first.
  bool Run(std::string* folded) {
    folded_ = folded;
    folded->clear();
    folded->reserve(text_.size());
    const auto size = static_cast<int32_t>(text_.size());
    for (int32_t at = 0; at < size;) {
      const int32_t begin = at;
      UChar32 c = 0;
      U8_NEXT(text_.data(), at, size, c);
      if (!Take(c, text_.substr(begin, at - begin))) return false;
    }
    return true;
  }

 private:
  bool Take(UChar32 c, absl::string_view bytes) {
    if (c >= 0 && c < 0x80) {
      keeps_marks_ = false;
      folded_->push_back(static_cast<char>(c));
      return true;
    }
    if (c < 0 || c >= kTableEnd) {
      keeps_marks_ = true;
      folded_->append(bytes.data(), bytes.size());
      return normalized_ || c < 0;
    }
    const Table::Entry& entry = table_.Of(c);
    if (entry.kind == Table::kMark && !keeps_marks_) return true;
    if (entry.kind == Table::kReplaced) {
      folded_->append(table_.TextOf(entry));
    } else {
      folded_->append(bytes.data(), bytes.size());
    }
    keeps_marks_ = entry.keeps_marks;
    return normalized_ || (entry.kind != Table::kMark && entry.kind != Table::kJoins);
  }

  const Table& table_;
  const absl::string_view text_;
  const bool normalized_;
  std::string* folded_ = nullptr;
  bool keeps_marks_ = false;
};

}  // namespace

absl::string_view Fold(absl::string_view text, std::string* storage) {
  if (IsAscii(text)) return text;
  const Table& table = TheTable();
  if (Folder(table, text, /*normalized=*/false).Run(storage)) return *storage;
  const std::string normal = table.library().Normalize(text);
  Folder(table, normal, /*normalized=*/true).Run(storage);
  return *storage;
}

std::string Fold(absl::string_view text) {
  std::string storage;
  return std::string(Fold(text, &storage));
}

bool FoldsWords(absl::string_view text) {
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t at = 0; at < size;) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    UChar32 c = 0;
    U8_NEXT(text.data(), at, size, c);
    if (c >= 0 && c < kTableEnd && TheTable().Of(c).word_changes) return true;
  }
  return false;
}

void ForEachFolded(absl::string_view text,
                   absl::FunctionRef<void(absl::string_view folded, absl::string_view exact)> visit) {
  if (!FoldsWords(text)) return;
  ForEachWord(text, [&](const Word& word) {
    if (word.ideograph != 0 || !FoldsWords(word.lower)) return;
    const std::string folded = Fold(word.lower);
    if (folded != word.lower) visit(folded, word.lower);
  });
}

}  // namespace storeops::search
