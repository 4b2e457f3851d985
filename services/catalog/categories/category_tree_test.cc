#include "services/catalog/categories/category_tree.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::Category;

Category Node(const std::string& id, const std::string& parent, const std::string& title, int position = 0) {
  Category category;
  category.set_name("categories/" + id);
  if (!parent.empty()) category.set_parent("categories/" + parent);
  category.set_title(title);
  category.set_position(position);
  return category;
}

std::vector<std::string> Titles(const std::vector<const Category*>& categories) {
  std::vector<std::string> titles;
  for (const Category* category : categories) titles.push_back(category->title());
  return titles;
}

class CategoryTreeTest : public ::testing::Test {
 protected:
  // Kitchen (Pots, Mugs (Tea)), Garden; Lost points to a parent that is not there.
  const CategoryTree tree_{{Node("4", "3", "Tea"), Node("3", "1", "Mugs"), Node("2", "1", "Pots", -1),
                            Node("1", "", "Kitchen"), Node("5", "", "Garden"), Node("6", "99", "Lost", 9)}};
};

TEST_F(CategoryTreeTest, SiblingsByPositionThenTitle) {
  EXPECT_THAT(Titles(tree_.Children("")), ElementsAre("Garden", "Kitchen", "Lost"));
  EXPECT_THAT(Titles(tree_.Children("categories/1")), ElementsAre("Pots", "Mugs"));
  EXPECT_THAT(tree_.Children("categories/4"), IsEmpty());
  EXPECT_THAT(tree_.Children("categories/77"), IsEmpty());
}

TEST_F(CategoryTreeTest, ABranchIsTheNodeAndAllBelow) {
  EXPECT_THAT(tree_.Branch("categories/1"),
              ElementsAre("categories/1", "categories/2", "categories/3", "categories/4"));
  EXPECT_THAT(tree_.Branch("categories/4"), ElementsAre("categories/4"));
  EXPECT_THAT(tree_.Branch("categories/77"), IsEmpty());
}

TEST_F(CategoryTreeTest, ThePathLeadsFromTheRoot) {
  EXPECT_THAT(Titles(tree_.Path("categories/4")), ElementsAre("Kitchen", "Mugs", "Tea"));
  EXPECT_THAT(Titles(tree_.Path("categories/6")), ElementsAre("Lost"));
  EXPECT_THAT(tree_.Path("categories/77"), IsEmpty());
}

TEST_F(CategoryTreeTest, FillsAsManyLevelsAsAskedFor) {
  v1::CategoryNode node;
  tree_.Fill(*tree_.Find("categories/1"), 1, &node);
  ASSERT_EQ(node.children_size(), 2);
  EXPECT_EQ(node.children(1).category().title(), "Mugs");
  EXPECT_EQ(node.children(1).children_size(), 0);
  node.Clear();
  tree_.Fill(*tree_.Find("categories/1"), 2, &node);
  EXPECT_EQ(node.children(1).children(0).category().title(), "Tea");
}

}  // namespace
}  // namespace storeops::catalog
