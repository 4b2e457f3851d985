#include "services/catalog/module.h"

#include <memory>
#include <vector>

#include "common/base/status_macros.h"
#include "common/workflow/description.h"
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
  absl::Status Bind(Environment& environment) override {
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
  ProductService products_{types_, channels_, media_, collections_};
  PriceService prices_{products_};
  TransferService transfers_{products_, categories_, types_, media_};
};

std::vector<workflow::Description> Machines() {
  using workflow::Describe;
  return {Describe(kListingStates), Describe(kStagedPriceStates)};
}

}  // namespace

ModuleInfo CatalogModule() {
  return {"catalog", &migrations::catalog(), [] { return std::make_unique<Catalog>(); }, Machines};
}

}  // namespace storeops::catalog
