// The category tree from a file and to a file, through the pipeline, on a real database.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "storeops/catalog/v1/transfer_service.pb.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/database_helpers.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif

namespace storeops::testing {
namespace {

using catalog::v1::Category;
using catalog::v1::CategoryNode;
using catalog::v1::ImportCategoriesRequest;
using catalog::v1::ImportCategoriesResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CategoryImportTest : public ::testing::Test {
 protected:
  void SetUp() override { process_.Start(); }

  absl::StatusOr<ImportCategoriesResponse> Import(const std::string& text, bool validate_only = false,
                                                  const std::string& request_id = "") {
    ImportCategoriesRequest request;
    request.set_file(text);
    request.set_validate_only(validate_only);
    request.set_request_id(request_id);
    return process_.Call<ImportCategoriesResponse>("TransferService/ImportCategories", request);
  }
  std::string Export() {
    std::string text;
    int categories = -1;
    const auto on_message = [&](const std::string& bytes) {
      catalog::v1::ExportCategoriesResponse message;
      EXPECT_TRUE(message.ParseFromString(bytes));
      text += message.chunk();
      if (message.has_categories()) categories = message.categories();
      return true;
    };
    const absl::Status status =
        process_.peer().Stream(process_.MakeCall("TransferService/ExportCategories"), "", on_message);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_GE(categories, 0);
    return text;
  }
  // "Kitchen(Mugs,Pots(Lids))" for each root.
  std::vector<std::string> Tree() {
    const auto tree = process_.Call<catalog::v1::GetCategoryTreeResponse>("CategoryService/GetCategoryTree",
                                                                          catalog::v1::GetCategoryTreeRequest());
    EXPECT_TRUE(tree.ok()) << tree.status();
    std::vector<std::string> roots;
    for (const CategoryNode& root : tree->roots()) roots.push_back(Draw(root));
    return roots;
  }
  static std::string Draw(const CategoryNode& node) {
    std::string text = node.category().title();
    for (int i = 0; i < node.children_size(); ++i) absl::StrAppend(&text, i == 0 ? "(" : ",", Draw(node.children(i)));
    return node.children().empty() ? text : text + ")";
  }
  int64_t Count(const std::string& table) {
    const auto rows = process_.runtime().database().Query(Soon(), absl::StrCat("SELECT COUNT(*) FROM ", table));
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows->Int(0, 0);
  }
  Category Get(int64_t id) {
    catalog::v1::GetCategoryRequest request;
    request.set_name(absl::StrCat("categories/", id));
    const auto category = process_.Call<Category>("CategoryService/GetCategory", request);
    EXPECT_TRUE(category.ok()) << category.status();
    return category.ok() ? *category : Category();
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
};

std::vector<std::string> Mistakes(const absl::Status& status) {
  google::rpc::BadRequest bad_request;
  std::vector<std::string> mistakes;
  if (!GetDetail(status, &bad_request)) return {status.ToString()};
  for (const auto& violation : bad_request.field_violations()) {
    mistakes.push_back(absl::StrCat(violation.field(), ": ", violation.description()));
  }
  return mistakes;
}

std::string CountsOf(const ImportCategoriesResponse& response) {
  return absl::StrCat("rows ", response.rows(), " created ", response.created(), " moved ", response.moved(),
                      " updated ", response.updated(), " unchanged ", response.unchanged());
}

TEST_F(CategoryImportTest, CreatesUpdatesAndMovesAndASecondRunChangesNothing) {
  const std::string first =
      "path,description,title.zh,slug,position\nHome > Mugs > Tea,,茶杯,tea,0\nHome,All,家,home,2\nHome > Mugs,,,,0\n"
      "Garden,,,,1\n";
  auto done = Import(first);
  ASSERT_TRUE(done.ok()) << DescribeStatus(done.status());
  EXPECT_EQ(CountsOf(*done), "rows 4 created 4 moved 0 updated 0 unchanged 0");
  ASSERT_EQ(done->changes_size(), 4);
  EXPECT_EQ(done->changes(0).path(), "Home > Mugs > Tea");
  EXPECT_EQ(done->changes(0).line(), 2);
  EXPECT_THAT(Tree(), ElementsAre("Garden", "Home(Mugs(Tea))"));

  const int64_t history = Count("history");
  done = Import(first);
  ASSERT_TRUE(done.ok()) << DescribeStatus(done.status());
  EXPECT_EQ(CountsOf(*done), "rows 4 created 0 moved 0 updated 0 unchanged 4");
  EXPECT_THAT(done->changes(), IsEmpty());
  EXPECT_EQ(Count("history"), history);

  const std::string second =
      "path,parent,title,title.zh\nHome > Mugs,Garden,Cups,杯子\nGarden,,Park,\nHome > Mugs > Tea,Home,Tea,茶杯\n";
  done = Import(second);
  ASSERT_TRUE(done.ok()) << DescribeStatus(done.status());
  EXPECT_EQ(CountsOf(*done), "rows 3 created 0 moved 2 updated 1 unchanged 0");
  EXPECT_EQ(done->changes(0).old_path(), "Home > Mugs");
  EXPECT_EQ(done->changes(0).path(), "Park > Cups");
  EXPECT_THAT(Tree(), ElementsAre("Park(Cups)", "Home(Tea)"));
  done = Import(second);
  ASSERT_TRUE(done.ok()) << DescribeStatus(done.status());
  EXPECT_EQ(CountsOf(*done), "rows 3 created 0 moved 0 updated 0 unchanged 3");
}

TEST_F(CategoryImportTest, WhatIsExportedIsUnchangedWhenImported) {
  ASSERT_TRUE(Import("path,description,language,position,slug,title.zh,description.zh,title.fr\n"
                     "\" A\\>B \",\"Line\nbreak, \"\"quoted\"\"\",de,-5,a-b,甲,乙,\n"
                     "A\\>B > categories/1,,,,,,,Tasses\nC,,en,3,c,,,\n")
                  .ok());
  const std::string text = Export();
  EXPECT_THAT(text, HasSubstr("path,parent,title,description,language,position,slug,title.fr,description.fr,title.zh,"
                              "description.zh\n"));
  const auto again = Import(text);
  ASSERT_TRUE(again.ok()) << DescribeStatus(again.status()) << text;
  EXPECT_EQ(CountsOf(*again), "rows 3 created 0 moved 0 updated 0 unchanged 3");
  EXPECT_EQ(Export(), text);
}

TEST_F(CategoryImportTest, ADryRunWritesNothing) {
  const std::string text = "path\nHome > Mugs\nHome\n";
  const auto dry = Import(text, /*validate_only=*/true);
  ASSERT_TRUE(dry.ok()) << DescribeStatus(dry.status());
  EXPECT_TRUE(dry->validate_only());
  EXPECT_EQ(CountsOf(*dry), "rows 2 created 2 moved 0 updated 0 unchanged 0");
  EXPECT_EQ(dry->changes(0).category(), "");
  EXPECT_THAT(Tree(), IsEmpty());
  EXPECT_EQ(Count("history"), 0);
  ASSERT_TRUE(Import(text).ok());
  const auto refused = Import("path,parent\nHome,Home > Mugs\n", /*validate_only=*/true);
  EXPECT_THAT(Mistakes(refused.status()),
              ElementsAre("file:2:6:parent: closes a circle: line 2 is below categories/2 is below line 2"));
}

TEST_F(CategoryImportTest, AWrongFileWritesNothing) {
  ASSERT_TRUE(Import("path,slug\nHome,home\nHome > Mugs,\n").ok());
  const int64_t history = Count("history");
  const auto tree = Tree();
  const struct {
    const char* text;
    std::vector<std::string> mistakes;
  } cases[] = {
      {"key,parent,title\nn,,New\na,b,A\nb,a,B\n",
       {"file:3:3:parent: closes a circle: line 3 is below line 4 is below line 3"}},
      {"path,parent\nNew,\nX,Gone\n",
       {"file:3:3:parent: there is no \"Gone\", neither in the file nor among the categories"}},
      {"path,slug\nNew,home\nOther,Not A Slug\n",
       {"file:2:5:slug: is the slug of categories/1",
        "file:3:7:slug: must match [a-z0-9]+(-[a-z0-9]+)*, is \"Not A Slug\""}},
      {"path\nNew\n\"open\n", {"file:3:6: the quote opened on line 3, column 1 is not closed"}},
      {"path\nNew é ü\nb\xC3\x28\n", {"file:3:2: this byte is not UTF-8 text"}},
      {"path,title\nNew\nHome,H,x\n",
       {"file:2: the row has 1 fields, the header 2", "file:3: the row has 3 fields, the header 2"}},
      // Only together with what is there: the text's own language.
      {"path,title.en\nNew,X\n", {"file:2:5:title.en: is the text's own language or that of another translation"}},
  };
  for (const auto& test : cases) {
    for (const bool validate_only : {true, false}) {
      const auto refused = Import(test.text, validate_only);
      EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
      EXPECT_EQ(Mistakes(refused.status()), test.mistakes) << test.text;
    }
  }
  EXPECT_EQ(Tree(), tree);
  EXPECT_EQ(Count("history"), history);
}

TEST_F(CategoryImportTest, AHundredMistakesAreNamedAndAllAreCounted) {
  std::string text = "path,position\n";
  for (int i = 0; i < 250; ++i) absl::StrAppend(&text, "T", i, ",x\n");
  const auto refused = Import(text);
  EXPECT_EQ(Mistakes(refused.status()).size(), 100);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(refused.status(), &info));
  EXPECT_EQ(info.reason(), "INVALID_FIELDS");
  EXPECT_EQ(info.metadata().at("errors"), "250");
}

TEST_F(CategoryImportTest, ARequestIdIsAnsweredOnce) {
  const auto first = Import("path\nHome\n", false, "once");
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = Import("path\nHome\n", false, "once");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Import("path\nGarden\n", false, "once").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(CategoryImportTest, SlugsChangeHandsInOneFile) {
  ASSERT_TRUE(Import("path,slug\nA,one\nB,two\n").ok());
  const auto swapped = Import("path,slug\nA,two\nB,one\nC,three\n");
  ASSERT_TRUE(swapped.ok()) << DescribeStatus(swapped.status());
  EXPECT_EQ(Get(1).slug(), "two");
  EXPECT_EQ(Get(2).slug(), "one");
}

TEST_F(CategoryImportTest, TenThousandRowsAtOnce) {
  std::string text = "path\n";
  for (int root = 0; root < 10; ++root) {
    absl::StrAppend(&text, "R", root, "\n");
    for (int child = 0; child < 999; ++child) absl::StrAppend(&text, "R", root, " > C", child, "\n");
  }
  const auto done = Import(text);
  ASSERT_TRUE(done.ok()) << DescribeStatus(done.status());
  EXPECT_EQ(done->created(), 10'000);
  EXPECT_EQ(done->changes_size(), 100);
  const auto again = Import(Export());
  ASSERT_TRUE(again.ok()) << DescribeStatus(again.status());
  EXPECT_EQ(again->unchanged(), 10'000);
  EXPECT_THAT(Mistakes(Import(text + "One more\n").status()), ElementsAre("file:10002: a file has at most 10000 rows"));
  EXPECT_THAT(Mistakes(Import(std::string((4 << 20) + 1, 'x')).status()),
              ElementsAre(HasSubstr("file: has 4194305 bytes")));
}

// Single moves at the same time: whoever comes second is refused or finds the tree as the first one left it.
TEST_F(CategoryImportTest, MovesAtOnceCloseNoCircle) {
  ASSERT_TRUE(Import("path\nA\nB\n").ok());
  for (int round = 0; round < 10; ++round) {
    absl::Status imported, moved;
    std::thread other([&] { imported = Import("path,parent\ncategories/1,categories/2\n").status(); });
    catalog::v1::UpdateCategoryRequest request;
    request.mutable_category()->set_name("categories/2");
    request.mutable_category()->set_parent("categories/1");
    request.mutable_update_mask()->add_paths("parent");
    moved = process_.Call<Category>("CategoryService/UpdateCategory", request).status();
    other.join();
    EXPECT_NE(imported.ok(), moved.ok()) << imported << " / " << moved;
    EXPECT_THAT(Tree(), ElementsAre(imported.ok() ? "B(A)" : "A(B)"));
    ASSERT_TRUE(Import("path,parent\ncategories/1,\ncategories/2,\n").ok());
  }
}

}  // namespace
}  // namespace storeops::testing
