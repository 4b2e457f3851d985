// What an edit of a product costs when 5,000 rule-based collections look at it, against the same edit with none; and
// how soon the collections know.
//   collection_bench [STOREOPS [PRODUCTS]]
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/longrunning/operations.pb.h"
#include "storeops/catalog/v1/bulk_update.pb.h"
#include "storeops/catalog/v1/collection_service.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/operations/v1/operations.pb.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/load.h"

namespace storeops::bench {
namespace {

constexpr char kUpdateProduct[] = "/storeops.catalog.v1.ProductService/UpdateProduct";
constexpr char kCollections[] = "storeops.catalog.v1.CollectionService/";
constexpr int kRules = 5000;
constexpr int kTags = 1000;
constexpr int kRounds = 7;
constexpr int kNews = 21;
constexpr int kBulkUpdates = 3;
constexpr double kWanted = 1.2;
constexpr absl::Duration kSlice = absl::Seconds(4);

// Of all sorts; one in 25 has nothing to be looked up by and is held against every product.
std::string Rule(int i) {
  const std::string tag = absl::StrCat("tags:tag-", i % kTags);
  switch (i % 25) {
    case 0:
      return absl::StrCat("price < \"", i % 97, " EUR\" AND title:\"*", i % 10, "*\"");
    case 1:
    case 2:
    case 3:
      return absl::StrCat("brand = \"Brand ", i % 300, "\" AND price >= \"", i % 50, " EUR\"");
    case 4:
    case 5:
      return absl::StrCat("attributes.size = ", i % 200, " OR attributes.hue = \"hue-", i % 100, "\"");
    case 6:
    case 7:
      return absl::StrCat("kind = GOODS AND age_days < ", i % 100, " AND (", tag, " OR tags:tag-", i * 7 % kTags, ")");
    default:
      return absl::StrCat(tag, " AND NOT title:\"*sample*\" AND price > \"", i % 3, " EUR\"");
  }
}

class CollectionBench {
 public:
  CollectionBench(RunningSuite& with, RunningSuite& without, int products) : with_(with), without_(without) {
    for (RunningSuite* suite : {&with_, &without_}) suite->Load(0, products);
    ReadNames(products);
    const absl::Time start = absl::Now();
    for (int i = 0; i < kRules; ++i) Create(Rule(i));
    watched_ = Create("tags:watched");
    with_.AwaitQuiet();
    without_.AwaitQuiet();
    ready_seconds_ = absl::ToDoubleSeconds(absl::Now() - start);
  }

  void Run(Table& table) {
    for (const int callers : {1, 8}) {
      const Pair pair =
          MeasurePair(kRounds, [&] { return Edits(with_, callers); }, [&] { return Edits(without_, callers); });
      table.Add({absl::StrCat("edits of products, ", callers, callers == 1 ? " caller" : " callers"),
                 absl::StrCat(Thousands(pair.ours), " /s"), absl::StrCat(Thousands(pair.limit), " /s"),
                 absl::StrCat(Fixed(1 / pair.ratio, 2), " times the cost"), absl::StrCat("<= ", Fixed(kWanted, 1))});
    }
    table.Add({"from an edit to its collection, at rest", absl::StrCat(Fixed(News() * 1000, 0), " ms"), "", "",
               "< 1,000 ms"});
    table.Add({"right after 4 s of edits by 8 callers", absl::StrCat(Fixed(NewsUnderLoad() * 1000, 0), " ms"), "", "",
               "< 1,000 ms"});
    table.Add(
        {"BulkUpdateProducts of all products", absl::StrCat(Thousands(BulkUpdates()), " products/s"), "", "", ""});
    table.Add({absl::StrCat("creating ", Thousands(kRules), " rules and applying them to all products"),
               absl::StrCat(Fixed(ready_seconds_, 1), " s"), "", "", ""});
  }

