#include "services/catalog/products/product_service.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/catalog/costs.h"
#include "services/catalog/listings/listing_filing.h"
#include "services/catalog/media/product_media.h"
#include "services/catalog/prices/base_price_history.h"
#include "services/catalog/prices/price_rights.h"
#include "services/catalog/products/product_filing.h"
#include "services/catalog/products/product_rules.h"
#include "services/catalog/products/product_search.h"

namespace storeops::catalog {
namespace {

using google::protobuf::Message;
using v1::Product;

constexpr char kService[] = "storeops.catalog.v1.ProductService";
constexpr char kReindexMethod[] = "storeops.catalog.v1.ProductService/ReindexProducts";

// As the engine's.
constexpr resource::PageSizes kSearchSizes{20, 100};
// Larger pages are not kept for the next one who asks.
constexpr size_t kMaxKeptPage = 50;

// The number that a page token carries; nothing if it carries something else.
}  // namespace

resource::Hooks ProductService::MakeHooks() {
  resource::Hooks hooks;
  hooks.before_write = [this](resource::Write& write, const Message* before, Message* after) -> absl::Status {
    auto& product = static_cast<Product&>(*after);
    const rpc::Call& call = write.call();
    // Background work has no rights of its own: it writes what its method was allowed to begin.
    const bool hidden = call.method != nullptr && !call.principal.Has(kReadCosts);
    if (hidden && before != nullptr) KeepCosts(static_cast<const Product&>(*before), product);
    FillProductDefaults(product);
    FillListingDefaults(product);
    std::vector<FieldViolation> violations = CheckProduct(product);
    for (FieldViolation& violation : CheckProductMedia(product)) violations.push_back(std::move(violation));
    if (!violations.empty()) return InvalidFields(violations);
    RETURN_IF_ERROR(CheckPriceRights(write.call().principal, static_cast<const Product*>(before), product));
    if (before != nullptr) {
      RETURN_IF_ERROR(RecordBasePrices(write, static_cast<const Product&>(*before), &product));
    }
    ASSIGN_OR_RETURN(const int64_t id, products_->ParseName(product.name(), "name"));
    RETURN_IF_ERROR(KeepProductMedia(write, id, static_cast<const Product*>(before), product));
    RETURN_IF_ERROR(FileWrittenProduct(types_, write, id, static_cast<const Product*>(before), product));
    return FileWrittenListing(write, id, static_cast<const Product*>(before), product);
  };
  hooks.create_uses_session = [](const Message& sent) {
    const auto& product = static_cast<const Product&>(sent);
    return IsFiled(product) || product.media_size() > 0;
  };
  hooks.before_delete = [this](resource::Write& write, const Message& before) -> absl::Status {
    const auto& product = static_cast<const Product&>(before);
    RETURN_IF_ERROR(RecordBasePrices(write, product, nullptr));
    ASSIGN_OR_RETURN(const int64_t id, products_->ParseName(product.name(), "name"));
    RETURN_IF_ERROR(UnfileDeletedListing(write, id, product));
    RETURN_IF_ERROR(DropProductMedia(write, id, product));
    return UnfileDeletedProduct(write, id, product);
  };
  hooks.after_commit = [this](absl::Span<const resource::Hooks::Committed> products) {
    std::vector<ProductSnapshot::Entry> entries;
    entries.reserve(products.size());
    for (const auto& [after, id, version] : products) {
      entries.push_back(MakeEntry(id, version, static_cast<const Product&>(*after)));
    }
    follower_->Committed(std::move(entries));
  };
  return hooks;
}

absl::Status ProductService::Bind(Environment& environment) {
  environment_ = &environment;
  ASSIGN_OR_RETURN(products_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                       Product::default_instance(), MakeHooks()));
  follower_ =
      std::make_unique<ProductFollower>(*products_, environment.store, memory_, &environment.telemetry, memory_bytes_);
  RETURN_IF_ERROR(follower_->Open(environment.data_folder));

  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  products_->Bind(service);
  RETURN_IF_ERROR(listings_.Bind(environment, *products_, *follower_, service));
  service.Inline("GetProduct", this, &ProductService::TryGet)
      .Inline("BatchGetProducts", this, &ProductService::TryBatchGet)
      .Inline("ListProducts", this, &ProductService::TryList)
      .Unary("LookupProducts", this, &ProductService::Lookup)
      .Unary("SearchProducts", this, &ProductService::Search)
      .Cost<v1::SearchProductsRequest>("SearchProducts",
                                       [this](const rpc::Call& call, const v1::SearchProductsRequest& request) {
                                         resource::TableSize& products = *products_->filter_fields().size();
                                         products.Refresh(call.deadline);
                                         return absl::StatusOr<absl::Duration>(CostOfSearch(request, products.rows()));
                                       })
      .Unary("ReindexProducts", this, &ProductService::Reindex)
      .Replay(&environment.replays);
  RETURN_IF_ERROR(bulk_updates_.Bind(service, environment, *products_));
  environment.operations.Register(kReindexMethod, jobs::OperationLane::kMaintenance,
                                  [this](jobs::OperationContext& context) -> absl::StatusOr<std::unique_ptr<Message>> {
                                    ASSIGN_OR_RETURN(const int64_t products, follower_->Reindex(context));
                                    auto response = std::make_unique<v1::ReindexProductsResponse>();
                                    response->set_products(products);
                                    return response;
                                  });
  return absl::OkStatus();
}

