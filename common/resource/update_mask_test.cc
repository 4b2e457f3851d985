#include "common/resource/update_mask.h"

#include "common/base/errors.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops::resource {
namespace {

using storeops::gateway::v1::ApiKey;

google::protobuf::FieldMask Mask(std::initializer_list<const char*> paths) {
  google::protobuf::FieldMask mask;
  for (const char* path : paths) mask.add_paths(path);
  return mask;
}

TEST(UpdateMask, ImmutableFieldsKeepTheirValue) {
  ApiKey target;
  target.add_roles("roles/viewer");
  ApiKey sent = target;
  sent.set_display_name("robot");
  EXPECT_TRUE(ApplyMask(Mask({}), sent, "", "api_key.", &target).ok());
  EXPECT_TRUE(ApplyMask(Mask({"roles", "display_name"}), sent, "", "api_key.", &target).ok());
  EXPECT_EQ(target.display_name(), "robot");
  sent.add_roles("roles/owner");
  EXPECT_EQ(ApplyMask(Mask({}), sent, "", "api_key.", &target).message(), "api_key.roles: cannot be changed");
  EXPECT_EQ(ApplyMask(Mask({"roles"}), sent, "requests[1].", "api_key.", &target).message(),
            "requests[1].update_mask: \"roles\" cannot be changed");
  EXPECT_EQ(target.roles_size(), 1);
}

TEST(UpdateMask, PathsLeadIntoSingleMessages) {
  catalog::v1::Variant target, sent;
  target.mutable_price()->set_units(5);
  target.mutable_price()->set_currency_code("EUR");
  sent.mutable_price()->set_units(7);
  ASSERT_TRUE(ApplyMask(Mask({"price.units"}), sent, "", "", &target).ok());
  EXPECT_EQ(target.price().units(), 7);
  EXPECT_EQ(target.price().currency_code(), "EUR");
  // The wider path covers the narrower one, whatever their order.
  ASSERT_TRUE(ApplyMask(Mask({"price.units", "price"}), sent, "", "", &target).ok());
  EXPECT_EQ(target.price().units(), 7);
  EXPECT_EQ(target.price().currency_code(), "");
}

TEST(UpdateMask, ARepeatedPathCountsOnce) {
  catalog::v1::Variant target, sent;
  target.mutable_price()->set_units(5);
  sent.mutable_price()->set_units(7);
  ASSERT_TRUE(ApplyMask(Mask({"price.units", "price.units"}), sent, "", "", &target).ok());
  EXPECT_EQ(target.price().units(), 7);
  ASSERT_TRUE(ApplyMask(Mask({"price", "price.units", "price"}), sent, "", "", &target).ok());
  EXPECT_EQ(target.price().units(), 7);
}

TEST(UpdateMask, NothingAppearsBelowAMessageThatNobodySent) {
  catalog::v1::Variant target, sent;
  ASSERT_TRUE(ApplyMask(Mask({"price.units"}), sent, "", "", &target).ok());
  EXPECT_FALSE(target.has_price());
  EXPECT_EQ(ApplyMask(Mask({"price.colour"}), sent, "", "", &target).message(),
            "update_mask: \"price.colour\" is not a field of Money");
}

TEST(UpdateMask, WhatOnlyTheServiceSetsIsNotTaken) {
  catalog::v1::Product target, sent;
  target.set_name("products/1");
  sent.set_name("products/2");
  sent.set_etag("9");
  sent.mutable_create_time()->set_seconds(1);
  sent.set_title("T");
  ASSERT_TRUE(ApplyMask(Mask({"*"}), sent, "", "", &target).ok());
  EXPECT_EQ(target.name(), "products/1");
  EXPECT_EQ(target.etag(), "");
  EXPECT_FALSE(target.has_create_time());
  EXPECT_EQ(target.title(), "T");
}

}  // namespace
}  // namespace storeops::resource
