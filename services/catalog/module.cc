#include "services/catalog/module.h"

#include <memory>
#include <vector>

#include "common/base/status_macros.h"
#include "common/workflow/description.h"
#include "services/catalog/availability/stock_follower.h"
#include "services/catalog/categories/category_service.h"
#include "services/catalog/channels/channel_service.h"
#include "services/catalog/collections/collection_service.h"
#include "services/catalog/listings/listing_states.h"
#include "services/catalog/media/media_service.h"
#include "services/catalog/prices/price_service.h"
#include "services/catalog/prices/staged_price_states.h"
#include "services/catalog/product_types/product_type_service.h"
#include "services/catalog/products/product_service.h"
#include "services/catalog/transfers/transfer_service.h"

namespace storeops::catalog {
namespace {

class Catalog final : public Module {
 public:
  explicit Catalog(size_t product_memory_bytes)
      : products_(types_, channels_, media_, collections_, product_memory_bytes) {}
  absl::Status Bind(Environment& environment) override {
    // Until then, rules took everything for in stock.
    FollowStock(environment, [](db::Session& session) { return MakeRulesPending(session, RulesThat::kAll); });
    RETURN_IF_ERROR(types_.Bind(environment));
    RETURN_IF_ERROR(categories_.Bind(environment));
    RETURN_IF_ERROR(channels_.Bind(environment));
    RETURN_IF_ERROR(media_.Bind(environment));
    RETURN_IF_ERROR(products_.Bind(environment));
    RETURN_IF_ERROR(collections_.Bind(environment, products_.products(), products_.memory()));
    RETURN_IF_ERROR(prices_.Bind(environment));
    return transfers_.Bind(environment);
  }
  absl::Status Start() override {
    RETURN_IF_ERROR(products_.Start());
    collections_.Start();
    return prices_.Start();
  }
  void Stop() override {
    prices_.Stop();
    collections_.Stop();
    products_.Stop();
  }

 private:
  ProductTypeService types_;
  CategoryService categories_;
  ChannelService channels_;
  CollectionService collections_;
  MediaService media_;
  ProductService products_;
  PriceService prices_{products_};
  TransferService transfers_{products_, categories_, types_, media_};
};

std::vector<workflow::Description> Machines() {
  using workflow::Describe;
  return {Describe(kListingStates), Describe(kStagedPriceStates)};
}

AccessDeclarations Access() {
  return {
      .permissions =
          {
              {"catalog.products.read", "See, search and export products", ""},
              {"catalog.products.write", "Create, edit, import and delete products", ""},
              {"catalog.products.review", "Approve and reject products that wait for review", ""},
              {"catalog.products.publish", "Publish products, withdraw and schedule them", ""},
              {"catalog.products.admin", "Rebuild the search index", ""},
              {"catalog.types.read", "See product types", ""},
              {"catalog.types.write", "Create, edit and delete product types", ""},
              {"catalog.categories.read", "See and export categories", ""},
              {"catalog.categories.write", "Create, edit, import and delete categories", ""},
              {"catalog.collections.read", "See collections and their products", ""},
              {"catalog.collections.write", "Create, edit and delete collections", ""},
              {"catalog.channels.read", "See sales channels", ""},
              {"catalog.channels.write", "Create, edit and delete sales channels", ""},
              {"catalog.media.read", "See and download media", ""},
              {"catalog.media.write", "Upload, edit and delete media", ""},
              {"catalog.costs.read", "See, set and use what products cost, and margins",
               "The masks of costs; requests that set them; filters and sort orders by them"},
              {"catalog.prices.read", "See prices, price lists and what a customer pays", ""},
              {"catalog.prices.write", "Edit prices and price lists, and stage changes",
               "Edits and imports that change the price or cost of a product that is approved or published"},
              {"catalog.prices.approve", "Approve and reject staged changes of prices", ""},
          },
      .roles = {{"roles/merchandiser", "Merchandiser"}},
      .grants =
          {
              {"roles/merchandiser", {"catalog.*", "operations.read", "operations.write"}},
              {"roles/warehouse", {"catalog.products.read", "catalog.media.read"}},
              {"roles/support_agent", {"catalog.products.read"}},
              {"roles/support_lead", {"catalog.products.read"}},
              {"roles/marketer",
               {"catalog.products.read", "catalog.collections.read", "catalog.media.read", "catalog.prices.read"}},
          },
  };
}

}  // namespace

ModuleInfo CatalogModule() {
  return {
      .name = "catalog",
      .migrations = &migrations::catalog(),
      // Without inventory, every product counts as in stock.
      .needs = {{.module = "inventory", .required = false, .before = false}},
      .flags = {{"product-memory", "STOREOPS_PRODUCT_MEMORY",
                 "MiB that products may take in memory; beyond, the database answers in its place", int64_t{2048}, 0,
                 1 << 20}},
      .access = Access(),
      .make =
          [](const FlagValues& flags) {
            return std::make_unique<Catalog>(static_cast<size_t>(std::get<int64_t>(flags.at("product-memory"))) << 20);
          },
      .machines = Machines,
  };
}

}  // namespace storeops::catalog