 private:
  void ReadNames(int products) {
    catalog::v1::ListProductsRequest request;
    request.set_page_size(500);
    do {
      catalog::v1::ListProductsResponse response;
      OrFail(with_.client().Call("storeops.catalog.v1.ProductService/ListProducts", request, &response));
      for (const auto& product : response.products()) names_.push_back(product.name());
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    if (names_.size() != static_cast<size_t>(products)) Fail("not all products are there");
  }

  std::string Create(const std::string& rule) {
    catalog::v1::CreateCollectionRequest request;
    request.mutable_collection()->set_title("Measured");
    request.mutable_collection()->set_rule(rule);
    catalog::v1::Collection collection;
    OrFail(with_.client().Call(absl::StrCat(kCollections, "CreateCollection"), request, &collection));
    return collection.name();
  }

  static catalog::v1::UpdateProductRequest Tagged(const std::string& name, const std::vector<std::string>& tags) {
    catalog::v1::UpdateProductRequest request;
    request.mutable_product()->set_name(name);
    request.mutable_product()->mutable_tags()->Assign(tags.begin(), tags.end());
    request.mutable_update_mask()->add_paths("tags");
    return request;
  }

  // Each gives a product two other tags, so that it leaves some collections and comes to others.
  double Edits(RunningSuite& suite, int callers) {
    const double rate = Load(suite, callers);
    suite.AwaitQuiet();
    return rate;
  }
  double Load(RunningSuite& suite, int callers) {
    const auto request = [this](int64_t) {
      const int64_t i = next_++;
      const int64_t product = i % static_cast<int64_t>(names_.size());
      const int64_t tag = product + i / static_cast<int64_t>(names_.size()) * 13;
      return Tagged(names_[product], {absl::StrCat("tag-", tag % kTags), absl::StrCat("tag-", (tag + 1) % kTags)})
          .SerializeAsString();
    };
    return GrpcLoad(suite.grpc_address(), kUpdateProduct, absl::StrCat("Bearer ", suite.key()), request, kSlice,
                    callers);
  }

  // Seconds until a product that gets the watched tag now is in the watched collection.
  double AwaitNews(const std::string& name) {
    catalog::v1::Product product;
    OrFail(with_.client().Call(kUpdateProduct + 1, Tagged(name, {"watched"}), &product));
    const absl::Time start = absl::Now();
    catalog::v1::ListProductCollectionsRequest request;
    request.set_product(name);
    request.set_page_size(500);
    while (absl::Now() - start < absl::Minutes(1)) {
      catalog::v1::ListProductCollectionsResponse response;
      OrFail(with_.client().Call(absl::StrCat(kCollections, "ListProductCollections"), request, &response));
      for (const auto& collection : response.collections()) {
        if (collection.name() == watched_) return absl::ToDoubleSeconds(absl::Now() - start);
      }
    }
    Fail("the collection never heard of it");
  }
  double News() {
    std::vector<double> seconds;
    for (int i = 0; i < kNews; ++i) {
      seconds.push_back(AwaitNews(names_[i]));
      absl::SleepFor(absl::Milliseconds(200));
    }
    return Median(seconds);
  }
  double NewsUnderLoad() {
    std::vector<double> seconds;
    for (int i = 0; i < 3; ++i) {
      Load(with_, 8);
      seconds.push_back(AwaitNews(names_[kNews + i]));
      with_.AwaitQuiet();
    }
    return Median(seconds);
  }

  // Products per second, from the request to its end.
  double BulkUpdates() {
    std::vector<double> rates;
    for (int i = 0; i < kBulkUpdates; ++i) {
      catalog::v1::BulkUpdateProductsRequest request;
      request.set_filter("create_time:*");
      request.add_add_tags(absl::StrCat("bulk-", i));
      const absl::Time start = absl::Now();
      google::longrunning::Operation operation;
      OrFail(with_.client().Call("storeops.catalog.v1.ProductService/BulkUpdateProducts", request, &operation));
      operations::v1::WaitOperationRequest wait;
      wait.set_name(operation.name());
      wait.mutable_timeout()->set_seconds(25);
      while (!operation.done()) {
        OrFail(with_.client().Call("storeops.operations.v1.OperationService/WaitOperation", wait, &operation));
      }
      catalog::v1::BulkUpdateProductsResponse response;
      if (!operation.response().UnpackTo(&response)) Fail("the bulk update failed");
      if (response.updated() != static_cast<int64_t>(names_.size())) Fail("not all products were updated");
      rates.push_back(static_cast<double>(response.updated()) / absl::ToDoubleSeconds(absl::Now() - start));
      with_.AwaitQuiet();
    }
    return Median(rates);
  }

  RunningSuite& with_;
  RunningSuite& without_;
  std::vector<std::string> names_;
  std::string watched_;
  std::atomic<int64_t> next_{0};
  double ready_seconds_ = 0;
};

void Main(int argc, char** argv) {
  int products = 2000;
  if (argc > 2 && (!absl::SimpleAtoi(argv[2], &products) || products < 100)) Fail("a number of products is wanted");
  RunningSuite with(StoreopsProgram(argc, argv)), without(StoreopsProgram(argc, argv));
  Table table({"collections", absl::StrCat("with ", Thousands(kRules), " rules"), "with none", "", "wanted"});
  CollectionBench(with, without, products).Run(table);
  table.Print();
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  storeops::bench::Main(argc, argv);
  return 0;
}
