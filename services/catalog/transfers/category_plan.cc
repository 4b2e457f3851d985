#include "services/catalog/transfers/category_plan.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/catalog/transfers/category_matcher.h"

namespace storeops::catalog {
namespace {

using Kind = CategoryColumnKind;

constexpr int kUnknown = 0;   // levels begin with 1
constexpr int kNowhere = -1;  // in or below a circle, or below a parent that is missing
constexpr size_t kShownOfCircle = 10;

// The database compares titles without the blanks at their ends.
std::string Comparable(absl::string_view title) {
  while (absl::ConsumeSuffix(&title, " ")) {
  }
  return std::string(title);
}

class Planner {
 public:
  Planner(const CategoryFile& file, const CategoryTree& tree) : file_(file), names_(file) {
    for (const v1::Category* root : tree.Children("")) AddExisting(*root, kTop);
    for (size_t at = 0; at < existing_.size(); ++at) {
      for (const v1::Category* child : tree.Children(existing_[at]->name())) AddExisting(*child, static_cast<int>(at));
    }
  }

  CategoryPlan Run() {
    Arrange();
    CheckNames();
    CheckParents();
    SetLevels();
    CheckDepth();
    CheckSiblings();
    CheckSlugs();
    CheckSize();
    if (file_.errors.empty() && errors_.empty()) CheckSecondRun();
    std::stable_sort(errors_.begin(), errors_.end(), [](const v1::ImportError& a, const v1::ImportError& b) {
      return std::make_pair(a.line(), a.column()) < std::make_pair(b.line(), b.column());
    });
    CategoryPlan plan;
    plan.errors = std::move(errors_);
    if (plan.errors.empty()) plan.categories = MakeSteps();
    return plan;
  }

 private:
  void AddExisting(const v1::Category& category, CategoryNode parent) {
    const auto node = static_cast<CategoryNode>(existing_.size());
    existing_.push_back(&category);
    parents_.push_back(parent);
    before_.Add(parent, category.title(), node);
    before_.by_name().emplace(category.name(), node);
  }

  CategoryNode count() const { return static_cast<CategoryNode>(existing_.size()); }
  bool IsNew(CategoryNode node) const { return node >= count(); }
  // -1 for a category that the file does not name.
  int RowOf(CategoryNode node) const { return rows_[node]; }
  const std::string& TitleOf(CategoryNode node) const {
    const int row = RowOf(node);
    if (row >= 0 && !file_.rows[row].category.title().empty()) return file_.rows[row].category.title();
    static const auto* none = new std::string;
    return IsNew(node) ? *none : existing_[node]->title();
  }
  const std::string& SlugOf(CategoryNode node) const {
    return RowOf(node) >= 0 && (IsNew(node) || file_.Has(Kind::kSlug)) ? file_.rows[RowOf(node)].category.slug()
                                                                       : existing_[node]->slug();
  }
  // For people: "line 3", or "categories/7".
  std::string Describe(CategoryNode node) const {
    return RowOf(node) >= 0 ? absl::StrCat("line ", file_.rows[RowOf(node)].line) : existing_[node]->name();
  }

  int SelfColumn() const { return std::max(file_.Find(Kind::kKey), file_.Find(Kind::kPath)); }
  int ParentColumn() const { return file_.Has(Kind::kParent) ? file_.Find(Kind::kParent) : SelfColumn(); }
  int TitleColumn() const { return file_.Has(Kind::kTitle) ? file_.Find(Kind::kTitle) : SelfColumn(); }
  void Refuse(size_t row, int column, std::string message) {
    errors_.push_back(file_.ErrorAt(file_.rows[row], column, std::move(message)));
  }

  // Finds for each row its category and its parent: `own_`, `places_`, `rows_`, and `parents_` as they are to be.
  void Arrange() {
    const CategoryMatcher matcher(file_, names_, before_, parents_);
    const size_t rows = file_.rows.size();
    std::vector<CategoryNode> after = parents_;
    after.resize(existing_.size() + rows, kNoCategory);
    rows_.assign(after.size(), -1);
    for (size_t row = 0; row < rows; ++row) {
      const CategoryNode found = matcher.NodeOf(row);
      own_.push_back(found == kNoCategory ? count() + static_cast<CategoryNode>(row) : found);
      places_.push_back(matcher.ParentOf(row));
      if (rows_[own_[row]] < 0) rows_[own_[row]] = static_cast<int>(row);
    }
    for (size_t row = 0; row < rows; ++row) {
      if (Counts(row)) after[own_[row]] = places_[row].row >= 0 ? own_[places_[row].row] : places_[row].node;
    }
    parents_ = std::move(after);
  }
  // False for a second row of one category, which is refused and otherwise passed over.
  bool Counts(size_t row) const { return rows_[own_[row]] == static_cast<int>(row); }

