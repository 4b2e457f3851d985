#include "services/catalog/transfers/category_plan.h"

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/catalog/transfers/category_export.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Category;

// Categories by their number, which the name has.
using Categories = std::map<int, Category>;

Category Node(int id, int parent, const std::string& title) {
  Category category;
  category.set_name(absl::StrCat("categories/", id));
  if (parent != 0) category.set_parent(absl::StrCat("categories/", parent));
  category.set_title(title);
  category.set_language("en");
  return category;
}

Categories Make(const std::vector<std::tuple<int, int, std::string>>& nodes) {
  Categories categories;
  for (const auto& [id, parent, title] : nodes) categories.emplace(id, Node(id, parent, title));
  return categories;
}

// Home (Mugs (Tea), Pots), Garden
Categories Shop() { return Make({{1, 0, "Home"}, {2, 1, "Mugs"}, {3, 2, "Tea"}, {4, 1, "Pots"}, {5, 0, "Garden"}}); }

CategoryTree TreeOf(const Categories& categories) {
  std::vector<Category> nodes;
  for (const auto& [id, category] : categories) nodes.push_back(category);
  return CategoryTree(nodes);
}

std::vector<std::string> Errors(const CategoryFile& file, const CategoryPlan& plan) {
  std::vector<std::string> texts;
  for (const auto* errors : {&file.errors, &plan.errors}) {
    for (const auto& error : *errors) {
      texts.push_back(absl::StrCat(error.line(), ":", error.column(), ":", error.field(), ": ", error.message()));
    }
  }
  return texts;
}

std::vector<std::string> Refused(const std::string& text, const Categories& categories) {
  const CategoryFile file = ReadCategoryFile(text);
  return Errors(file, PlanCategories(file, TreeOf(categories)));
}

// What the plan changes, "+Home > Sale", "categories/2 > Garden > Mugs".
std::vector<std::string> Apply(const std::string& text, Categories* categories) {
  const CategoryFile file = ReadCategoryFile(text);
  const CategoryPlan plan = PlanCategories(file, TreeOf(*categories));
  if (!file.errors.empty() || !plan.errors.empty()) return Errors(file, plan);
  std::vector<std::string> changes;
  std::map<int, std::string> names;
  for (const PlannedCategory& planned : plan.categories) {
    Category category = Node(categories->empty() ? 1 : 1 + categories->rbegin()->first, 0, "");
    if (!planned.existing.empty()) {
      for (const auto& [id, known] : *categories) {
        if (known.name() == planned.existing) category = known;
      }
    }
    const std::string before = category.SerializeAsString();
    MergeCategory(file, file.rows[planned.row], &category);
    category.set_parent(planned.parent_row >= 0 ? names.at(planned.parent_row) : planned.parent);
    names[static_cast<int>(planned.row)] = category.name();
    if (planned.existing.empty()) {
      changes.push_back("+" + FormatPath(planned.path));
    } else if (category.SerializeAsString() != before) {
      changes.push_back(absl::StrCat(planned.existing, " -> ", FormatPath(planned.path)));
    }
    (*categories)[std::stoi(category.name().substr(11))] = category;
  }
  return changes;
}

TEST(CategoryPlanTest, PathsCreateMoveAndRename) {
  const struct {
    const char* text;
    std::vector<std::string> changes;
  } cases[] = {
      {"path\nHome\nHome > Mugs\n", {}},
      {"path\nSale\nHome > Mugs > Coffee\n", {"+Sale", "+Home > Mugs > Coffee"}},
      // The parent comes later.
      {"path\nSale > Old\nSale\n", {"+Sale", "+Sale > Old"}},
      {"path,parent\nHome > Mugs,Garden\n", {"categories/2 -> Garden > Mugs"}},
      {"path,parent\nHome > Mugs,\n", {"categories/2 -> Mugs"}},
      {"path,title\nHome > Mugs,Cups\n", {"categories/2 -> Home > Cups"}},
      {"path,parent,title\nHome > Mugs,Garden,Cups\n", {"categories/2 -> Garden > Cups"}},
      {"path,parent\ncategories/3,categories/5\n", {"categories/3 -> Garden > Tea"}},
      {"path,title\ncategories/3,Infusions\n", {"categories/3 -> Home > Mugs > Infusions"}},
      // Below a row that is renamed, by the old path.
      {"path,title\nHome,House\nHome > Mugs,Mugs\nHome > New,New\n", {"categories/1 -> House", "+House > New"}},
      // Two change places with each other.
      {"path,parent\nHome > Mugs,\nHome,Home > Mugs\n", {"categories/2 -> Mugs", "categories/1 -> Mugs > Home"}},
      {"path,title\nHome > A\\>B,A>B\n", {"+Home > A\\>B"}},
  };
  for (const auto& test : cases) {
    Categories categories = Shop();
    EXPECT_EQ(Apply(test.text, &categories), test.changes) << test.text;
    EXPECT_THAT(Apply(test.text, &categories), IsEmpty()) << "again: " << test.text;
  }
}

