// Products on their way through the listing workflow, for tests.
#ifndef STOREOPS_TESTS_SUPPORT_LISTING_CALLS_H_
#define STOREOPS_TESTS_SUPPORT_LISTING_CALLS_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "storeops/catalog/v1/channel_service.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/catalog_calls.h"

namespace storeops::testing {

// One that may be published.
inline catalog::v1::Product PricedProduct(const std::string& sku, const std::string& title = "Mug") {
  catalog::v1::Product product = MakeProduct(sku, title);
  product.mutable_variants(0)->mutable_price()->set_currency_code("EUR");
  product.mutable_variants(0)->mutable_price()->set_units(12);
  return product;
}

// Any action whose request needs a name only: `Do<SubmitProductRequest>(process, "SubmitProduct", name)`.
template <class Request>
absl::StatusOr<catalog::v1::Product> Do(ServiceProcess& process, const std::string& method, const std::string& name) {
  Request request;
  request.set_name(name);
  return process.Call<catalog::v1::Product>(method, request);
}

inline absl::StatusOr<catalog::v1::Product> Reject(ServiceProcess& process, const std::string& name) {
  catalog::v1::RejectProductRequest request;
  request.set_name(name);
  auto* reason = request.add_reasons();
  reason->set_code(catalog::v1::RejectionReason::TEXT);
  reason->set_text("Say what it is made of.");
  return process.Call<catalog::v1::Product>("RejectProduct", request);
}

// The action of this name, "SubmitProduct".
inline absl::StatusOr<catalog::v1::Product> DoByName(ServiceProcess& process, const std::string& action,
                                                     const std::string& name) {
  if (action == "SubmitProduct") return Do<catalog::v1::SubmitProductRequest>(process, action, name);
  if (action == "ApproveProduct") return Do<catalog::v1::ApproveProductRequest>(process, action, name);
  if (action == "RejectProduct") return Reject(process, name);
  if (action == "PublishProduct") return Do<catalog::v1::PublishProductRequest>(process, action, name);
  if (action == "UnpublishProduct") return Do<catalog::v1::UnpublishProductRequest>(process, action, name);
  if (action == "ArchiveProduct") return Do<catalog::v1::ArchiveProductRequest>(process, action, name);
  return Do<catalog::v1::RestoreProductRequest>(process, action, name);
}

// Takes these actions in turn; the product after the last.
inline catalog::v1::Product DoAll(ServiceProcess& process, const std::string& name,
                                  const std::vector<std::string>& actions) {
  catalog::v1::Product product;
  for (const std::string& action : actions) {
    auto done = DoByName(process, action, name);
    EXPECT_TRUE(done.ok()) << action << ": " << done.status();
    if (done.ok()) product = *std::move(done);
  }
  return product;
}

// Actions that lead from a new product to a state.
inline std::vector<std::string> WayTo(catalog::v1::Product::State state) {
  switch (state) {
    case catalog::v1::Product::IN_REVIEW:
      return {"SubmitProduct"};
    case catalog::v1::Product::APPROVED:
      return {"SubmitProduct", "ApproveProduct"};
    case catalog::v1::Product::PUBLISHED:
      return {"SubmitProduct", "ApproveProduct", "PublishProduct"};
    case catalog::v1::Product::ARCHIVED:
      return {"ArchiveProduct"};
    default:
      return {};
  }
}

inline catalog::v1::Product CreateIn(ServiceProcess& process, catalog::v1::Product::State state,
                                     const std::string& sku) {
  const auto product = CreateProduct(process, PricedProduct(sku));
  EXPECT_TRUE(product.ok()) << product.status();
  if (!product.ok() || state == catalog::v1::Product::DRAFT) return product.value_or(catalog::v1::Product());
  return DoAll(process, product->name(), WayTo(state));
}

inline catalog::v1::Product Get(ServiceProcess& process, const std::string& name) {
  catalog::v1::GetProductRequest request;
  request.set_name(name);
  const auto product = process.Call<catalog::v1::Product>("GetProduct", request);
  EXPECT_TRUE(product.ok()) << product.status();
  return product.value_or(catalog::v1::Product());
}

inline std::string CreateChannel(ServiceProcess& process, const std::string& title,
                                 const std::vector<std::string>& languages = {}) {
  catalog::v1::CreateChannelRequest request;
  request.mutable_channel()->set_title(title);
  request.mutable_channel()->set_kind(catalog::v1::Channel::MARKETPLACE);
  request.mutable_channel()->set_currency("EUR");
  for (const std::string& language : languages) request.mutable_channel()->add_languages(language);
  const auto channel = process.Call<catalog::v1::Channel>("ChannelService/CreateChannel", request);
  EXPECT_TRUE(channel.ok()) << channel.status();
  return channel.ok() ? channel->name() : "";
}

inline catalog::v1::ScheduledChange ChangeAt(absl::Time time, catalog::v1::ScheduledChange::Action action,
                                             const std::string& channel = "") {
  catalog::v1::ScheduledChange change;
  change.set_action(action);
  *change.mutable_time() = ToTimestamp(time);
  change.set_channel(channel);
  return change;
}

inline absl::StatusOr<catalog::v1::Product> Schedule(ServiceProcess& process, const std::string& name,
                                                     const std::vector<catalog::v1::ScheduledChange>& changes) {
  catalog::v1::ScheduleProductRequest request;
  request.set_name(name);
  request.mutable_changes()->Assign(changes.begin(), changes.end());
  return process.Call<catalog::v1::Product>("ScheduleProduct", request);
}

// The product's history, newest first.
inline std::vector<changes::v1::HistoryEntry> History(ServiceProcess& process, const std::string& name) {
  std::vector<changes::v1::HistoryEntry> entries;
  catalog::v1::ListProductHistoryRequest request;
  request.set_name(name);
  request.set_page_size(500);
  do {
    const auto page = process.Call<catalog::v1::ListProductHistoryResponse>("ListProductHistory", request);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) break;
    entries.insert(entries.end(), page->entries().begin(), page->entries().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return entries;
}

// How often a product's state became this.
inline int TimesEntered(ServiceProcess& process, const std::string& name, const std::string& state) {
  int times = 0;
  for (const auto& entry : History(process, name)) {
    for (const auto& change : entry.changes()) {
      times += change.field() == "state" && change.new_value() == "\"" + state + "\"";
    }
  }
  return times;
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_LISTING_CALLS_H_