  void CheckNames() {
    std::vector<bool> repeated(file_.rows.size());
    for (const auto& [row, first] : names_.repetitions()) {
      repeated[row] = true;
      Refuse(row, SelfColumn(), absl::StrCat("is there already, on line ", file_.rows[first].line));
    }
    for (size_t row = 0; row < file_.rows.size(); ++row) {
      const CategoryReference& self = file_.rows[row].self;
      if (!Counts(row) && !repeated[row]) {
        Refuse(row, SelfColumn(), absl::StrCat("is the same category as on ", Describe(own_[row])));
      }
      if (!self.name.empty() && IsNew(own_[row])) Refuse(row, SelfColumn(), absl::StrCat("there is no ", self.name));
    }
  }

  void CheckParents() {
    if (!file_.complete) return;  // they may be in rows that could not be read
    for (size_t row = 0; row < file_.rows.size(); ++row) {
      const CategoryRow& stated = file_.rows[row];
      const bool own_name = !file_.Has(Kind::kParent) && !stated.self.name.empty();
      if (places_[row].row >= 0 || places_[row].node != kNoCategory || stated.self.empty() || own_name) continue;
      Refuse(row, ParentColumn(),
             absl::StrCat("there is no \"", MissingParent(stated), "\", neither in the file nor among the categories"));
    }
  }
  std::string MissingParent(const CategoryRow& row) const {
    if (!file_.Has(Kind::kParent)) return FormatPath({row.self.path.begin(), row.self.path.end() - 1});
    if (!row.parent.key.empty()) return row.parent.key;
    return row.parent.name.empty() ? FormatPath(row.parent.path) : row.parent.name;
  }

  void SetLevels() {
    levels_.assign(parents_.size(), kUnknown);
    std::vector<bool> walked(parents_.size());
    for (CategoryNode start = 0; start < static_cast<CategoryNode>(parents_.size()); ++start) {
      std::vector<CategoryNode> chain;
      CategoryNode at = start;
      for (; at >= 0 && levels_[at] == kUnknown && !walked[at]; at = parents_[at]) {
        walked[at] = true;
        chain.push_back(at);
      }
      int level = at == kTop ? 0 : at == kNoCategory ? kNowhere : levels_[at];
      if (at >= 0 && levels_[at] == kUnknown) {
        RefuseCircle({std::find(chain.begin(), chain.end(), at), chain.end()});
        level = kNowhere;
      }
      for (auto node = chain.rbegin(); node != chain.rend(); ++node) {
        if (level != kNowhere) ++level;
        levels_[*node] = level;
      }
    }
  }

  // Each is below the next one, and the last below the first.
  void RefuseCircle(std::vector<CategoryNode> circle) {
    const auto line = [&](CategoryNode node) {
      return RowOf(node) >= 0 ? file_.rows[RowOf(node)].line : std::numeric_limits<int64_t>::max();
    };
    std::rotate(circle.begin(),
                std::min_element(circle.begin(), circle.end(),
                                 [&](CategoryNode a, CategoryNode b) { return line(a) < line(b); }),
                circle.end());
    std::string text = "closes a circle: ";
    for (size_t i = 0; i < std::min(circle.size(), kShownOfCircle); ++i) {
      absl::StrAppend(&text, Describe(circle[i]), " is below ");
    }
    if (circle.size() > kShownOfCircle) absl::StrAppend(&text, circle.size() - kShownOfCircle, " more, and so below ");
    Refuse(RowOf(circle[0]), ParentColumn(), absl::StrCat(text, Describe(circle[0])));
  }

  // Named at the row that brings the deepest ones there.
  void CheckDepth() {
    absl::flat_hash_map<int, int> depths;  // by row
    for (CategoryNode node = 0; node < static_cast<CategoryNode>(parents_.size()); ++node) {
      if (levels_[node] <= kMaxCategoryDepth) continue;
      CategoryNode at = node;
      while (at >= 0 && RowOf(at) < 0) at = parents_[at];
      if (at >= 0) depths[RowOf(at)] = std::max(depths[RowOf(at)], levels_[node]);
    }
    for (const auto& [row, depth] : depths) {
      Refuse(row, ParentColumn(),
             absl::StrCat("the tree would have ", depth, " levels; at most ", kMaxCategoryDepth, " are allowed"));
    }
  }

