#include "common/search/index.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int kPriceSlot = 1;
constexpr int kTitleSlot = 2;
constexpr int kBrand = 0;
constexpr int kTag = 1;

class IndexTest : public ::testing::Test {
 protected:
  IndexTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "search_index_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    Open();
  }
  ~IndexTest() override {
    index_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Open(const std::string& format = "1") {
    index_.reset();
    auto index = Index::Open(folder_ + "/index", format);
    ASSERT_TRUE(index.ok()) << index.status();
    index_ = *std::move(index);
  }

  void Add(const std::vector<Document>& documents, std::optional<int64_t> cursor = 1) {
    ASSERT_TRUE(index_->Update(documents, {}).ok());
    ASSERT_TRUE(index_->Commit(cursor).ok());
  }

  Result Search(const Query& query) {
    absl::StatusOr<Result> result = index_->Search(query);
    EXPECT_TRUE(result.ok()) << result.status() << " for " << query.words;
    return result.ok() ? *result : Result{};
  }
  std::vector<uint32_t> Ids(const Query& query) {
    std::vector<uint32_t> ids;
    for (const auto& hit : Search(query).hits) ids.push_back(hit.id);
    return ids;
  }
  std::vector<uint32_t> Ids(const char* words) { return Ids(Query{.words = words}); }

  std::string folder_;
  std::unique_ptr<Index> index_;
};

Document Doc(uint32_t id, std::vector<Text> texts) {
  Document document;
  document.id = id;
  document.texts = std::move(texts);
  return document;
}

TEST_F(IndexTest, FindsEnglishInAllInflections) {
  Add({Doc(1, {{"Red wooden boxes"}}), Doc(2, {{"A box of matches"}}), Doc(3, {{"Teapot"}})});
  EXPECT_THAT(Ids("box"), UnorderedElementsAre(1, 2));
  EXPECT_THAT(Ids("BOXES"), UnorderedElementsAre(1, 2));
  EXPECT_THAT(Ids("red box"), ElementsAre(1)) << "all words must be there";
  EXPECT_THAT(Ids("the box of"), UnorderedElementsAre(1, 2)) << "but the most common ones";
  EXPECT_THAT(Ids("of"), ElementsAre(2)) << "which are words all the same when they are alone";
  EXPECT_THAT(Ids("saucer"), IsEmpty());
}

TEST_F(IndexTest, FindsChineseOfAnyLength) {
  Add({Doc(1, {{"复古红茶杯"}}), Doc(2, {{"茶壶套装"}}), Doc(3, {{"LED灯泡"}}), Doc(4, {{"红色杯子"}})});
  EXPECT_THAT(Ids("茶"), UnorderedElementsAre(1, 2));
  EXPECT_THAT(Ids("杯"), UnorderedElementsAre(1, 4));
  EXPECT_THAT(Ids("茶壶"), ElementsAre(2));
  EXPECT_THAT(Ids("红茶"), ElementsAre(1));
  EXPECT_THAT(Ids("红茶杯"), ElementsAre(1));
  EXPECT_THAT(Ids("红 杯"), UnorderedElementsAre(1, 4));
  EXPECT_THAT(Ids("led灯"), ElementsAre(3));
  EXPECT_THAT(Ids("灯杯"), IsEmpty());
}

TEST_F(IndexTest, LastWordMatchesAsPrefix) {
  Add({Doc(1, {{"paper lantern"}}), Doc(2, {{"lanolin cream"}}), Doc(3, {{"paper cup"}})});
  EXPECT_THAT(Ids("lan"), UnorderedElementsAre(1, 2));
  EXPECT_THAT(Ids("paper la"), ElementsAre(1));
  EXPECT_THAT(Ids("lan "), IsEmpty());
  EXPECT_THAT(Ids("lan paper"), IsEmpty());
}