TEST(CategoryPlanTest, KeysMeanSomethingInTheFileOnly) {
  Categories categories = Shop();
  const std::string text = "key,parent,title\nt,m,Tea\nm,h,Mugs\nh,,Home\nn,m,New\ng,Garden,Tools\n";
  EXPECT_THAT(Apply(text, &categories), ElementsAre("+Garden > Tools", "+Home > Mugs > New"));
  EXPECT_THAT(Apply(text, &categories), IsEmpty());
  // The catalogue's Home is not the row's: keys are no paths.
  EXPECT_THAT(Apply("key,parent,title\nHome,,Sale\nx,Home,Old\n", &categories), ElementsAre("+Sale", "+Sale > Old"));
}

TEST(CategoryPlanTest, ACircleNamesItsRows) {
  EXPECT_THAT(Refused("key,parent,title\na,b,A\nb,c,B\nc,a,C\nd,c,D\n", {}),
              ElementsAre("2:3:parent: closes a circle: line 2 is below line 3 is below line 4 is below line 2"));
  EXPECT_THAT(Refused("key,parent,title\na,a,A\nb,c,B\nc,b,C\n", {}),
              ElementsAre("2:3:parent: closes a circle: line 2 is below line 2",
                          "3:3:parent: closes a circle: line 3 is below line 4 is below line 3"));
  // Through categories that the file does not name.
  EXPECT_THAT(Refused("path,parent\nHome,Home > Mugs > Tea\n", Shop()),
              ElementsAre("2:6:parent: closes a circle: line 2 is below categories/3 is below categories/2 is below "
                          "line 2"));
}

TEST(CategoryPlanTest, NamesEachMistake) {
  const struct {
    const char* text;
    std::vector<std::string> errors;
  } cases[] = {
      {"path\nGone > Mugs\n", {"2:1:path: there is no \"Gone\", neither in the file nor among the categories"}},
      {"path,parent\nX,Gone\nY,categories/77\n",
       {"2:3:parent: there is no \"Gone\", neither in the file nor among the categories",
        "3:3:parent: there is no \"categories/77\", neither in the file nor among the categories"}},
      {"path,title\ncategories/77,X\n", {"2:1:path: there is no categories/77"}},
      {"path\nHome\nSale\nHome\n", {"4:1:path: is there already, on line 2"}},
      {"key,parent,title\na,,A\na,,B\n", {"3:1:key: is there already, on line 2"}},
      {"path,title\nHome,Home\ncategories/1,Home\n", {"3:1:path: is the same category as on line 2"}},
      {"path,title\nHome > Mugs,Pots\n", {"2:13:title: is the title of categories/4 below the same parent"}},
      {"key,parent,title\na,,A\nb,,A\n", {"3:4:title: is the title of line 2 below the same parent"}},
      {"key,parent,title\na,,A\nb,,A \n", {"3:4:title: is the title of line 2 below the same parent"}},
      {"path,slug\nA,new\nB,new\n", {"3:3:slug: is the slug of line 2"}},
      // What follows a move would be taken for what was moved there.
      {"path,title\nHome,Garden\nGarden,Park\n",
       {"3:1:path: would mean something else in a second run of this file, because of what the file moves: name "
        "categories as \"categories/12\", or use two files"}},
  };
  for (const auto& test : cases) EXPECT_EQ(Refused(test.text, Shop()), test.errors) << test.text;
}

TEST(CategoryPlanTest, ParentsInRowsThatCannotBeReadAreNotMissing) {
  EXPECT_THAT(Refused("key,parent,title\na,,A,too much\nb,a,B\n", {}),
              ElementsAre("2:0:: the row has 4 fields, the header 3"));
}

TEST(CategoryPlanTest, TenLevelsAndNoMore) {
  std::string text = "key,parent,title\n";
  for (int i = 1; i <= 10; ++i) absl::StrAppend(&text, i, ",", i == 1 ? "" : absl::StrCat(i - 1), ",L", i, "\n");
  EXPECT_THAT(Refused(text, {}), IsEmpty());
  absl::StrAppend(&text, "11,10,L11\n");
  EXPECT_THAT(Refused(text, {}), ElementsAre("12:4:parent: the tree would have 11 levels; at most 10 are allowed"));
  // A branch of three levels below the ninth.
  Categories categories = Make({{21, 0, "B"}, {22, 21, "C"}, {23, 22, "D"}});
  for (int i = 1; i <= 9; ++i) categories.emplace(i, Node(i, i - 1, absl::StrCat("L", i)));
  EXPECT_THAT(Refused("path,parent\nB,categories/9\n", categories),
              ElementsAre("2:3:parent: the tree would have 12 levels; at most 10 are allowed"));
  EXPECT_THAT(Refused("path,parent\nB,categories/7\n", categories), IsEmpty());
}