  void CheckSiblings() {
    absl::flat_hash_map<std::pair<CategoryNode, std::string>, CategoryNode> titles;
    absl::flat_hash_map<CategoryNode, int> children;
    for (const CategoryNode node : InOrder()) {
      const CategoryNode parent = parents_[node];
      if (parent == kNoCategory || TitleOf(node).empty()) continue;
      after_.Add(parent, TitleOf(node), node);
      const auto [first, fresh] = titles.emplace(std::make_pair(parent, Comparable(TitleOf(node))), node);
      if (!fresh && RowOf(node) >= 0) {
        Refuse(RowOf(node), TitleColumn(),
               absl::StrCat("is the title of ", Describe(first->second), " below the same parent"));
      }
      if (++children[parent] == kMaxCategoryChildren + 1 && RowOf(node) >= 0) {
        Refuse(RowOf(node), ParentColumn(), absl::StrCat("has ", kMaxCategoryChildren, " categories below it already"));
      }
    }
  }

  // Above that nobody could read the tree, nor mend it by a file.
  void CheckSize() {
    size_t size = existing_.size();
    for (size_t row = 0; row < file_.rows.size(); ++row) {
      if (!IsNew(own_[row]) || !Counts(row) || ++size != kMaxCategories + 1) continue;
      Refuse(row, SelfColumn(), absl::StrCat("there would be more than ", kMaxCategories, " categories"));
    }
  }

  void CheckSlugs() {
    absl::flat_hash_map<std::string, CategoryNode> slugs;
    for (const CategoryNode node : InOrder()) {
      if (SlugOf(node).empty()) continue;
      const auto [first, fresh] = slugs.emplace(SlugOf(node), node);
      if (!fresh && RowOf(node) >= 0) {
        Refuse(RowOf(node), file_.Find(Kind::kSlug), absl::StrCat("is the slug of ", Describe(first->second)));
      }
    }
  }

  // All that will be: those that the file does not name, then its rows.
  std::vector<CategoryNode> InOrder() const {
    std::vector<CategoryNode> nodes;
    for (CategoryNode node = 0; node < count(); ++node) {
      if (RowOf(node) < 0) nodes.push_back(node);
    }
    for (size_t row = 0; row < file_.rows.size(); ++row) {
      if (Counts(row)) nodes.push_back(own_[row]);
    }
    return nodes;
  }

  void CheckSecondRun() {
    after_.by_name() = before_.by_name();
    const CategoryMatcher second(file_, names_, after_, parents_);
    for (size_t row = 0; row < file_.rows.size(); ++row) {
      if (second.NodeOf(row) == own_[row] && second.ParentOf(row).node == parents_[own_[row]]) continue;
      Refuse(row, SelfColumn(),
             "would mean something else in a second run of this file, because of what the file moves: name categories "
             "as \"categories/12\", or use two files");
    }
  }

  std::vector<PlannedCategory> MakeSteps() const {
    std::vector<PlannedCategory> steps;
    for (size_t row = 0; row < file_.rows.size(); ++row) {
      PlannedCategory& step = steps.emplace_back();
      const CategoryNode node = own_[row];
      const CategoryNode parent = parents_[node];
      step.row = row;
      if (!IsNew(node)) step.existing = existing_[node]->name();
      if (parent >= 0) step.parent_row = RowOf(parent);
      if (parent >= 0 && RowOf(parent) < 0) step.parent = existing_[parent]->name();
      for (CategoryNode at = node; at >= 0; at = parents_[at]) step.path.push_back(TitleOf(at));
      std::reverse(step.path.begin(), step.path.end());
    }
    std::stable_sort(steps.begin(), steps.end(),
                     [](const PlannedCategory& a, const PlannedCategory& b) { return a.path.size() < b.path.size(); });
    return steps;
  }

  const CategoryFile& file_;
  const RowNames names_;
  std::vector<const v1::Category*> existing_;
  CategoryShape before_;
  CategoryShape after_;
  // By node: the categories that are there, then one for each row, used if it is new.
  std::vector<CategoryNode> parents_;
  std::vector<int> rows_;
  std::vector<int> levels_;
  // By row.
  std::vector<CategoryNode> own_;
  std::vector<ParentPlace> places_;
  std::vector<v1::ImportError> errors_;
};

}  // namespace

CategoryPlan PlanCategories(const CategoryFile& file, const CategoryTree& tree) { return Planner(file, tree).Run(); }

}  // namespace storeops::catalog
