#include "services/catalog/collections/collection_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/list_cost.h"
#include "services/catalog/collections/collection_rules.h"

namespace storeops::catalog {
namespace {

using google::protobuf::Message;
using v1::Collection;

constexpr char kService[] = "storeops.catalog.v1.CollectionService";
// As the engine's.
constexpr absl::Duration kReviewInterval = absl::Hours(1);

}  // namespace

resource::Hooks CollectionService::MakeHooks() {
  resource::Hooks hooks;
  hooks.before_write = [this](resource::Write& write, const Message* before, Message* after) -> absl::Status {
    auto& collection = static_cast<Collection&>(*after);
    FillCollectionDefaults(collection);
    const std::vector<FieldViolation> violations = CheckCollection(collection);
    if (!violations.empty()) return InvalidFields(violations);
    ASSIGN_OR_RETURN(const int64_t id, collections_->ParseName(collection.name(), "name"));
    bool rule_written = false;
    RETURN_IF_ERROR(
        WriteCollectionMembers(write.session(), id, static_cast<const Collection*>(before), collection, &rule_written));
    if (rule_written) write.AfterCommit([this] { follower_->Notify(); });
    return absl::OkStatus();
  };
  hooks.create_uses_session = [](const Message&) { return true; };
  hooks.before_delete = [this](resource::Write& write, const Message& before) -> absl::Status {
    const auto& collection = static_cast<const Collection&>(before);
    ASSIGN_OR_RETURN(const int64_t id, collections_->ParseName(collection.name(), "name"));
    write.AfterCommit([this] { follower_->Notify(); });
    return RemoveCollectionMembers(write.session(), id, collection);
  };
  return hooks;
}

absl::Status CollectionService::Bind(Environment& environment, resource::Resource& products, ProductFollower& memory) {
  environment_ = &environment;
  products_ = &products;
  ASSIGN_OR_RETURN(collections_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                          Collection::default_instance(), MakeHooks()));
  follower_ = std::make_unique<CollectionFollower>(products, memory, environment.store, &environment.telemetry);
  // Only marks rules; the follower works on them.
  environment.periodic.Add("collection-ages", kReviewInterval, jobs::JobPace::kQuick,
                           [this](absl::Time deadline) { return follower_->ReviewAges(deadline); });
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  service.Unary("AddCollectionProducts", this, &CollectionService::AddProducts)
      .Unary("RemoveCollectionProducts", this, &CollectionService::RemoveProducts)
      .Unary("MoveCollectionProduct", this, &CollectionService::MoveProduct)
      .Unary("ListCollectionProducts", this, &CollectionService::ListProducts)
      .CostRaw("ListCollectionProducts", resource::ListCost(products.filter_fields()))
      .Unary("ListProductCollections", this, &CollectionService::ListCollections)
      .Replay(&environment.replays);
  collections_->Bind(service);
  return absl::OkStatus();
}

void CollectionService::Stop() {
  if (follower_ != nullptr) follower_->Stop();
}

absl::StatusOr<resource::Page::Item> CollectionService::Read(const std::string& name, absl::Time deadline) const {
  ASSIGN_OR_RETURN(const int64_t id, collections_->ParseName(name, "name"));
  ASSIGN_OR_RETURN(auto found, collections_->ReadMany({id}, deadline));
  if (found.empty()) return ResourceNotFound(collections_->type(), name);
  return std::move(found.front());
}

absl::StatusOr<int64_t> CollectionService::FindLive(const std::string& name, absl::string_view field,
                                                    absl::Time deadline) const {
  ASSIGN_OR_RETURN(const int64_t id, collections_->ParseName(name, field));
  ASSIGN_OR_RETURN(const auto found, collections_->ReadMany({id}, deadline));
  if (found.empty()) return InvalidField(field, absl::StrCat("there is no ", name));
  return id;
}

