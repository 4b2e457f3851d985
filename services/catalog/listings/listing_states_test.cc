#include "services/catalog/listings/listing_states.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/time.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/options/v1/options.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif

namespace storeops::catalog {
namespace {

using v1::Product;

constexpr ListingAction kActions[] = {ListingAction::kSubmit,  ListingAction::kApprove,   ListingAction::kReject,
                                      ListingAction::kPublish, ListingAction::kUnpublish, ListingAction::kArchive,
                                      ListingAction::kRestore};

// Written down by itself: where each action leads from each state, "-" for nowhere, in the order of kActions.
const std::map<std::string, std::string> kMatrix = {
    {"DRAFT", "IN_REVIEW - - - - ARCHIVED -"},
    {"IN_REVIEW", "- APPROVED DRAFT - - ARCHIVED -"},
    {"APPROVED", "- - DRAFT PUBLISHED - ARCHIVED -"},
    {"PUBLISHED", "- - - - APPROVED ARCHIVED -"},
    {"ARCHIVED", "- - - - - - DRAFT"},
};

Product ProductIn(Product::State state) {
  Product product;
  product.set_name("products/7");
  product.set_state(state);
  return product;
}

TEST(ListingStatesTest, EveryActionFromEveryState) {
  for (int state = Product::DRAFT; state <= Product::ARCHIVED; ++state) {
    const auto from = static_cast<Product::State>(state);
    std::vector<std::string> reached;
    for (const ListingAction action : kActions) {
      const auto transition = FindTransition(ProductIn(from), action);
      if (transition.ok()) {
        EXPECT_EQ(transition->from, from);
        reached.push_back(Product::State_Name(transition->to));
      } else {
        EXPECT_EQ(transition.status().code(), absl::StatusCode::kFailedPrecondition);
        reached.push_back("-");
      }
    }
    EXPECT_EQ(absl::StrJoin(reached, " "), kMatrix.at(Product::State_Name(from))) << Product::State_Name(from);
  }
}

TEST(ListingStatesTest, EachStateAndActionHasOneTransitionAtMost) {
  std::set<std::pair<int, ListingAction>> seen;
  for (const ListingTransition& transition : ListingTransitions()) {
    EXPECT_TRUE(seen.insert({transition.from, transition.action}).second) << ActionName(transition.action);
  }
}

TEST(ListingStatesTest, ARefusalSaysWhatIsAllowed) {
  const absl::Status refusal = FindTransition(ProductIn(Product::APPROVED), ListingAction::kSubmit).status();
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(refusal, &info));
  EXPECT_EQ(info.reason(), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(info.metadata().at("state"), "APPROVED");
  EXPECT_EQ(info.metadata().at("allowed_actions"), "RejectProduct, PublishProduct, ArchiveProduct");
}

// Who may call an action at all, so that nobody is let in by the one and refused by the other.
TEST(ListingStatesTest, RpcsDemandTheLeastThatTheirTransitionsDo) {
  const auto* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("storeops.catalog.v1.ProductService");
  ASSERT_NE(service, nullptr);
  for (const ListingAction action : kActions) {
    const auto* method = service->FindMethodByName(std::string(ActionName(action)));
    ASSERT_NE(method, nullptr) << ActionName(action);
    const std::string demanded = method->options().GetExtension(options::v1::access).permission();
    bool found = false;
    for (const ListingTransition& transition : ListingTransitions()) {
      found |= transition.action == action && transition.permission == demanded;
    }
    EXPECT_TRUE(found) << ActionName(action) << " demands " << demanded;
  }
}

TEST(ListingStatesTest, StatesKeepTheirOwnTimesAndReasons) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  Product product = ProductIn(Product::APPROVED);
  EnterState(*FindTransition(product, ListingAction::kPublish), now, product);
  EXPECT_EQ(FromTimestamp(product.publish_time()), now);
  product.add_schedule()->set_action(v1::ScheduledChange::UNPUBLISH);
  auto& listing = *product.add_channel_listings();
  listing.set_channel("channels/1");
  listing.set_status(v1::ChannelListing::PUBLISHED);
  EnterState(*FindTransition(product, ListingAction::kArchive), now, product);
  EXPECT_FALSE(product.has_publish_time());
  EXPECT_EQ(product.schedule_size(), 0);
  EXPECT_EQ(product.channel_listings(0).status(), v1::ChannelListing::HIDDEN);

  product.mutable_rejection()->set_reviewer("users/1");
  EnterState(*FindTransition(product, ListingAction::kRestore), now, product);
  EXPECT_TRUE(product.has_rejection());
  EnterState(*FindTransition(product, ListingAction::kSubmit), now, product);
  EXPECT_FALSE(product.has_rejection());
}

}  // namespace
}  // namespace storeops::catalog