absl::Status ProductService::Start() {
  follower_->Start();
  listings_.Start();
  return absl::OkStatus();
}

void ProductService::Stop() {
  listings_.Stop();
  if (follower_ != nullptr) follower_->Stop();
}

const rpc::EncodedMessage* ProductService::Find(const ProductSnapshot& snapshot, const std::string& name) const {
  const absl::StatusOr<int64_t> id = products_->ParseName(name, "name");
  const ProductSnapshot::Entry* entry = id.ok() ? snapshot.Find(*id) : nullptr;
  return entry == nullptr || !entry->product ? nullptr : &entry->product;
}

ProductService::InlineReply ProductService::TryGet(rpc::Call&, const v1::GetProductRequest& request) {
  const auto snapshot = follower_->Snapshot();
  if (snapshot == nullptr) return std::nullopt;
  const rpc::EncodedMessage* product = Find(*snapshot, request.name());
  if (product == nullptr) return std::nullopt;
  return rpc::Reply(*product);
}

ProductService::InlineReply ProductService::TryBatchGet(rpc::Call&, const v1::BatchGetProductsRequest& request) {
  const auto snapshot = follower_->Snapshot();
  if (snapshot == nullptr) return std::nullopt;
  std::vector<const rpc::EncodedMessage*> items;
  items.reserve(request.names_size());
  for (const std::string& name : request.names()) {
    items.push_back(Find(*snapshot, name));
    if (items.back() == nullptr) return std::nullopt;
  }
  auto list =
      std::make_shared<const rpc::EncodedList>(v1::BatchGetProductsResponse::kProductsFieldNumber, std::move(items),
                                               std::make_unique<v1::BatchGetProductsResponse>());
  return rpc::Reply::List(std::move(list), snapshot);
}

ProductService::InlineReply ProductService::TryList(rpc::Call&, const v1::ListProductsRequest& request) {
  const auto snapshot = follower_->Snapshot();
  if (snapshot == nullptr) return std::nullopt;
  if (!request.filter().empty() || !request.order_by().empty() || request.show_deleted()) return std::nullopt;
  const size_t size = resource::PageSize(request.page_size());
  // A token that was good for this page before is so again.
  std::string key = absl::StrCat(size, " ", request.page_token());
  if (auto kept = snapshot->pages().Find(key)) return rpc::Reply::List(std::move(kept), snapshot);
  const auto page = environment_->page_tokens.Open(request, "n");
  if (!page.ok()) return std::nullopt;

  std::vector<const ProductSnapshot::Entry*> entries = snapshot->After(page->Number(0), page->limit());
  auto rest = std::make_unique<v1::ListProductsResponse>();
  page->Close(entries, [](const auto* last) -> resource::PageKeys { return {last->id}; }, rest.get());
  std::vector<const rpc::EncodedMessage*> items;
  items.reserve(entries.size());
  for (const auto* entry : entries) items.push_back(&entry->product);
  auto list = std::make_shared<const rpc::EncodedList>(v1::ListProductsResponse::kProductsFieldNumber, std::move(items),
                                                       std::move(rest));
  if (size <= kMaxKeptPage) snapshot->pages().Keep(std::move(key), list);
  return rpc::Reply::List(std::move(list), snapshot);
}

