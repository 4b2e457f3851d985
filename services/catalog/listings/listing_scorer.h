// Checks listings with what the database knows about them, and keeps the report on all of them up to date.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SCORER_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SCORER_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/changes/changes.h"
#include "common/resource/resource.h"
#include "services/catalog/channels/channel_service.h"
#include "services/catalog/listings/listing_quality.h"
#include "services/catalog/listings/listing_score_store.h"
#include "services/catalog/product_types/product_type_service.h"
#include "services/catalog/products/product_follower.h"

namespace storeops::catalog {

// The report follows the service's own change feed, so that writers do not wait for it. Every process follows; what one
// has done the others pass over.
class ListingScorer {
 public:
  // All outlive this object.
  ListingScorer(const resource::Store& store, resource::Resource& products, ProductFollower& memory,
                const ProductTypeService& types, const ChannelService& channels, telemetry::Telemetry* telemetry);
  ~ListingScorer() { Stop(); }

  void Start();
  void Stop();

  absl::StatusOr<ListingIssues> Check(const v1::Product& product, std::set<std::string> unreadable_media,
                                      absl::Time deadline);

 private:
  // By id; null: deleted.
  using Products = std::map<int64_t, std::unique_ptr<v1::Product>>;

  absl::Status Apply(const changes::Batch& batch);
  absl::Status Rebuild();
  // Changes of types and channels: their products are scored anew, in transactions of their own.
  absl::Status ScoreDependents(const changes::Batch& batch);
  absl::Status ScorePages(absl::FunctionRef<absl::StatusOr<std::vector<int64_t>>(int64_t after)> next_ids);
  // The products that these changes tell of.
  absl::StatusOr<Products> ChangedProducts(const changes::Batch& batch);
  absl::StatusOr<Products> ReadProducts(const std::vector<int64_t>& ids);

  // Writes what is known of these products now, and of those whose likeness to them began or ended.
  absl::Status Score(db::Session& session, const Products& products);
  absl::Status WriteIssues(db::Session& session, const Products& products);
  // In the order of the products; deleted ones have none.
  absl::StatusOr<std::vector<ListingIssues>> FindIssues(db::Session& session, const Products& products,
                                                        const std::set<std::string>& unreadable_media = {});
  absl::StatusOr<std::map<std::string, v1::ProductType>> ReadTypes(db::Session& session, const Products& products);
  absl::StatusOr<std::map<std::string, v1::Channel>> ReadChannels(const Products& products);

  // To be called after each step of work, which began at `start`.
  absl::Status Rest(absl::Time start);

  const resource::Store& store_;
  resource::Resource& products_;
  ProductFollower& memory_;
  const ProductTypeService& types_;
  const ChannelService& channels_;
  telemetry::Telemetry* const telemetry_;
  changes::Consumer::Apply advance_;  // scores a batch's products and moves the cursor
  // The feed's, when it was last looked at; used by the consumer's thread only.
  int64_t last_sequence_ = 0;
  absl::Time last_looked_ = absl::InfinitePast();
  std::unique_ptr<changes::Consumer> consumer_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SCORER_H_
