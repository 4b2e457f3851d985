#include "common/search/match.h"

#include <xapian.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/search/fold.h"
#include "common/search/parser.h"
#include "common/search/words.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::search {
namespace {

using Positions = std::vector<Xapian::termpos>;
// Of each term: how often it counts, and where it stands.
using Terms = std::map<std::string, std::pair<Xapian::termcount, Positions>>;

Terms TermsOf(const Xapian::Document& document) {
  Terms terms;
  for (auto term = document.termlist_begin(); term != document.termlist_end(); ++term) {
    terms[*term] = {term.get_wdf(), Positions(term.positionlist_begin(), term.positionlist_end())};
  }
  return terms;
}

// A text as the library alone reads it.
Terms LibraryTerms(const std::string& text) {
  Xapian::Document made;
  Xapian::TermGenerator generator;
  generator.set_stemmer(EnglishStemmer());
  generator.set_stemming_strategy(Xapian::TermGenerator::STEM_SOME);
  generator.set_flags(Xapian::TermGenerator::FLAG_CJK_NGRAM);
  generator.set_document(made);
  generator.index_text(text);
  return TermsOf(made);
}

std::vector<uint32_t> WordCharacters() {
  // Around where the scripts begin and end, and a part of all others.
  std::vector<uint32_t> characters;
  for (uint32_t c = 0x80; c < 0x30000; c += c % 256 < 4 || c % 16 >= 14 || c % 16 < 2 ? 1 : 3) {
    const bool surrogate = c >= 0xD800 && c < 0xE000;
    if (!surrogate && Xapian::Unicode::is_wordchar(c)) characters.push_back(c);
  }
  return characters;
}

TEST(MakeDocumentTest, HasWhatTheLibraryReadsAndWhatQueriesAskFor) {
  for (const uint32_t c : WordCharacters()) {
    SCOPED_TRACE(absl::StrCat("U+", absl::Hex(c)));
    std::string character;
    Xapian::Unicode::append_utf8(character, c);
    // Joins words to one, for the library also across ideographs.
    if (absl::StrContains(Fold(character), "·")) continue;
    const std::string text = absl::StrCat("walking", character, "cups ", character, character, "茶杯 running");
    const Terms ours = TermsOf(MakeDocument({1, {{text, 1}}, {}, {}, {}}));
    Terms library = LibraryTerms(Xapian::Unicode::tolower(Fold(text)));
    std::erase_if(library,
                  [&](const auto& term) { return absl::StartsWith(term.first, "Z") && !ours.contains(term.first); });
    Terms folded = ours;
    std::erase_if(folded, [](const auto& term) { return absl::StartsWith(term.first, "E"); });
    ASSERT_EQ(folded, library);

    Xapian::QueryParser parser;
    parser.set_stemmer(EnglishStemmer());
    parser.set_stemming_strategy(Xapian::QueryParser::STEM_SOME);
    const Xapian::Query query =
        parser.parse_query(PartWithCommas(NormalizeQuery(text)), Xapian::QueryParser::FLAG_CJK_NGRAM);
    for (auto term = query.get_terms_begin(); term != query.get_terms_end(); ++term) {
      ASSERT_TRUE(ours.contains(*term)) << *term;
    }
  }
}

TEST(MakeDocumentTest, StemsWordsOnly) {
  const Terms terms = TermsOf(MakeDocument({1, {{"Blue cups 蓝色杯子", 1}}, {}, {}, {}}));
  EXPECT_TRUE(terms.contains("Zcup"));
  EXPECT_TRUE(terms.contains("蓝色"));
  EXPECT_FALSE(terms.contains("Z蓝色"));
  EXPECT_FALSE(terms.contains("Z蓝"));
}

TEST(MakeDocumentTest, HasTheFormsThatFoldingChanges) {
  const Terms terms = TermsOf(MakeDocument({1, {{"Café und Straße, Cup", 5}}, {}, {}, {}}));
  EXPECT_EQ(terms.at("cafe").first, 5);
  EXPECT_EQ(terms.at("Ecafe|café").first, 5);
  EXPECT_EQ(terms.at("Estrasse|straße").first, 5);
  EXPECT_FALSE(terms.contains("café"));
  EXPECT_FALSE(terms.contains("Ecup|cup"));
}

}  // namespace
}  // namespace storeops::search