absl::StatusOr<v1::LookupProductsResponse> ProductService::Lookup(rpc::Call& call,
                                                                  const v1::LookupProductsRequest& request) {
  const std::vector<std::string> skus(request.skus().begin(), request.skus().end());
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, products_->FindByKey("sku", skus, call.deadline));
  std::vector<int64_t> distinct;
  absl::flat_hash_set<int64_t> seen;
  for (int64_t id : ids) {
    if (id != 0 && seen.insert(id).second) distinct.push_back(id);
  }
  // From the database, as the keys are: the snapshot may be a moment older.
  ASSIGN_OR_RETURN(auto found, products_->ReadMany(distinct, call.deadline));
  v1::LookupProductsResponse response;
  seen.clear();
  for (auto& item : found) {
    seen.insert(item.id);
    *response.add_products() = std::move(static_cast<Product&>(*item.message));
  }
  absl::flat_hash_set<absl::string_view> missing;
  for (size_t i = 0; i < skus.size(); ++i) {
    if (!seen.contains(ids[i]) && missing.insert(skus[i]).second) response.add_missing_skus(skus[i]);
  }
  return response;
}

absl::StatusOr<absl::flat_hash_map<std::string, ProductService::SoldVariant>> ProductService::ReadVariants(
    const std::vector<std::string>& skus, absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, products_->FindByKey("sku", skus, deadline));
  absl::flat_hash_set<absl::string_view> wanted(skus.begin(), skus.end());
  absl::flat_hash_set<int64_t> distinct(ids.begin(), ids.end());
  distinct.erase(0);
  ASSIGN_OR_RETURN(auto found, products_->ReadMany({distinct.begin(), distinct.end()}, deadline));
  absl::flat_hash_map<std::string, SoldVariant> variants;
  for (const auto& item : found) {
    const auto& product = static_cast<const Product&>(*item.message);
    const std::string bytes = product.SerializeAsString();
    for (const v1::Variant& variant : product.variants()) {
      if (!wanted.contains(variant.sku())) continue;
      variants[variant.sku()] = {variant, catalog::FindSoldItem(bytes, variant.sku()).value_or(SoldItem())};
    }
  }
  return variants;
}

absl::StatusOr<v1::SearchProductsResponse> ProductService::Search(rpc::Call& call,
                                                                  const v1::SearchProductsRequest& request) {
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "n", kSearchSizes));
  const int offset = static_cast<int>(page.Number(0));
  const int size = std::min(page.size(), kSearchReach - offset);
  ASSIGN_OR_RETURN(const search::Query query, MakeSearchQuery(request, offset, size, follower_->stock_known()));
  ASSIGN_OR_RETURN(const search::Result result, follower_->Search(query));
  std::vector<int64_t> ids;
  for (const search::Result::Hit& hit : result.hits) ids.push_back(hit.id);
  ASSIGN_OR_RETURN(const auto products, follower_->SnapshotOf(ids, call.deadline));
  v1::SearchProductsResponse response = MakeSearchResponse(request, result, *products);
  RETURN_IF_ERROR(SetInStock(call.deadline, &response));
  const int next = offset + size;
  if (result.more && next < kSearchReach) page.SetNext({next}, &response);
  return response;
}

absl::Status ProductService::SetInStock(absl::Time deadline, v1::SearchProductsResponse* response) {
  std::vector<std::string> skus;
  for (const auto& result : response->results()) AppendStockedSkus(result.product(), &skus);
  ASSIGN_OR_RETURN(const InStock in_stock, follower_->InStockOf(skus, deadline));
  for (auto& result : *response->mutable_results()) result.set_in_stock(in_stock.Has(result.product()));
  return absl::OkStatus();
}

absl::StatusOr<google::longrunning::Operation> ProductService::Reindex(rpc::Call& call,
                                                                       const v1::ReindexProductsRequest& request) {
  google::longrunning::Operation operation;
  RETURN_IF_ERROR(
      resource::RunWrite(environment_->store, call, &operation, [&](resource::Write& write) -> absl::Status {
        ASSIGN_OR_RETURN(operation, environment_->operations.Create(write, request));
        return absl::OkStatus();
      }));
  return operation;
}

}  // namespace storeops::catalog
