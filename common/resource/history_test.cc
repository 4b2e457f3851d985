#include "common/resource/history.h"

#include "gtest/gtest.h"
#include "storeops/catalog/v1/product.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops::resource {
namespace {

TEST(History, SecretsAreNamedButNotShown) {
  gateway::v1::LoginRequest before, after;
  before.set_email("a@b");
  before.set_password("old");
  after.set_email("a@b");
  after.set_password("new");
  const auto entry = DescribeChanges(&before, after);
  ASSERT_EQ(entry.changes_size(), 1);
  EXPECT_EQ(entry.changes(0).field(), "password");
  EXPECT_EQ(entry.changes(0).old_value(), "\"***\"");
  EXPECT_EQ(entry.changes(0).new_value(), "\"***\"");
  EXPECT_TRUE(HasSecrets(*after.GetDescriptor()));
  EXPECT_FALSE(HasSecrets(*catalog::v1::Product::descriptor()));
  ClearSecrets(&after);
  EXPECT_EQ(after.password(), "");
  EXPECT_EQ(after.email(), "a@b");
}

TEST(History, TheOrderOfAMapIsNoChange) {
  catalog::v1::Product before, after;
  auto& first = *before.add_variants()->mutable_option_values();
  auto& second = *after.add_variants()->mutable_option_values();
  for (int i = 0; i < 50; ++i) first[std::to_string(i)] = "x";
  for (int i = 49; i >= 0; --i) second[std::to_string(i)] = "x";
  EXPECT_TRUE(ChangedFields(&before, after).empty());
  second["7"] = "y";
  EXPECT_EQ(ChangedFields(&before, after).size(), 1u);
}

TEST(History, WhatWasClearedBecomesEmpty) {
  catalog::v1::Product before, after;
  before.set_brand("Acme \"x\", {y}");
  after.add_tags("a");
  const auto entry = DescribeChanges(&before, after);
  ASSERT_EQ(entry.changes_size(), 2);
  EXPECT_EQ(entry.changes(0).field(), "brand");
  EXPECT_EQ(entry.changes(0).old_value(), "\"Acme \\\"x\\\", {y}\"");
  EXPECT_EQ(entry.changes(0).new_value(), "");
  EXPECT_EQ(entry.changes(1).field(), "tags");
  EXPECT_EQ(entry.changes(1).new_value(), "[\"a\"]");
}

}  // namespace
}  // namespace storeops::resource