absl::StatusOr<Collection> CollectionService::EditPicks(
    rpc::Call& call, const std::string& name, const std::string& etag,
    absl::FunctionRef<absl::Status(resource::Write&, Picks*)> edit) {
  ASSIGN_OR_RETURN(const int64_t id, collections_->ParseName(name, "name"));
  Collection response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const auto before, collections_->Read(write.session(), id, /*lock=*/true));
    auto after = std::make_unique<Collection>(static_cast<const Collection&>(*before.message));
    if (after->has_delete_time()) return ResourceNotFound(collections_->type(), name);
    if (!etag.empty() && etag != after->etag()) return EtagMismatch(collections_->type(), name, after->etag());
    if (after->kind() == Collection::RULE_BASED) {
      return PreconditionFailed("COLLECTION_RULE_BASED", name, "its products follow from its rule");
    }
    RETURN_IF_ERROR(edit(write, after->mutable_products()));
    ASSIGN_OR_RETURN(auto written, collections_->Replace(write, before, std::move(after)));
    response = std::move(static_cast<Collection&>(*written.message));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<Collection> CollectionService::AddProducts(rpc::Call& call,
                                                          const v1::AddCollectionProductsRequest& request) {
  return EditPicks(call, request.name(), request.etag(), [&](resource::Write& write, Picks* picks) -> absl::Status {
    RETURN_IF_ERROR(CheckProductsExist(write.session(), request.products()));
    return AddPicks(request.products(), request.before(), picks);
  });
}

absl::StatusOr<Collection> CollectionService::RemoveProducts(rpc::Call& call,
                                                             const v1::RemoveCollectionProductsRequest& request) {
  return EditPicks(call, request.name(), request.etag(),
                   [&](resource::Write&, Picks* picks) { return RemovePicks(request.products(), picks); });
}

absl::StatusOr<Collection> CollectionService::MoveProduct(rpc::Call& call,
                                                          const v1::MoveCollectionProductRequest& request) {
  return EditPicks(call, request.name(), request.etag(), [&](resource::Write&, Picks* picks) {
    return MovePick(request.product(), request.before(), picks);
  });
}

absl::StatusOr<v1::ListCollectionProductsResponse> CollectionService::ListProducts(
    rpc::Call& call, const v1::ListCollectionProductsRequest& request) {
  ASSIGN_OR_RETURN(const resource::Page::Item item, Read(request.name(), call.deadline));
  const auto& collection = static_cast<const Collection&>(*item.message);
  v1::ListCollectionProductsResponse response;
  if (collection.kind() == Collection::HAND_PICKED && request.order_by().empty()) {
    RETURN_IF_ERROR(ListPicks(call, request, collection.products(), &response));
    return response;
  }
  RETURN_IF_ERROR(products_->ListWithin(call, request, IsInCollection(item.id), &response));
  ASSIGN_OR_RETURN(const bool evaluating, IsRulePending(environment_->store.database, item.id, call.deadline));
  response.set_evaluating(evaluating);
  return response;
}

absl::Status CollectionService::ListPicks(const rpc::Call& call, const v1::ListCollectionProductsRequest& request,
                                          const Picks& picks, v1::ListCollectionProductsResponse* response) {
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "n"));
  int at = static_cast<int>(std::clamp<int64_t>(page.Number(0), 0, picks.size()));
  // Deleted products leave gaps, so one question may not fill the page.
  while (at < picks.size() && response->products_size() < page.size()) {
    std::vector<int64_t> ids;
    const int count = std::min(page.size() - response->products_size(), picks.size() - at);
    for (int i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(const int64_t id, products_->ParseName(picks[at + i], "products"));
      ids.push_back(id);
    }
    at += count;
    ASSIGN_OR_RETURN(auto found, products_->ReadMany(ids, call.deadline));
    for (auto& item : found) *response->add_products() = std::move(static_cast<v1::Product&>(*item.message));
  }
  if (at < picks.size()) page.SetNext({at}, response);
  return absl::OkStatus();
}

absl::StatusOr<v1::ListProductCollectionsResponse> CollectionService::ListCollections(
    rpc::Call& call, const v1::ListProductCollectionsRequest& request) {
  ASSIGN_OR_RETURN(const int64_t id, products_->ParseName(request.product(), "product"));
  ASSIGN_OR_RETURN(const auto found, products_->ReadMany({id}, call.deadline));
  if (found.empty()) return ResourceNotFound(products_->type(), request.product());
  v1::ListProductCollectionsResponse response;
  RETURN_IF_ERROR(collections_->ListWithin(call, request, HoldsProduct(id), &response));
  return response;
}

}  // namespace storeops::catalog
