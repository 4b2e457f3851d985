// ResolvePrices against a bare server that answers the same bytes; how fast prices are written.
//   price_bench [STOREOPS] [PRODUCTS...]     default 10000 and 100000 products
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/money.h"
#include "storeops/catalog/v1/price_service.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/bench/bare_server.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/load.h"

namespace storeops::bench {
namespace {

using catalog::v1::PriceList;
using catalog::v1::ResolvePricesRequest;
using catalog::v1::ResolvePricesResponse;

constexpr char kService[] = "storeops.catalog.v1.PriceService";
constexpr int kLists = 50;
constexpr int kSkus = 1000;
constexpr int kAsked = 20;
constexpr int kBatch = 500;
constexpr int kRounds = 5;
constexpr absl::Duration kSlice = absl::Seconds(1);

class PriceBench {
 public:
  PriceBench(RunningSuite& suite, int64_t products) : suite_(suite), products_(products) {
    ReadSkus();
    for (int i = 0; i < kLists; ++i) MakeList(i);
  }

  void Run(Table& reads, Table& writes) {
    const double before_mb = ResidentMb(suite_.pid());
    const absl::Time start = absl::Now();
    for (const std::string& list : lists_) SetPrices(list);
    const double rate = kLists * skus_.size() / absl::ToDoubleSeconds(absl::Now() - start);
    suite_.AwaitQuiet();
    writes.Add({"SetPrices of 500, 1 caller", Thousands(products_), Thousands(rate),
                Fixed(ResidentMb(suite_.pid()) - before_mb, 1)});
    Resolve(reads, "ResolvePrices of 20 SKUs, 50 lists", ResolvePricesRequest(), ">= 0.5");
    Resolve(reads, "against a server that parses and serialises", ResolvePricesRequest(), "", "grpc messages");
    ResolvePricesRequest margin;
    margin.set_show_margin(true);
    Resolve(reads, "the same with margins", margin, "");
    ResolvePricesRequest explained;
    explained.set_explain(true);
    Resolve(reads, "the same, explained: 1,020 prices", explained, "");
  }

 private:
  void ReadSkus() {
    catalog::v1::ListProductsRequest request;
    request.set_page_size(500);
    while (skus_.size() < kSkus) {
      catalog::v1::ListProductsResponse page;
      OrFail(suite_.client().Call("storeops.catalog.v1.ProductService/ListProducts", request, &page));
      for (const auto& product : page.products()) {
        const auto& variant = product.variants(0);
        if (!variant.has_price() || skus_.size() == kSkus) continue;
        currency_ = variant.price().currency_code();
        skus_.push_back(variant.sku());
      }
      request.set_page_token(page.next_page_token());
      if (request.page_token().empty()) break;
    }
  }

  // Some for all, some for a channel or a group, some for a time, of several priorities and both policies.
  void MakeList(int i) {
    catalog::v1::CreatePriceListRequest request;
    PriceList& list = *request.mutable_price_list();
    list.set_title(absl::StrCat("List ", i));
    list.set_currency(currency_);
    list.set_priority(i % 5);
    if (i % 10 == 3) list.set_match_policy(PriceList::PRIORITY);
    if (i % 4 == 1) list.add_channels(absl::StrCat("channels/", i % 8));
    if (i % 4 == 2) list.add_customer_groups(absl::StrCat("group", i % 8));
    if (i % 7 == 0) list.mutable_end_time()->set_seconds(4'000'000'000);
    PriceList made;
    OrFail(suite_.client().Call(absl::StrCat(kService, "/CreatePriceList"), request, &made));
    lists_.push_back(made.name());
  }

  void SetPrices(const std::string& list) {
    for (size_t begin = 0; begin < skus_.size(); begin += kBatch) {
      catalog::v1::SetPricesRequest request;
      for (size_t i = begin; i < std::min(begin + kBatch, skus_.size()); ++i) {
        auto& price = *request.add_prices();
        price.set_price_list(list);
        price.set_sku(skus_[i]);
        *price.mutable_price() =
            MoneyFromMinor(static_cast<int64_t>(1000 + (i * 7919 + lists_.size()) % 500), currency_);
      }
      catalog::v1::SetPricesResponse response;
      OrFail(suite_.client().Call(absl::StrCat(kService, "/SetPrices"), request, &response));
    }
  }

  ResolvePricesRequest Ask(ResolvePricesRequest request, int64_t i) const {
    request.set_currency(currency_);
    request.set_channel("channels/1");
    request.set_customer_group("group2");
    for (int item = 0; item < kAsked; ++item) {
      request.add_items()->set_sku(skus_[(i * 7919 + item * 31) % skus_.size()]);
      request.mutable_items(item)->set_quantity(1);
    }
    return request;
  }

  void Resolve(Table& table, const std::string& what, const ResolvePricesRequest& shape, const std::string& wanted,
               const std::string& bare_kind = "grpc") {
    const std::string path = absl::StrCat("/", kService, "/ResolvePrices");
    const std::string authorization = absl::StrCat("Bearer ", suite_.key());
    ResolvePricesResponse answer;
    OrFail(suite_.client().Call(path.substr(1), Ask(shape, 0), &answer));
    const std::string bytes = answer.SerializeAsString();
    const BareServer bare(bare_kind, path, bytes);
    std::vector<std::string> requests;
    for (int64_t i = 0; i < 1000; ++i) requests.push_back(Ask(shape, i).SerializeAsString());
    const auto request = [&](int64_t i) { return requests[i % requests.size()]; };
    const Pair pair = MeasurePair(
        kRounds, [&] { return GrpcLoad(suite_.grpc_address(), path, authorization, request, kSlice); },
        [&] { return GrpcLoad(absl::StrCat("127.0.0.1:", bare.port()), path, authorization, request, kSlice); });
    table.Add({what, Thousands(products_), Thousands(static_cast<double>(bytes.size())), Thousands(pair.ours),
               Thousands(pair.limit), Fixed(pair.ratio, 2), wanted});
  }

  RunningSuite& suite_;
  const int64_t products_;
  std::string currency_;
  std::vector<std::string> skus_;
  std::vector<std::string> lists_;
};

void Main(int argc, char** argv) {
  Table reads({"read", "products", "bytes", "StoreOps /s", "bare server /s", "ratio", "wanted"});
  Table writes({"write", "products", "prices /s", "MB more in memory"});
  for (const Catalogue& catalogue : LoadCatalogues(argc, argv)) {
    PriceBench(*catalogue.suite, catalogue.products).Run(reads, writes);
  }
  reads.Print();
  writes.Print();
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  storeops::bench::ServeIfBare(argc, argv);
  storeops::bench::Main(argc, argv);
  return 0;
}
