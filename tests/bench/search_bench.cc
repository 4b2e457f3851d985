// SearchProducts with words that people type, in English and Chinese: 20 results and all facets each.
//   search_bench [STOREOPS [PRODUCTS...]]     default 10000 and 100000 products
// The server keeps no answers: a search that comes again costs as much as the first time.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/load.h"

namespace storeops::bench {
namespace {

using catalog::v1::SearchProductsRequest;

constexpr char kSearchProducts[] = "/storeops.catalog.v1.ProductService/SearchProducts";
constexpr int kRounds = 5;
constexpr absl::Duration kSlice = absl::Seconds(2);
constexpr double kWanted = 2000;
constexpr double kTimesSlower = 2;

// Searches of one kind; each of its requests is as frequent as any other of the mix.
struct Kind {
  std::string name;
  std::vector<SearchProductsRequest> requests;
};

SearchProductsRequest Search(const std::string& words) {
  SearchProductsRequest request;
  request.set_query(words);
  request.set_page_size(20);
  for (const char* facet : {"brand", "tag", "kind"}) request.add_facets(facet);
  return request;
}

Kind Words(const std::string& name, std::initializer_list<const char*> queries) {
  Kind kind{name, {}};
  for (const char* query : queries) kind.requests.push_back(Search(query));
  return kind;
}

Kind Filtered() {
  Kind kind{"filters and sorts", {}};
  auto brand = Search("lamp");
  brand.mutable_filter()->add_brands("Kestrel");
  auto cheap = Search("茶壶");
  cheap.mutable_filter()->set_currency("EUR");
  cheap.mutable_filter()->set_max_price_minor(3000);
  cheap.set_order(SearchProductsRequest::PRICE_LOW_FIRST);
  auto sale = Search("");
  sale.mutable_filter()->add_tags("sale");
  sale.set_order(SearchProductsRequest::NEWEST_FIRST);
  auto services = Search("");
  services.mutable_filter()->set_kind(catalog::v1::Product::SERVICE);
  services.set_order(SearchProductsRequest::TITLE);
  kind.requests = {brand, cheap, sale, services};
  return kind;
}

std::vector<Kind> Mix() {
  return {
      Words("one word", {"umbrella", "notebook", "cushion", "leather", "candle"}),
      Words("several words", {"bamboo mug", "wool scarf", "glass vase", "travel backpack", "nordic walnut clock"}),
      Words("the beginning of a word", {"umb", "noteb", "ceramic tea", "stainless wat"}),
      Words("Chinese words", {"茶壶", "马克杯", "北欧台灯", "羊毛围巾", "陶瓷 花瓶", "礼品包装"}),
      Words("one Chinese character", {"杯", "竹", "灯"}),
      Words("phrases, exclusions, numbers", {"\"water bottle\"", "teapot -ceramic", "mug 4711"}),
      Words("misspelt", {"umbrela", "lether bag"}),
      Filtered(),
  };
}

std::vector<std::string> Bytes(const std::vector<SearchProductsRequest>& requests) {
  std::vector<std::string> bytes;
  for (const auto& request : requests) bytes.push_back(request.SerializeAsString());
  return bytes;
}

double Rate(const Catalogue& catalogue, const std::vector<std::string>& requests, absl::Duration slice) {
  return GrpcLoad(
      catalogue.suite->grpc_address(), kSearchProducts, absl::StrCat("Bearer ", catalogue.suite->key()),
      [&](int64_t i) { return requests[i % requests.size()]; }, slice);
}

// All catalogues in turn; each is compared with the first in the same round.
void MeasureMix(Table& table, const std::vector<Catalogue>& catalogues, const std::vector<std::string>& requests) {
  std::vector<std::vector<double>> rates(catalogues.size()), times_slower(catalogues.size());
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < catalogues.size(); ++i) {
      rates[i].push_back(Rate(catalogues[i], requests, kSlice));
      times_slower[i].push_back(rates[0].back() / rates[i].back());
    }
  }
  for (size_t i = 0; i < catalogues.size(); ++i) {
    table.Add({"all kinds in turn", Thousands(static_cast<double>(catalogues[i].products)), Thousands(Median(rates[i])),
               Fixed(Median(times_slower[i]), 2),
               i == 0 ? absl::StrCat(">= ", Thousands(kWanted), " /s")
                      : absl::StrCat("<= ", Fixed(kTimesSlower, 0), " times slower")});
  }
}

void MeasureKind(Table& table, const std::vector<Catalogue>& catalogues, const Kind& kind) {
  const std::vector<std::string> requests = Bytes(kind.requests);
  double first = 0;
  for (const Catalogue& catalogue : catalogues) {
    const double rate = Rate(catalogue, requests, kSlice / 2);
    if (first == 0) first = rate;
    table.Add(
        {kind.name, Thousands(static_cast<double>(catalogue.products)), Thousands(rate), Fixed(first / rate, 2), ""});
  }
}

void Main(int argc, char** argv) {
  const std::vector<Catalogue> catalogues = LoadCatalogues(argc, argv);
  Table table({"search", "products", "/s", "times slower", "wanted"});
  const std::vector<Kind> mix = Mix();
  std::vector<SearchProductsRequest> all;
  for (const Kind& kind : mix) all.insert(all.end(), kind.requests.begin(), kind.requests.end());
  MeasureMix(table, catalogues, Bytes(all));
  for (const Kind& kind : mix) MeasureKind(table, catalogues, kind);
  table.Print();
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  storeops::bench::Main(argc, argv);
  return 0;
}