TEST(CategoryPlanTest, AThousandBelowOneParent) {
  Categories categories = Make({{1, 0, "Home"}});
  for (int i = 2; i <= 1000; ++i) categories.emplace(i, Node(i, 1, absl::StrCat("T", i)));
  EXPECT_THAT(Refused("path\nHome > A\n", categories), IsEmpty());
  EXPECT_THAT(Refused("path\nHome > A\nHome > B\nHome > C\n", categories),
              ElementsAre("3:1:path: has 1000 categories below it already"));
}

TEST(CategoryPlanTest, TwentyThousandInAll) {
  Categories categories;
  for (int i = 1; i <= 19'999; ++i) {
    categories.emplace(i, Node(i, i <= 20 ? 0 : 1 + i % 20, absl::StrCat("T", i)));
  }
  EXPECT_THAT(Refused("path\nA\nT1\n", categories), IsEmpty());
  EXPECT_THAT(Refused("path\nA\nT1\nB\nC\n", categories),
              ElementsAre("4:1:path: there would be more than 20000 categories"));
}

TEST(CategoryPlanTest, ALongChainOfRowsIsRefusedInTime) {
  std::string text = "key,parent,title\n";
  for (int i = 0; i < 10'000; ++i) absl::StrAppend(&text, i, ",", (i + 1) % 10'000, ",T\n");
  const auto errors = Refused(text, {});
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0], HasSubstr("line 11 is below 9990 more, and so below line 2"));
}

TEST(CategoryPlanTest, AnExportChangesNothing) {
  Categories categories = Shop();
  categories.emplace(6, Node(6, 5, "A > \"B\" | C,\\"));
  categories.emplace(7, Node(7, 0, "categories/2"));
  categories.emplace(8, Node(8, 7, "categories/2"));
  auto* translation = categories.at(2).add_translations();
  translation->set_language("zh");
  translation->set_title("杯子");
  categories.at(2).set_slug("mugs");
  categories.at(2).set_position(-7);
  std::string text;
  ASSERT_TRUE(WriteCategories(TreeOf(categories), {}, [&](absl::string_view row) {
    absl::StrAppend(&text, row);
    return true;
  }));
  EXPECT_THAT(Apply(text, &categories), IsEmpty()) << text;
  Categories empty;
  EXPECT_THAT(Apply(text, &empty), SizeIs(8));
  EXPECT_EQ(empty.at(2).title(), "Home");
}

// Files at random: whatever one changes, it changes once.
TEST(CategoryPlanTest, ASecondRunChangesNothing) {
  std::mt19937 random(7);
  const auto pick = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  const auto title = [&] { return std::string(1, static_cast<char>('A' + pick(4))); };
  const auto reference = [&] {
    if (pick(8) == 0) return absl::StrCat("categories/", 1 + pick(5));
    std::string path = title();
    for (int i = pick(3); i > 0; --i) absl::StrAppend(&path, " > ", title());
    return path;
  };
  int accepted = 0, changed = 0;
  for (int round = 0; round < 30'000; ++round) {
    Categories categories;
    for (int id = 1; id <= 5; ++id) {
      const Category node = Node(id, pick(id), title());
      bool taken = false;
      for (const auto& [other, known] : categories) {
        taken |= known.parent() == node.parent() && known.title() == node.title();
      }
      if (!taken && (node.parent().empty() || categories.contains(std::stoi(node.parent().substr(11))))) {
        categories.emplace(id, node);
      }
    }
    const bool parents = pick(2) == 0, titles = pick(2) == 0, keys = pick(4) == 0;
    std::string text = keys ? "key,title" : titles ? "path,title" : "path";
    absl::StrAppend(&text, parents ? ",parent\n" : "\n");
    for (int row = 1 + pick(4); row > 0; --row) {
      absl::StrAppend(&text, keys ? title() : reference());
      if (keys || titles) absl::StrAppend(&text, ",", title());
      if (parents) absl::StrAppend(&text, ",", pick(3) == 0 ? "" : keys && pick(2) == 0 ? title() : reference());
      text += "\n";
    }
    if (!Refused(text, categories).empty()) continue;
    ++accepted;
    std::string tree;
    for (const auto& [id, node] : categories) absl::StrAppend(&tree, id, " ", node.parent(), " ", node.title(), "\n");
    changed += !Apply(text, &categories).empty();
    ASSERT_THAT(Apply(text, &categories), IsEmpty()) << tree << text;
    const CategoryTree after = TreeOf(categories);
    size_t reached = 0;
    for (const Category* root : after.Children("")) reached += after.Branch(root->name()).size();
    ASSERT_EQ(reached, categories.size()) << "a circle: " << tree << text;
  }
  EXPECT_GT(accepted, 3000);
  EXPECT_GT(changed, 1000);
}

}  // namespace
}  // namespace storeops::catalog
