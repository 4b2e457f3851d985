// Types, attributes and categories of products through the pipeline, on a real database.
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "storeops/catalog/v1/product_type_service.pb.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/status_details.h"

namespace storeops::testing {
namespace {

using catalog::v1::Category;
using catalog::v1::Product;
using catalog::v1::ProductType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ProductFilingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    process_.Start();
    catalog::v1::CreateProductTypeRequest request;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
        R"(title: "Mug" attributes {key: "capacity" title: "Capacity" type: NUMBER unit: "mL" min: 0}
           attributes {key: "material" title: "Material" type: CHOICE choices {value: "glass"} choices {value: "clay"}})",
        request.mutable_product_type()));
    const auto type = process_.Call<ProductType>("ProductTypeService/CreateProductType", request);
    ASSERT_TRUE(type.ok()) << type.status();
    type_ = *type;
    mugs_ = CreateCategory("Mugs");
    sale_ = CreateCategory("Sale");
  }

  std::string CreateCategory(const std::string& title) {
    catalog::v1::CreateCategoryRequest request;
    request.mutable_category()->set_title(title);
    return process_.Call<Category>("CategoryService/CreateCategory", request)->name();
  }
  Product Mug(const std::string& sku) {
    Product product = MakeProduct(sku, "Mug");
    product.set_product_type(type_.name());
    (*product.mutable_attributes())["capacity"].set_number(300);
    product.add_categories(mugs_);
    return product;
  }
  absl::StatusOr<Product> Update(const Product& product, const std::string& mask) {
    catalog::v1::UpdateProductRequest request;
    *request.mutable_product() = product;
    request.mutable_product()->clear_etag();
    request.mutable_update_mask()->add_paths(mask);
    return process_.Call<Product>("UpdateProduct", request);
  }
  template <class Request>
  absl::Status Delete(const std::string& method, const std::string& name) {
    Request request;
    request.set_name(name);
    if (method == "DeleteProduct" || method == "UndeleteProduct")
      return process_.Call<Product>(method, request).status();
    if (method == "CategoryService/DeleteCategory") return process_.Call<Category>(method, request).status();
    return process_.Call<ProductType>(method, request).status();
  }
  absl::Status DeleteCategory(const std::string& name) {
    return Delete<catalog::v1::DeleteCategoryRequest>("CategoryService/DeleteCategory", name);
  }
  absl::Status DeleteProduct(const std::string& name) {
    return Delete<catalog::v1::DeleteProductRequest>("DeleteProduct", name);
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
  ProductType type_;
  std::string mugs_, sale_;
};

TEST_F(ProductFilingTest, KeepsAttributesAndCategories) {
  const auto mug = CreateProduct(process_, Mug("M-1"));
  ASSERT_TRUE(mug.ok()) << mug.status();
  EXPECT_EQ(mug->attributes().at("capacity").number(), 300);
  EXPECT_THAT(mug->categories(), ElementsAre(mugs_));
  catalog::v1::ListProductsRequest list;
  list.set_filter("categories:\"" + mugs_ + "\" AND product_type = \"" + type_.name() + "\"");
  EXPECT_EQ(process_.Call<catalog::v1::ListProductsResponse>("ListProducts", list)->products_size(), 1);
}

TEST_F(ProductFilingTest, WhatDoesNotFitIsNamed) {
  Product mug = Mug("M-1");
  (*mug.mutable_attributes())["capacity"].set_number(-1);
  (*mug.mutable_attributes())["colour"].set_text("red");
  EXPECT_THAT(WrongFields(CreateProduct(process_, mug).status()),
              ElementsAre("product.attributes[\"capacity\"]", "product.attributes[\"colour\"]"));
  mug = Mug("M-1");
  mug.set_product_type("productTypes/999");
  EXPECT_THAT(WrongFields(CreateProduct(process_, mug).status()), ElementsAre("product.product_type"));
  mug.clear_product_type();
  EXPECT_THAT(WrongFields(CreateProduct(process_, mug).status()), ElementsAre("product.product_type"));
  mug = Mug("M-1");
  mug.add_categories("categories/999");
  mug.add_categories(mugs_);
  EXPECT_THAT(WrongFields(CreateProduct(process_, mug).status()),
              ElementsAre("product.categories[1]", "product.categories[2]"));
}

TEST_F(ProductFilingTest, ATightenedTypeDoesNotBlockOtherEdits) {
  auto mug = CreateProduct(process_, Mug("M-1"));
  ASSERT_TRUE(mug.ok()) << mug.status();
  catalog::v1::UpdateProductTypeRequest tighten;
  *tighten.mutable_product_type() = type_;
  tighten.mutable_product_type()->mutable_attributes(0)->set_max(100);
  tighten.mutable_update_mask()->add_paths("attributes");
  ASSERT_TRUE(process_.Call<ProductType>("ProductTypeService/UpdateProductType", tighten).ok());
  mug->set_title("Large mug");
  EXPECT_TRUE(Update(*mug, "title").ok());
  (*mug->mutable_attributes())["material"].set_choice("clay");
  EXPECT_THAT(WrongFields(Update(*mug, "attributes").status()), ElementsAre("product.attributes[\"capacity\"]"));
}

TEST_F(ProductFilingTest, ACategoryWithProductsStays) {
  auto mug = CreateProduct(process_, Mug("M-1"));
  ASSERT_TRUE(mug.ok()) << mug.status();
  EXPECT_THAT(DescribeStatus(DeleteCategory(mugs_)), HasSubstr("CATEGORY_HAS_PRODUCTS"));
  mug->set_categories(0, sale_);
  ASSERT_TRUE(Update(*mug, "categories").ok());
  EXPECT_TRUE(DeleteCategory(mugs_).ok());
  EXPECT_THAT(DescribeStatus(DeleteCategory(sale_)), HasSubstr("CATEGORY_HAS_PRODUCTS"));
  ASSERT_TRUE(DeleteProduct(mug->name()).ok());
  EXPECT_TRUE(DeleteCategory(sale_).ok());
  // Its category has gone meanwhile.
  EXPECT_THAT(WrongFields(Delete<catalog::v1::UndeleteProductRequest>("UndeleteProduct", mug->name())),
              ElementsAre("product.categories[0]"));
}

TEST_F(ProductFilingTest, ATypeWithProductsStays) {
  const auto mug = CreateProduct(process_, Mug("M-1"));
  ASSERT_TRUE(mug.ok()) << mug.status();
  const auto remove = [this] {
    return Delete<catalog::v1::DeleteProductTypeRequest>("ProductTypeService/DeleteProductType", type_.name());
  };
  EXPECT_THAT(DescribeStatus(remove()), HasSubstr("PRODUCT_TYPE_IN_USE"));
  ASSERT_TRUE(DeleteProduct(mug->name()).ok());
  EXPECT_TRUE(remove().ok());
}

}  // namespace
}  // namespace storeops::testing
