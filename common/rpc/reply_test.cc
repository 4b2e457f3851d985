#include "common/rpc/reply.h"

#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "storeops/catalog/v1/product_service.pb.h"

namespace storeops::rpc {
namespace {

using google::protobuf::util::MessageDifferencer;
using storeops::catalog::v1::ListProductsResponse;
using storeops::catalog::v1::Product;

ListProductsResponse Page(int items, const std::string& next) {
  ListProductsResponse page;
  for (int i = 0; i < items; ++i) {
    Product* product = page.add_products();
    product->set_name("products/" + std::to_string(i));
    if (i % 2 == 1) product->set_title(std::string(200, 'x') + "茶");
    if (i == 2) product->Clear();
  }
  page.set_next_page_token(next);
  return page;
}

std::unique_ptr<ListProductsResponse> Copy(const ListProductsResponse& page) {
  return std::make_unique<ListProductsResponse>(page);
}

Reply AsList(const ListProductsResponse& page) {
  const auto owner = std::make_shared<std::vector<EncodedMessage>>();
  for (const auto& product : page.products()) owner->emplace_back(product);
  std::vector<const EncodedMessage*> items;
  for (const EncodedMessage& item : *owner) items.push_back(&item);
  auto rest = Copy(page);
  rest->clear_products();
  return Reply::List(
      std::make_shared<EncodedList>(ListProductsResponse::kProductsFieldNumber, std::move(items), std::move(rest)),
      owner);
}

TEST(Reply, AllBodiesSayTheSame) {
  for (const int items : {0, 1, 2, 5, 300}) {
    for (const std::string next : {"", "token"}) {
      const ListProductsResponse page = Page(items, next);
      std::vector<Reply> replies;
      replies.push_back(Reply(Copy(page)));
      replies.push_back(Reply(EncodedMessage(page)));
      replies.push_back(AsList(page));
      replies.push_back(Reply::FromBinary(page.SerializeAsString()));
      const std::string json = *replies[0].ToJson(ListProductsResponse::default_instance());
      for (const Reply& reply : replies) {
        EXPECT_EQ(reply.ToBinary(), page.SerializeAsString());
        EXPECT_EQ(*reply.ToJson(ListProductsResponse::default_instance()), json);
        ListProductsResponse parsed;
        ASSERT_TRUE(reply.ToMessage(&parsed).ok());
        EXPECT_TRUE(MessageDifferencer::Equals(parsed, page));
      }
    }
  }
}

TEST(EncodedMessage, CopiesShareWhatOutlivesTheFirst) {
  EXPECT_FALSE(EncodedMessage());
  Product product;
  product.set_title("t");
  EncodedMessage first(product);
  EncodedMessage second = first;
  EXPECT_EQ(first.json(), second.json()) << "made once";
  EncodedMessage third = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): it says so
  second = EncodedMessage();
  EXPECT_FALSE(second);
  third = *&third;
  EXPECT_EQ(third.ToBinary(), product.SerializeAsString());
  EXPECT_EQ(third.size(), product.ByteSizeLong());
  EXPECT_EQ(*third.json(), R"({"title":"t"})");

  Product parsed;
  ASSERT_TRUE(third.ParseTo(&parsed));
  EXPECT_EQ(parsed.title(), "t");
  ListProductsResponse other;
  EXPECT_FALSE(third.ParseTo(&other));
}

TEST(EncodedMessage, ManyAlikeAreKeptAsTheyWere) {
  std::vector<EncodedMessage> messages;
  const auto product_of = [](int number) {
    Product product;
    product.set_name(absl::StrCat("products/", number));
    product.set_description("A vintage desk lamp made of walnut, for every day and for a present.");
    return product;
  };
  for (int i = 0; i < 2000; ++i) messages.emplace_back(product_of(i));
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(messages[i].ToBinary(), product_of(i).SerializeAsString());
}

TEST(EncodedMessage, ThreadsAgreeOnItsJson) {
  Product product;
  product.set_title("t");
  for (int round = 0; round < 200; ++round) {
    const EncodedMessage message(product);
    std::vector<std::shared_ptr<const std::string>> seen(4);
    std::vector<std::thread> threads;
    for (auto& json : seen) threads.emplace_back([&json, message] { json = message.json(); });
    for (auto& thread : threads) thread.join();
    for (const auto& json : seen) EXPECT_EQ(json, message.json());
  }
}

TEST(Reply, AListUsesTheJsonNameOfItsField) {
  catalog::v1::LookupProductsResponse rest;
  rest.add_missing_skus("a");
  Product product;
  product.set_title("t");
  const auto item = std::make_shared<EncodedMessage>(product);
  std::vector<const EncodedMessage*> items = {item.get()};
  const Reply reply = Reply::List(
      std::make_shared<EncodedList>(1, items, std::make_unique<catalog::v1::LookupProductsResponse>(rest)), item);
  EXPECT_EQ(*reply.ToJson(rest), R"({"products":[{"title":"t"}],"missingSkus":["a"]})");
}

TEST(Reply, WhatDoesNotFitIsInternal) {
  const Reply broken = Reply::FromBinary("\xff\xff");
  Product product;
  EXPECT_EQ(broken.ToMessage(&product).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(broken.ToJson(product).status().code(), absl::StatusCode::kInternal);
  product.mutable_create_time()->set_seconds(INT64_MAX);  // no RFC 3339 text
  const Reply encoded{EncodedMessage(product)};
  EXPECT_EQ(encoded.ToJson(product).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(encoded.ToBinary(), product.SerializeAsString());
}

}  // namespace
}  // namespace storeops::rpc