TEST_F(IndexTest, PhrasesAndExclusions) {
  Add({Doc(1, {{"red tea cup"}}), Doc(2, {{"red cup for tea"}}), Doc(3, {{"tea"}, {"cup"}})});
  EXPECT_THAT(Ids("\"tea cup\""), ElementsAre(1)) << "not from one text into the next";
  EXPECT_THAT(Ids("cup -red"), ElementsAre(3));
  EXPECT_THAT(Ids("cup -\"tea cup\""), UnorderedElementsAre(2, 3));
  EXPECT_THAT(Ids("-red"), ElementsAre(3));
}

TEST_F(IndexTest, WeightsDecideTheOrder) {
  Add({Doc(1, {{"mug", 1}}), Doc(2, {{"mug", 10}}), Doc(3, {{"mug", 4}})});
  EXPECT_THAT(Ids("mug"), ElementsAre(2, 3, 1));
  const Result result = Search({.words = "mug"});
  EXPECT_GT(result.hits[0].percent, result.hits[2].percent);
  EXPECT_LE(result.hits[0].percent, 100);
}

TEST_F(IndexTest, CorrectsSpellingWhenNothingIsFound) {
  Add({Doc(1, {{"ceramic lantern"}}), Doc(2, {{"ceramic mug"}})});
  const Result result = Search({.words = "cermaic lantern"});
  EXPECT_EQ(result.corrected_words, "ceramic lantern");
  ASSERT_EQ(result.hits.size(), 1);
  EXPECT_EQ(result.hits[0].id, 1);
  EXPECT_EQ(Search({.words = "ceramic"}).corrected_words, "");
  EXPECT_EQ(Search({.words = "zzyzx"}).corrected_words, "");
}

TEST_F(IndexTest, SuggestsNoWordThatIsGone) {
  Add({Doc(1, {{"ceramic lantern"}}), Doc(2, {{"wooden mug"}})});
  ASSERT_EQ(Search({.words = "lanterm"}).corrected_words, "lantern");
  Add({Doc(1, {{"ceramic plate"}})}, 2);
  EXPECT_EQ(Search({.words = "lanterm"}).corrected_words, "");
  EXPECT_EQ(Search({.words = "ceramix"}).corrected_words, "ceramic");
  ASSERT_TRUE(index_->Update({}, {1}).ok());
  ASSERT_TRUE(index_->Commit(3).ok());
  EXPECT_EQ(Search({.words = "ceramix"}).corrected_words, "");
}

struct QueryAndText {
  const char* query;
  const char* text;
};

TEST_F(IndexTest, FindsWordsInAllTheirForms) {
  constexpr QueryAndText kPairs[] = {
      {"cafe", "Café au lait"},
      {"café", "Cafe bar"},
      {"CAFÉ", "cafe\u0301 noir"},
      {"strasse", "Straße"},
      {"straße", "STRASSE"},
      {"grosse", "Größe"},
      {"όμικρον", "ΟΜΙΚΡΟΝ"},
      {"καφες", "Καφές"},
      {"елка", "Ёлка"},
      {"ёлка", "елка"},
      {"istanbul", "İstanbul"},
      {"isparta", "Isparta ISPARTA ısparta"},
      {"ışık", "Isik"},
      {"cà phê", "Ca phe"},
      {"duong den", "Đường đèn"},
      {"ｕｓｂ", "USB"},
      {"usb", "ＵＳＢ"},
      {"１２３", "123"},
      {"カメラ", "ｶﾒﾗ"},
      {"ｶﾞﾗｽ", "ガラス"},
      {"lodz", "Łódź"},
      {"smorrebrod", "smørrebrød"},
      {"oeuvre", "œuvre"},
      {"fiat", "ﬁat"},
      {"lego", "LEGO™ Technic"},
      {"noel", "Noe\u0308l"},
      {"naive", "naïve"},
  };
  std::vector<Document> documents;
  uint32_t id = 0;
  for (const QueryAndText& pair : kPairs) documents.push_back(Doc(++id, {{pair.text}}));
  Add(documents);
  id = 0;
  for (const QueryAndText& pair : kPairs) EXPECT_THAT(Ids(pair.query), ::testing::Contains(++id)) << pair.query;
}

