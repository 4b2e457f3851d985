#include "services/catalog/categories/category_service.h"

#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/catalog/categories/category_rules.h"
#include "services/catalog/categories/category_store.h"
#include "services/catalog/translations.h"

namespace storeops::catalog {
namespace {

using google::protobuf::Message;
using v1::Category;

// To read a category, and to write it into a tree.
constexpr absl::Duration kNodeCost = absl::Microseconds(10);
constexpr char kService[] = "storeops.catalog.v1.CategoryService";
constexpr int kPage = 500;

// Whether the write touches what the rules of the tree are about.
bool MovesOrRenames(const Category* before, const Category& after) {
  return before == nullptr || before->has_delete_time() != after.has_delete_time() ||
         before->parent() != after.parent() || before->title() != after.title();
}

// `scan(after)` gives the live categories behind an id.
absl::StatusOr<CategoryTree> CollectTree(
    absl::FunctionRef<absl::StatusOr<std::vector<resource::Page::Item>>(int64_t after)> scan) {
  std::vector<Category> categories;
  int64_t after = 0;
  while (true) {
    ASSIGN_OR_RETURN(auto items, scan(after));
    if (items.empty()) return CategoryTree(std::move(categories));
    after = items.back().id;
    for (auto& item : items) categories.push_back(std::move(static_cast<Category&>(*item.message)));
    if (categories.size() > kMaxCategories) {
      return PreconditionFailed(
          "CATEGORY_TREE_TOO_LARGE", "categories",
          absl::StrCat("there are more than ", kMaxCategories, " categories; list them in pages"));
    }
  }
}

}  // namespace

resource::Hooks CategoryService::MakeHooks(bool places) {
  resource::Hooks hooks;
  hooks.before_write = [this, places](resource::Write& write, const Message* before_message,
                                      Message* after) -> absl::Status {
    auto& category = static_cast<Category&>(*after);
    const auto* before = static_cast<const Category*>(before_message);
    FillCategoryDefaults(category);
    const auto violations = CheckTranslations(category.language(), category.translations());
    if (!violations.empty()) return InvalidFields(violations);
    if (!places || !MovesOrRenames(before, category)) return absl::OkStatus();
    int64_t id = 0;
    if (before != nullptr) {
      ASSIGN_OR_RETURN(id, categories_->ParseName(before->name(), "name"));
    }
    return CheckCategoryPlace(write.session(), id, category);
  };
  hooks.create_uses_session = [places](const Message&) { return places; };
  hooks.before_delete = [](resource::Write& write, const Message& before) {
    return CheckCategoryIsEmpty(write.session(), static_cast<const Category&>(before));
  };
  return hooks;
}

absl::Status CategoryService::Bind(Environment& environment) {
  ASSIGN_OR_RETURN(categories_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                         Category::default_instance(), MakeHooks(/*places=*/true)));
  ASSIGN_OR_RETURN(arranged_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                       Category::default_instance(), MakeHooks(/*places=*/false)));
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  service.Unary("GetCategoryTree", this, &CategoryService::GetTree)
      .Cost<v1::GetCategoryTreeRequest>(
          "GetCategoryTree",
          [this](const rpc::Call& call, const auto&) -> absl::StatusOr<absl::Duration> { return CostOfTree(call); })
      .Replay(&environment.replays);
  categories_->Bind(service);
  return absl::OkStatus();
}

absl::Duration CategoryService::CostOfTree(const rpc::Call& call) const {
  resource::TableSize& size = *categories_->filter_fields().size();
  size.Refresh(call.deadline);
  return kNodeCost * static_cast<double>(size.rows());
}

absl::StatusOr<CategoryTree> CategoryService::ReadTree(absl::Time deadline) {
  return CollectTree([&](int64_t after) { return categories_->Scan(after, kPage, /*deleted_too=*/false, deadline); });
}

absl::StatusOr<CategoryTree> CategoryService::LockTree(db::Session& session) {
  RETURN_IF_ERROR(LockCategoryTree(session));
  return CollectTree([&](int64_t after) { return categories_->Scan(session, after, kPage); });
}

absl::StatusOr<std::string> CategoryService::Create(resource::Write& write, const std::string& title,
                                                    const std::string& parent, const std::string& language) {
  auto category = std::make_unique<Category>();
  category->set_title(title);
  category->set_parent(parent);
  category->set_language(language);
  ASSIGN_OR_RETURN(const auto item, categories_->Insert(write, std::move(category)));
  return static_cast<const Category&>(*item.message).name();
}

absl::StatusOr<v1::GetCategoryTreeResponse> CategoryService::GetTree(rpc::Call& call,
                                                                     const v1::GetCategoryTreeRequest& request) {
  ASSIGN_OR_RETURN(const CategoryTree tree, ReadTree(call.deadline));
  const int levels = request.max_depth() == 0 ? kMaxCategoryDepth : request.max_depth();
  v1::GetCategoryTreeResponse response;
  if (request.root().empty()) {
    for (const Category* root : tree.Children("")) tree.Fill(*root, levels - 1, response.add_roots());
    return response;
  }
  RETURN_IF_ERROR(categories_->ParseName(request.root(), "root").status());
  const Category* root = tree.Find(request.root());
  if (root == nullptr) return ResourceNotFound(categories_->type(), request.root());
  tree.Fill(*root, levels, response.add_roots());
  return response;
}

}  // namespace storeops::catalog
