// A catalogue with a few variants, and what tests of prices ask of it.
#ifndef STOREOPS_TESTS_SUPPORT_PRICE_FIXTURE_H_
#define STOREOPS_TESTS_SUPPORT_PRICE_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "google/protobuf/text_format.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/price_service.pb.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/status_details.h"

namespace storeops::testing {

template <class Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

class PriceFixture : public ::testing::Test {
 protected:
  // What services go by; outlives the fixture.
  explicit PriceFixture(const Clock& clock = Clock::System())
      : clock_(clock), process_(site_, {catalog::CatalogModule()}, {.clock = &clock}) {}

  using ResolvePricesRequest = catalog::v1::ResolvePricesRequest;
  using ResolvePricesResponse = catalog::v1::ResolvePricesResponse;

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(process_.Start());
    tea_ = MakeTea("TEA-1", "20", "12");
    MakeTea("TEA-2", "30", "");
  }

  // A product with one variant; amounts in euros, empty: none.
  catalog::v1::Product MakeTea(const std::string& sku, const std::string& price, const std::string& cost) {
    catalog::v1::Product product = MakeProduct(sku, "Tea " + sku);
    auto* variant = product.mutable_variants(0);
    if (!price.empty()) *variant->mutable_price() = Euros(price);
    if (!cost.empty()) *variant->mutable_cost() = Euros(cost);
    const auto created = CreateProduct(process_, product);
    EXPECT_TRUE(created.ok()) << created.status();
    return *created;
  }

  static google::type::Money Euros(const std::string& amount) {
    return MoneyFromMinor(*ParseDecimalMinor(amount, "EUR"), "EUR");
  }

  // "priceLists/{id}" of a list made from a text message; EUR and a title where it names none.
  std::string MakeList(const std::string& text = "") {
    catalog::v1::CreatePriceListRequest request;
    *request.mutable_price_list() = FromText<catalog::v1::PriceList>(text);
    if (request.price_list().title().empty()) request.mutable_price_list()->set_title("A list");
    if (request.price_list().currency().empty()) request.mutable_price_list()->set_currency("EUR");
    const auto list = process_.Call<catalog::v1::PriceList>("PriceService/CreatePriceList", request);
    EXPECT_TRUE(list.ok()) << list.status();
    return list.ok() ? list->name() : "";
  }
  absl::StatusOr<catalog::v1::PriceList> UpdateList(const std::string& name, const std::string& text,
                                                    const std::string& mask) {
    catalog::v1::UpdatePriceListRequest request;
    *request.mutable_price_list() = FromText<catalog::v1::PriceList>(text);
    request.mutable_price_list()->set_name(name);
    request.mutable_update_mask()->add_paths(mask);
    return process_.Call<catalog::v1::PriceList>("PriceService/UpdatePriceList", request);
  }

  static catalog::v1::Price MakePrice(const std::string& list, const std::string& sku, const std::string& euros,
                                      int min_quantity = 0) {
    catalog::v1::Price price;
    price.set_price_list(list);
    price.set_sku(sku);
    price.set_min_quantity(min_quantity);
    *price.mutable_price() = Euros(euros);
    return price;
  }
  absl::StatusOr<catalog::v1::SetPricesResponse> Set(const std::vector<catalog::v1::Price>& prices,
                                                     const std::string& request_id = "") {
    catalog::v1::SetPricesRequest request;
    for (const auto& price : prices) *request.add_prices() = price;
    request.set_request_id(request_id);
    return process_.Call<catalog::v1::SetPricesResponse>("PriceService/SetPrices", request);
  }

  static ResolvePricesRequest Question(const std::vector<std::string>& skus, int quantity = 0) {
    ResolvePricesRequest request;
    request.set_currency("EUR");
    for (const std::string& sku : skus) {
      request.add_items()->set_sku(sku);
      request.mutable_items()->rbegin()->set_quantity(quantity);
    }
    return request;
  }
  static absl::StatusOr<ResolvePricesResponse> Resolve(ServiceProcess& process, const ResolvePricesRequest& request) {
    return process.Call<ResolvePricesResponse>("PriceService/ResolvePrices", request);
  }
  // "12.50 EUR PRICE_LIST" of one SKU in a quantity.
  std::string Costs(ServiceProcess& process, const std::string& sku, int quantity = 1) {
    const auto response = Resolve(process, Question({sku}, quantity));
    if (!response.ok()) return response.status().ToString();
    const auto& price = response->prices(0);
    return absl::StrCat(price.has_price() ? FormatMoney(price.price()) + " " : "",
                        catalog::v1::ResolvedPrice::Source_Name(price.source()));
  }
  std::string Costs(const std::string& sku, int quantity = 1) { return Costs(process_, sku, quantity); }

  const Clock& clock_;
  Site site_;
  ServiceProcess process_;
  catalog::v1::Product tea_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_PRICE_FIXTURE_H_