TEST_F(IndexTest, ExactFormsRankFirst) {
  Add({Doc(1, {{"Café au lait", 5}}), Doc(2, {{"Cafe bar", 5}}), Doc(3, {{"Straße", 5}}), Doc(4, {{"Strasse", 5}}),
       Doc(5, {{"CAFÈ", 5}}), Doc(6, {{"Áo bé trai", 5}}), Doc(7, {{"Áo be", 5}}), Doc(8, {{"áo", 5}})});
  EXPECT_THAT(Ids("café"), ElementsAre(1, 2, 5));
  EXPECT_THAT(Ids("cafe"), ElementsAre(2, 1, 5));
  EXPECT_THAT(Ids("cafè"), ElementsAre(5, 1, 2));
  EXPECT_THAT(Ids("CAFE "), ElementsAre(2, 1, 5));
  EXPECT_THAT(Ids("straße"), ElementsAre(3, 4));
  EXPECT_THAT(Ids("strasse"), ElementsAre(4, 3));
  EXPECT_THAT(Ids("áo bé"), ElementsAre(6, 7)) << "what folds to a stopword is no stopword";
  EXPECT_THAT(Ids("\"cafe au lait\""), ElementsAre(1)) << "phrases are folded, too";
  EXPECT_THAT(Ids("-café"), UnorderedElementsAre(3, 4, 6, 7, 8));
}

TEST_F(IndexTest, SuggestsTheUsualForm) {
  Add({Doc(1, {{"Lange Straße"}}), Doc(2, {{"Kurze Straße"}}), Doc(3, {{"Strasse"}}), Doc(4, {{"facade"}}),
       Doc(5, {{"facade façade"}}), Doc(6, {{"façade facade"}}), Doc(7, {{"facade"}})});
  EXPECT_EQ(Search({.words = "strase"}).corrected_words, "straße");
  EXPECT_EQ(Search({.words = "facaed"}).corrected_words, "facade");
  EXPECT_EQ(Search({.words = "strasse kurzze"}).corrected_words, "strasse kurze") << "the others as they were typed";
  EXPECT_EQ(Search({.words = "Straße kurzze"}).corrected_words, "straße kurze");
}

TEST_F(IndexTest, MarksThatArePartOfWordsStay) {
  Add({Doc(1, {{"がらす"}}), Doc(2, {{"からす"}}), Doc(3, {{"हिंदी"}}), Doc(4, {{"हदी"}})});
  EXPECT_THAT(Ids("がらす"), ElementsAre(1));
  EXPECT_THAT(Ids("か\u3099らす"), ElementsAre(1));
  EXPECT_THAT(Ids("हिंदी"), ElementsAre(3));
}

std::vector<Document> Shelf() {
  std::vector<Document> documents;
  for (uint32_t id = 1; id <= 9; ++id) {
    Document document = Doc(id, {{absl::StrCat("cup number", id)}});
    const std::string brand = id % 3 == 0 ? "Acme" : "acme";
    document.terms = {ExactTerm('B', brand)};
    document.facets = {{kBrand, brand}};
    document.keys = {{kTitleSlot, TextKey(absl::StrCat(id % 2 == 0 ? "B" : "a", id))}};
    if (id != 9) document.keys.push_back({kPriceSlot, NumberKey(id * 100)});
    if (id <= 2) {
      document.terms.push_back(ExactTerm('T', "sale"));
      document.facets.push_back({kTag, "sale"});
    }
    documents.push_back(document);
  }
  return documents;
}

