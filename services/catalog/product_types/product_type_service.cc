#include "services/catalog/product_types/product_type_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/catalog/product_types/attribute_rules.h"
#include "services/catalog/products/product_store.h"

namespace storeops::catalog {
namespace {

using google::protobuf::Message;
using v1::ProductType;

constexpr char kService[] = "storeops.catalog.v1.ProductTypeService";
constexpr int kPage = 500;

}  // namespace

absl::Status ProductTypeService::Bind(Environment& environment) {
  resource::Hooks hooks;
  hooks.before_write = [](resource::Write&, const Message*, Message* after) {
    const auto violations = CheckAttributeDefinitions(static_cast<const ProductType&>(*after));
    return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
  };
  hooks.before_delete = [](resource::Write& write, const Message& before) -> absl::Status {
    const std::string& name = static_cast<const ProductType&>(before).name();
    ASSIGN_OR_RETURN(const int64_t product, FindProductOfType(write.session(), name));
    if (product == 0) return absl::OkStatus();
    return PreconditionFailed("PRODUCT_TYPE_IN_USE", name,
                              absl::StrCat("give its products another type first, e.g. products/", product));
  };
  ASSIGN_OR_RETURN(types_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                    ProductType::default_instance(), std::move(hooks)));
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  types_->Bind(service);
  service.Replay(&environment.replays);
  return absl::OkStatus();
}

absl::StatusOr<ProductType> ProductTypeService::Read(db::Session& session, const std::string& name,
                                                     absl::string_view field) const {
  ASSIGN_OR_RETURN(const int64_t id, types_->ParseName(name, field));
  auto item = types_->Read(session, id, /*lock=*/false);
  if (absl::IsNotFound(item.status())) return InvalidField(field, absl::StrCat("there is no ", name));
  RETURN_IF_ERROR(item.status());
  auto& type = static_cast<ProductType&>(*item->message);
  if (type.has_delete_time()) return InvalidField(field, absl::StrCat(name, " is deleted"));
  return std::move(type);
}

absl::StatusOr<std::vector<ProductType>> ProductTypeService::ReadAll(absl::Time deadline) const {
  std::vector<ProductType> types;
  int64_t after = 0;
  while (true) {
    ASSIGN_OR_RETURN(auto items, types_->Scan(after, kPage, /*deleted_too=*/false, deadline));
    if (items.empty()) return types;
    after = items.back().id;
    for (auto& item : items) types.push_back(std::move(static_cast<ProductType&>(*item.message)));
  }
}

}  // namespace storeops::catalog
