#include "services/catalog/transfers/category_rows.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Errors(const std::string& text) {
  std::vector<std::string> texts;
  for (const auto& error : ReadCategoryFile(text, {TextEncoding::kUtf8, 0}).errors) {
    texts.push_back(absl::StrCat(error.line(), ":", error.column(), ":", error.field(), ": ", error.message()));
  }
  return texts;
}

TEST(CategoryRowsTest, ReadsWhatARowSays) {
  const CategoryFile file = ReadCategoryFile(
      "\xEF\xBB\xBFpath,parent,title,description,language,position,slug,title.zh,description.zh\r\n"
      "Home > Mugs,Home,\"Mugs, big\",For tea,en,-3,mugs,杯子,\r\n");
  EXPECT_THAT(file.errors, IsEmpty());
  ASSERT_EQ(file.rows.size(), 1);
  const CategoryRow& row = file.rows[0];
  EXPECT_EQ(row.line, 2);
  EXPECT_THAT(row.self.path, ElementsAre("Home", "Mugs"));
  EXPECT_THAT(row.parent.path, ElementsAre("Home"));
  EXPECT_EQ(row.category.title(), "Mugs, big");
  EXPECT_EQ(row.category.position(), -3);
  EXPECT_EQ(row.category.slug(), "mugs");
  ASSERT_EQ(row.category.translations_size(), 1);
  EXPECT_EQ(row.category.translations(0).title(), "杯子");
}

TEST(CategoryRowsTest, ReferencesArePathsOrNames) {
  const CategoryFile file = ReadCategoryFile("path,parent\ncategories/7,\n\\categories/7,categories/8\n");
  EXPECT_THAT(file.errors, IsEmpty());
  EXPECT_EQ(file.rows[0].self.name, "categories/7");
  EXPECT_TRUE(file.rows[0].parent.empty());
  EXPECT_THAT(file.rows[1].self.path, ElementsAre("categories/7"));
  EXPECT_EQ(file.rows[1].parent.name, "categories/8");
  EXPECT_EQ(FormatCategoryReference({"categories/7"}), "\\categories/7");
  EXPECT_EQ(FormatCategoryReference({"Home", "categories/7"}), "Home > categories/7");
}

TEST(CategoryRowsTest, NamesEverythingThatIsWrong) {
  const struct {
    const char* text;
    std::vector<std::string> errors;
  } cases[] = {
      {"", {"1:1:: the file is empty"}},
      {"path,title,titel,title,title.\n",
       {"1:12:titel: there is no such column; columns are key or path, parent, title, description, language, position, "
        "slug, title.zh, description.zh",
        "1:18:title: is there twice; columns are key or path, parent, title, description, language, position, slug, "
        "title.zh, description.zh",
        "1:24:title.: there is no such column; columns are key or path, parent, title, description, language, "
        "position, slug, title.zh, description.zh"}},
      {"title\nx\n", {"1:0:: there is no \"key\" or \"path\""}},
      {"key,path,title\n", {"1:0:: \"key\" and \"path\" exclude each other"}},
      {"key,parent\n", {"1:0:: there is no \"title\""}},
      {"path,position\n,1\nA,x\nB\n\xFF,1\nC,2000000\n",
       {"2:1:path: must not be empty", "3:3:position: \"x\" is not a whole number",
        "4:0:: the row has 1 fields, the header 2", "5:1:: this byte is not UTF-8 text",
        "6:3:position: must be at most 1000000, is 2000000"}},
      {"path,title\nA,\nB,\"open\n",
       {"2:3:title: is required", "3:8:: the quote opened on line 3, column 3 is not closed"}},
      {"path\na>b>c>d>e>f>g>h>i>j>k\n", {"2:1:path: has 11 levels; at most 10 are allowed"}},
      {"path,title.zh,description.zh\nA,,Text\n", {"2:3:title.zh: is required"}},
  };
  for (const auto& test : cases) EXPECT_EQ(Errors(test.text), test.errors) << test.text;
}

TEST(CategoryRowsTest, KnowsWhetherRowsAreMissing) {
  EXPECT_TRUE(ReadCategoryFile("path,position\nA,x\n").complete);
  EXPECT_FALSE(ReadCategoryFile("path,position\nA\n").complete);
  EXPECT_FALSE(ReadCategoryFile("path\n\"A\n").complete);
}

TEST(CategoryRowsTest, ARowTooManyIsNamedOnce) {
  std::string text = "path\n";
  for (int i = 0; i < 10'003; ++i) absl::StrAppend(&text, "T", i, "\n");
  EXPECT_THAT(Errors(text), ElementsAre(HasSubstr("10002:0:: a file has at most 10000 rows")));
}

TEST(CategoryRowsTest, MergesWhatIsStated) {
  v1::Category category;
  category.set_title("Mugs");
  category.set_description("Old");
  category.set_slug("mugs");
  for (const char* language : {"zh", "fr"}) {
    auto* translation = category.add_translations();
    translation->set_language(language);
    translation->set_title("T");
    translation->mutable_seo()->set_slug("s");
  }
  const CategoryFile file = ReadCategoryFile("path,description,title.zh,title.fr,title.de\nMugs,,杯子,,Becher\n");
  ASSERT_THAT(file.errors, IsEmpty());
  MergeCategory(file, file.rows[0], &category);
  EXPECT_EQ(category.description(), "");
  EXPECT_EQ(category.slug(), "mugs");
  ASSERT_EQ(category.translations_size(), 2);
  EXPECT_EQ(category.translations(0).title(), "杯子");
  EXPECT_EQ(category.translations(0).seo().slug(), "s");
  EXPECT_EQ(category.translations(1).language(), "de");
}

}  // namespace
}  // namespace storeops::catalog