TEST_F(IndexTest, Filters) {
  Add(Shelf());
  EXPECT_THAT(Ids(Query{.words = "cup", .conditions = {{ExactTerm('B', "Acme")}}}), ElementsAre(3, 6, 9));
  EXPECT_THAT(Ids(Query{.conditions = {{ExactTerm('B', "acme")}, {ExactTerm('T', "sale")}}}), ElementsAre(1, 2));
  EXPECT_THAT(Ids(Query{.conditions = {{ExactTerm('B', "Acme"), ExactTerm('T', "sale")}}}), ElementsAre(1, 2, 3, 6, 9));
  EXPECT_THAT(Ids(Query{.conditions = {{ExactTerm('B', "none")}}}), IsEmpty());
  EXPECT_THAT(Ids(Query{.ranges = {{.slot = kPriceSlot, .min = 300, .max = 500}}}), ElementsAre(3, 4, 5));
  EXPECT_THAT(Ids(Query{.ranges = {{.slot = kPriceSlot, .min = 700}}}), ElementsAre(7, 8));
  EXPECT_THAT(Ids(Query{.ranges = {{.slot = kPriceSlot, .max = 200}}}), ElementsAre(1, 2));
  EXPECT_THAT(Ids(Query{.ranges = {{.slot = kPriceSlot}}}), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST_F(IndexTest, Sorts) {
  Add(Shelf());
  EXPECT_THAT(Ids(Query{.sort = Query::Sort{kPriceSlot, true}, .limit = 3}), ElementsAre(8, 7, 6));
  EXPECT_THAT(Ids(Query{.words = "cup", .sort = Query::Sort{kTitleSlot}, .limit = 6}), ElementsAre(1, 3, 5, 7, 9, 2));
}

TEST_F(IndexTest, CountsFacetsWithinTheResult) {
  Add(Shelf());
  Result result = Search({.words = "cup", .facets = {kBrand, kTag}, .limit = 2});
  ASSERT_EQ(result.facets.size(), 2);
  EXPECT_TRUE(result.facets[0].exact);
  ASSERT_EQ(result.facets[0].values.size(), 2);
  EXPECT_EQ(result.facets[0].values[0].value, "acme");
  EXPECT_EQ(result.facets[0].values[0].count, 6);
  EXPECT_EQ(result.facets[0].values[1].count, 3);
  ASSERT_EQ(result.facets[1].values.size(), 1);
  EXPECT_EQ(result.facets[1].values[0].count, 2);
  EXPECT_EQ(result.estimated_total, 9);
  EXPECT_TRUE(result.more);
}

TEST_F(IndexTest, EstimatesFacetsOfManyResults) {
  std::vector<Document> documents;
  for (uint32_t id = 1; id <= 5000; ++id) {
    documents.push_back(Doc(id, {{"cup"}}));
    documents.back().facets = {{kBrand, id % 4 == 0 ? "rare" : "common"}};
  }
  Add(documents);
  const Result result = Search({.words = "cup", .facets = {kBrand}});
  EXPECT_FALSE(result.facets[0].exact);
  EXPECT_EQ(result.facets[0].values[0].value, "common");
  EXPECT_NEAR(result.facets[0].values[0].count, 3750, 200);
  EXPECT_NEAR(result.facets[0].values[1].count, 1250, 200);
}

TEST_F(IndexTest, Pages) {
  Add(Shelf());
  EXPECT_THAT(Ids(Query{.offset = 0, .limit = 4}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Ids(Query{.offset = 8, .limit = 4}), ElementsAre(9));
  EXPECT_FALSE(Search({.offset = 8, .limit = 4}).more);
  EXPECT_FALSE(Search({.offset = 5, .limit = 4}).more);
  EXPECT_TRUE(Search({.offset = 4, .limit = 4}).more);
  EXPECT_THAT(Ids(Query{.offset = 10'000, .limit = 4}), IsEmpty());
}

TEST_F(IndexTest, ReplacesAndRemoves) {
  Add({Doc(1, {{"cup"}}), Doc(2, {{"cup"}})});
  ASSERT_TRUE(index_->Update({Doc(1, {{"plate"}})}, {2, 77}).ok());
  EXPECT_THAT(Ids("cup"), ElementsAre(1, 2)) << "not before the commit";
  ASSERT_TRUE(index_->Commit(5).ok());
  EXPECT_THAT(Ids("cup"), IsEmpty());
  EXPECT_THAT(Ids("plate"), ElementsAre(1));
  EXPECT_EQ(index_->document_count(), 1);
}

TEST_F(IndexTest, ListsIds) {
  EXPECT_THAT(*index_->Ids(1, 100), IsEmpty());
  Add({Doc(2, {{"cup"}}), Doc(5, {{"cup"}}), Doc(4'000'000'000, {{"cup"}})});
  EXPECT_THAT(*index_->Ids(2, 5), ElementsAre(2, 5));
  EXPECT_THAT(*index_->Ids(3, 4), IsEmpty());
  EXPECT_THAT(*index_->Ids(6, 0xFFFFFFFF), ElementsAre(4'000'000'000));
}

TEST_F(IndexTest, KeepsDocumentsAndCursorTogether) {
  EXPECT_EQ(index_->cursor(), std::nullopt);
  Add({Doc(1, {{"cup"}})}, 42);
  Open();
  EXPECT_EQ(index_->cursor(), 42);
  EXPECT_THAT(Ids("cup"), ElementsAre(1));
}

TEST_F(IndexTest, AnotherFormatIsMadeAnew) {
  Add({Doc(1, {{"cup"}})}, 42);
  Open("2");
  EXPECT_EQ(index_->cursor(), std::nullopt);
  EXPECT_THAT(Ids("cup"), IsEmpty());
}

TEST_F(IndexTest, DamagedFilesAreMadeAnew) {
  Add(Shelf(), 42);
  index_.reset();
  for (const auto& file : std::filesystem::directory_iterator(folder_ + "/index")) {
    std::ofstream(file.path(), std::ios::trunc) << "not an index";
  }
  Open();
  EXPECT_EQ(index_->cursor(), std::nullopt);
  Add(Shelf(), 43);
  EXPECT_EQ(index_->document_count(), 9);
}

TEST_F(IndexTest, DamageWhileOpenIsNoticedAndMended) {
  std::vector<Document> documents;
  for (uint32_t id = 1; id <= 3000; ++id) documents.push_back(Doc(id, {{absl::StrCat("cup word", id)}}));
  Add(documents, 42);
  for (const char* table : {"postlist.glass", "position.glass", "termlist.glass", "docdata.glass", "spelling.glass"}) {
    const std::string file = folder_ + "/index/" + table;
    if (!std::filesystem::exists(file)) continue;
    const auto size = std::filesystem::file_size(file);
    std::ofstream(file, std::ios::in | std::ios::out) << std::string(size, '\x5a');
  }
  absl::Status status;
  for (int i = 1; i <= 3000 && status.ok(); ++i) status = index_->Search({.words = absl::StrCat("word", i)}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_TRUE(index_->damaged());
  EXPECT_FALSE(index_->Commit(43).ok());
  ASSERT_TRUE(index_->Reset().ok());
  EXPECT_EQ(index_->cursor(), std::nullopt);
  Add(Shelf(), 44);
  EXPECT_THAT(Ids("number3"), ElementsAre(3));
}

TEST_F(IndexTest, OnlyOneOpensIt) {
  EXPECT_EQ(Index::Open(folder_ + "/index", "1").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(IndexTest, AFolderThatCannotBe) {
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_EQ(Index::Open(folder_ + "/file/index", "1").status().code(), absl::StatusCode::kInternal);
}

TEST_F(IndexTest, HostileQueriesAreAnswered) {
  Add(Shelf());
  std::string ideographs;
  for (int i = 0; i < 85; ++i) absl::StrAppend(&ideographs, "茶杯灯");
  for (const std::string& words : {std::string("\"\"\"\""),
                                   std::string("+-+-"),
                                   std::string("((cup) OR"),
                                   std::string("cup NEAR/99 cup"),
                                   std::string("-"),
                                   std::string("--cup"),
                                   std::string("cup*"),
                                   std::string("*"),
                                   std::string("XB:Acme"),
                                   std::string("AND OR NOT XOR"),
                                   std::string("\0cup", 4),
                                   std::string("'; DROP TABLE products; --"),
                                   std::string(256, 'a'),
                                   std::string(256, '"'),
                                   ideographs,
                                   std::string("a b c d e f g h i j k l m n o p q r s t"),
                                   std::string("\"cup number1"),
                                   std::string("...:::///@@@"),
                                   std::string("cup AND"),
                                   std::string("~cup"),
                                   std::string("\xff\xfe cup")}) {
    EXPECT_TRUE(index_->Search({.words = words, .facets = {kBrand}}).ok()) << words;
  }
  EXPECT_THAT(Ids("XB:Acme"), IsEmpty()) << "filters cannot be typed";
}

TEST_F(IndexTest, ReadersAndAWriterAtOnce) {
  Add(Shelf());
  std::atomic<bool> done = false;
  std::atomic<int> searches = 0;
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      while (!done) {
        auto result = index_->Search({.words = "cup", .facets = {kBrand}});
        // Unavailable is an answer when the index changes faster than it can be read.
        ASSERT_TRUE(result.ok() || absl::IsUnavailable(result.status())) << result.status();
        if (result.ok()) {
          ASSERT_EQ(result->hits.size(), 9);
          ++searches;
        }
      }
    });
  }
  for (int i = 0; i < 100; ++i) Add(Shelf(), i);
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_GT(searches, 0);
}

// Runs also under the thread sanitizer. Objects of the library that threads share without knowing, such as its static
// queries, count their references without locks: then this crashes or is reported.
TEST_F(IndexTest, ManySearchersAndAWriterOfEveryKindOfQuery) {
  constexpr int kSearchers = 8;
  constexpr int kSearches = 300;
  Add(Shelf());
  const std::vector<Query> queries = {
      {.words = "cup"},
      {.words = "-cup"},
      {.words = "cup -number3"},
      {.words = "the"},
      {.words = "nu"},
      {.words = "\"cup number\""},
      {.words = "cpu number"},
      {.words = "茶壶"},
      {.facets = {kBrand, kTag}},
      {.conditions = {{ExactTerm('B', "Acme")}}, .sort = Query::Sort{kTitleSlot}, .facets = {kBrand}},
      {.words = "cup", .ranges = {{.slot = kPriceSlot, .min = 300}}, .sort = Query::Sort{kPriceSlot, true}},
  };
  std::atomic<int> searching = kSearchers;
  std::vector<std::thread> searchers;
  for (int s = 0; s < kSearchers; ++s) {
    searchers.emplace_back([&, s] {
      for (int i = 0; i < kSearches; ++i) {
        const auto result = index_->Search(queries[(s + i) % queries.size()]);
        EXPECT_TRUE(result.ok() || absl::IsUnavailable(result.status())) << result.status();
      }
      --searching;
    });
  }
  for (int64_t cursor = 2; searching > 0; ++cursor) {
    std::vector<Document> documents = Shelf();
    documents.push_back(Doc(10 + cursor % 5, {{"复古茶壶"}, {"teapot"}}));
    ASSERT_TRUE(index_->Update(documents, {static_cast<uint32_t>(10 + (cursor + 2) % 5)}).ok());
    ASSERT_TRUE(index_->Commit(cursor).ok());
  }
  for (auto& searcher : searchers) searcher.join();
  EXPECT_EQ(Ids(Query{.words = "cup", .limit = 20}).size(), 9);
  EXPECT_FALSE(index_->damaged());
}

TEST_F(IndexTest, AnswersTheSameAfterReopening) {
  Add(Shelf());
  const Query query{.conditions = {{ExactTerm('B', "acme")}},
                    .ranges = {{.slot = kPriceSlot, .min = 200}},
                    .sort = Query::Sort{kPriceSlot, true},
                    .facets = {kBrand, kTag}};
  const Result before = Search(query);
  Open();
  const Result after = Search(query);
  EXPECT_THAT(Ids(query), ElementsAre(8, 7, 5, 4, 2));
  ASSERT_EQ(after.hits.size(), before.hits.size());
  for (size_t i = 0; i < after.hits.size(); ++i) EXPECT_EQ(after.hits[i].id, before.hits[i].id);
  ASSERT_EQ(after.facets[1].values.size(), 1);
  EXPECT_EQ(after.facets[1].values[0].count, before.facets[1].values[0].count);
}

TEST_F(IndexTest, SortsDocumentsWithoutAKeyAsTheLowest) {
  Add(Shelf());
  EXPECT_THAT(Ids(Query{.words = "cup", .sort = Query::Sort{kPriceSlot}, .limit = 2}), ElementsAre(9, 1));
  EXPECT_THAT(Ids(Query{.sort = Query::Sort{kPriceSlot}, .limit = 2}), ElementsAre(9, 1));
  Add({Doc(1, {{"cup"}})}, 2);
  EXPECT_THAT(Ids(Query{.sort = Query::Sort{kPriceSlot}, .limit = 3}), ElementsAre(1, 9, 2));
}

TEST_F(IndexTest, CountsManyResultsAndPhrasesInProportion) {
  std::vector<Document> documents;
  for (uint32_t id = 1; id <= 9000; ++id) {
    documents.push_back(Doc(id, {{id % 2 == 0 ? "tea cup" : "cup of tea"}}));
    documents.back().terms = {ExactTerm('T', "all")};
    documents.back().keys = {{kPriceSlot, NumberKey(id)}};
    documents.back().facets = {{kBrand, id % 4 == 0 ? "rare" : "common"}};
  }
  Add(documents);
  const Result phrase = Search({.words = "\"tea cup\"", .facets = {kBrand}});
  EXPECT_EQ(phrase.hits.size(), 20);
  EXPECT_NEAR(phrase.estimated_total, 4500, 500);
  for (const auto& hit : phrase.hits) EXPECT_EQ(hit.id % 2, 0);

  const Query all{.conditions = {{ExactTerm('T', "all")}}, .sort = Query::Sort{kPriceSlot, true}, .facets = {kBrand}};
  const Result broad = Search(all);
  EXPECT_EQ(broad.estimated_total, 9000);
  EXPECT_EQ(broad.hits[0].id, 9000);
  ASSERT_EQ(broad.facets[0].values.size(), 2);
  EXPECT_NEAR(broad.facets[0].values[0].count, 6750, 500);

  const Result everything = Search({.facets = {kBrand}, .offset = 8990, .limit = 20});
  EXPECT_EQ(everything.hits.size(), 10);
  EXPECT_FALSE(everything.more);
  EXPECT_TRUE(everything.facets[0].exact);
  EXPECT_EQ(everything.facets[0].values[1].count, 2250);
}

TEST(KeysTest, SortLikeWhatTheyStandFor) {
  EXPECT_LT(NumberKey(-1), NumberKey(0));
  EXPECT_LT(NumberKey(9), NumberKey(10));
  EXPECT_FALSE(NumberKey(-std::numeric_limits<double>::infinity()).empty());
  EXPECT_EQ(TextKey("ABC"), TextKey("abc"));
  EXPECT_LT(TextKey("a"), TextKey("B"));
  EXPECT_LE(TextKey(std::string(500, 'a')).size(), 64);
  EXPECT_EQ(TextKey("杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯杯").size() % 3, 0);
}

TEST(ExactTermTest, LongValuesStayApart) {
  EXPECT_NE(ExactTerm('B', std::string(300, 'a')), ExactTerm('B', std::string(301, 'a')));
  EXPECT_LE(ExactTerm('B', std::string(1000, 'a')).size(), 64);
}

}  // namespace
}  // namespace storeops::search
