#include "services/catalog/module.h"

#include <memory>

#include "common/base/status_macros.h"
#include "services/catalog/categories/category_service.h"
#include "services/catalog/media/media_service.h"
#include "services/catalog/product_types/product_type_service.h"
#include "services/catalog/products/product_service.h"

namespace storeops::catalog {
namespace {

class Catalog final : public Module {
 public:
  absl::Status Bind(Environment& environment) override {
    RETURN_IF_ERROR(types_.Bind(environment));
    RETURN_IF_ERROR(categories_.Bind(environment));
    RETURN_IF_ERROR(media_.Bind(environment));
    return products_.Bind(environment);
  }
  absl::Status Start() override { return products_.Start(); }
  void Stop() override { products_.Stop(); }

 private:
  ProductTypeService types_;
  CategoryService categories_;
  MediaService media_;
  ProductService products_{types_};
};

}  // namespace

ModuleInfo CatalogModule() {
  return {"catalog", &migrations::catalog(), [] { return std::make_unique<Catalog>(); }};
}

}  // namespace storeops::catalog
