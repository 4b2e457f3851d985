#include "services/catalog/module.h"

#include <memory>

#include "services/catalog/products/product_service.h"

namespace storeops::catalog {
namespace {

class Catalog final : public Module {
 public:
  absl::Status Bind(Environment& environment) override { return products_.Bind(environment); }
  absl::Status Start() override { return products_.Start(); }
  void Stop() override { products_.Stop(); }

 private:
  ProductService products_;
};

}  // namespace

ModuleInfo CatalogModule() {
  return {"catalog", &migrations::catalog(), [] { return std::make_unique<Catalog>(); }};
}

}  // namespace storeops::catalog
