// The category tree through the pipeline, on a real database.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "tests/support/catalog_calls.h"

namespace storeops::testing {
namespace {

using catalog::v1::Category;
using catalog::v1::CategoryNode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CategoryTest : public ::testing::Test {
 protected:
  void SetUp() override { process_.Start(); }

  absl::StatusOr<Category> TryCreate(const std::string& title, const std::string& parent = "") {
    catalog::v1::CreateCategoryRequest request;
    request.mutable_category()->set_title(title);
    request.mutable_category()->set_parent(parent);
    return process_.Call<Category>("CategoryService/CreateCategory", request);
  }
  std::string Create(const std::string& title, const std::string& parent = "") {
    const auto category = TryCreate(title, parent);
    EXPECT_TRUE(category.ok()) << category.status();
    return category.ok() ? category->name() : "";
  }
  absl::StatusOr<Category> Move(const std::string& name, const std::string& parent) {
    catalog::v1::UpdateCategoryRequest request;
    request.mutable_category()->set_name(name);
    request.mutable_category()->set_parent(parent);
    request.mutable_update_mask()->add_paths("parent");
    return process_.Call<Category>("CategoryService/UpdateCategory", request);
  }
  absl::StatusOr<Category> Delete(const std::string& name) {
    catalog::v1::DeleteCategoryRequest request;
    request.set_name(name);
    return process_.Call<Category>("CategoryService/DeleteCategory", request);
  }
  absl::StatusOr<Category> Undelete(const std::string& name) {
    catalog::v1::UndeleteCategoryRequest request;
    request.set_name(name);
    return process_.Call<Category>("CategoryService/UndeleteCategory", request);
  }
  absl::StatusOr<catalog::v1::GetCategoryTreeResponse> Tree(const std::string& root = "", int depth = 0) {
    catalog::v1::GetCategoryTreeRequest request;
    request.set_root(root);
    request.set_max_depth(depth);
    return process_.Call<catalog::v1::GetCategoryTreeResponse>("CategoryService/GetCategoryTree", request);
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
};

// "Kitchen(Mugs,Pots(Lids))"
std::string Draw(const CategoryNode& node) {
  std::string text = node.category().title();
  for (int i = 0; i < node.children_size(); ++i) absl::StrAppend(&text, i == 0 ? "(" : ",", Draw(node.children(i)));
  return node.children().empty() ? text : text + ")";
}

std::vector<std::string> DrawAll(const catalog::v1::GetCategoryTreeResponse& tree) {
  std::vector<std::string> texts;
  for (const auto& root : tree.roots()) texts.push_back(Draw(root));
  return texts;
}

std::string OnlyWrongField(const absl::Status& status) {
  google::rpc::BadRequest bad_request;
  return GetDetail(status, &bad_request) && bad_request.field_violations_size() == 1
             ? bad_request.field_violations(0).field()
             : status.ToString();
}

TEST_F(CategoryTest, TheTreeFollowsMoves) {
  const std::string kitchen = Create("Kitchen"), garden = Create("Garden");
  const std::string pots = Create("Pots", kitchen);
  Create("Mugs", kitchen);
  Create("Lids", pots);
  EXPECT_THAT(DrawAll(*Tree()), ElementsAre("Garden", "Kitchen(Mugs,Pots(Lids))"));
  ASSERT_TRUE(Move(pots, garden).ok());
  EXPECT_THAT(DrawAll(*Tree()), ElementsAre("Garden(Pots(Lids))", "Kitchen(Mugs)"));
  EXPECT_THAT(DrawAll(*Tree(garden, 1)), ElementsAre("Garden(Pots)"));
  EXPECT_THAT(DrawAll(*Tree("", 1)), ElementsAre("Garden", "Kitchen"));
  EXPECT_EQ(Tree("categories/999").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(OnlyWrongField(Tree("products/1").status()), "root");
}

TEST_F(CategoryTest, ACircleIsRefused) {
  const std::string a = Create("A"), b = Create("B", a), c = Create("C", b);
  EXPECT_EQ(OnlyWrongField(Move(a, a).status()), "category.parent");
  EXPECT_EQ(OnlyWrongField(Move(a, c).status()), "category.parent");
  EXPECT_THAT(DrawAll(*Tree()), ElementsAre("A(B(C))"));
}

TEST_F(CategoryTest, AParentMustExist) {
  const std::string a = Create("A");
  EXPECT_EQ(OnlyWrongField(TryCreate("B", "categories/999").status()), "category.parent");
  ASSERT_TRUE(Delete(a).ok());
  EXPECT_EQ(OnlyWrongField(TryCreate("B", a).status()), "category.parent");
}

TEST_F(CategoryTest, TenLevelsAndNoMore) {
  std::string above;
  std::vector<std::string> names;
  for (int level = 1; level <= 10; ++level) names.push_back(above = Create(absl::StrCat("L", level), above));
  EXPECT_EQ(OnlyWrongField(TryCreate("L11", above).status()), "category.parent");
  // A branch of nine levels below another root makes ten, below its child eleven.
  const std::string root = Create("R"), child = Create("S", root);
  EXPECT_TRUE(Move(names[1], root).ok());
  EXPECT_EQ(OnlyWrongField(Move(names[1], child).status()), "category.parent");
}

TEST_F(CategoryTest, SiblingsHaveDifferentTitles) {
  const std::string a = Create("A"), b = Create("B");
  const std::string in_a = Create("Mugs", a), in_b = Create("Mugs", b);
  EXPECT_EQ(OnlyWrongField(TryCreate("Mugs", a).status()), "category.title");
  EXPECT_EQ(OnlyWrongField(Move(in_a, b).status()), "category.title");
  ASSERT_TRUE(Delete(in_b).ok());
  EXPECT_TRUE(Move(in_a, b).ok());
  EXPECT_EQ(OnlyWrongField(Undelete(in_b).status()), "category.title");
}

TEST_F(CategoryTest, OnlyLeavesCanBeDeleted) {
  const std::string a = Create("A"), b = Create("B", a);
  const auto refused = Delete(a).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
  EXPECT_THAT(DescribeStatus(refused), HasSubstr("CATEGORY_HAS_CHILDREN"));
  EXPECT_TRUE(Delete(b).ok());
  EXPECT_TRUE(Delete(a).ok());
  EXPECT_EQ(OnlyWrongField(Undelete(b).status()), "category.parent");
  EXPECT_TRUE(Undelete(a).ok());
  EXPECT_TRUE(Undelete(b).ok());
  EXPECT_THAT(DrawAll(*Tree()), ElementsAre("A(B)"));
}

// Each of two moves is right by itself, both together would close a circle: one must lose, in every round.
TEST_F(CategoryTest, MovesAtOnceCloseNoCircle) {
  const std::string a = Create("A"), b = Create("B");
  for (int round = 0; round < 20; ++round) {
    absl::Status left, right;
    std::thread other([&] { left = Move(a, b).status(); });
    right = Move(b, a).status();
    other.join();
    EXPECT_NE(left.ok(), right.ok()) << left << " / " << right;
    const auto tree = Tree();
    ASSERT_EQ(tree->roots_size(), 1);
    ASSERT_EQ(tree->roots(0).children_size(), 1);
    ASSERT_TRUE(Move(tree->roots(0).children(0).category().name(), "").ok());
  }
}

TEST_F(CategoryTest, TranslationsAreOnePerLanguage) {
  catalog::v1::CreateCategoryRequest request;
  request.mutable_category()->set_title("Mugs");
  for (const char* language : {"zh", "zh"}) {
    auto* translation = request.mutable_category()->add_translations();
    translation->set_language(language);
    translation->set_title("杯子");
  }
  EXPECT_EQ(OnlyWrongField(process_.Call<Category>("CategoryService/CreateCategory", request).status()),
            "category.translations[1].language");
}

}  // namespace
}  // namespace storeops::testing
