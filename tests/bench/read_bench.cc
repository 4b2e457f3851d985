// Reads through every door against bare servers that answer the same bytes; list pages by depth.
//   read_bench [STOREOPS] [PRODUCTS...]     default 10000 and 100000 products
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/bench/bare_server.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/load.h"

namespace storeops::bench {
namespace {

using catalog::v1::GetProductRequest;
using catalog::v1::ListProductsRequest;
using catalog::v1::ListProductsResponse;
using catalog::v1::Product;

constexpr char kService[] = "storeops.catalog.v1.ProductService";
constexpr char kListProducts[] = "storeops.catalog.v1.ProductService/ListProducts";
constexpr int kRounds = 5;
constexpr absl::Duration kSlice = absl::Seconds(1);

std::vector<std::string> Row(const std::string& what, int64_t products, const Pair& pair, double wanted) {
  return {what,
          Thousands(products),
          Thousands(pair.ours),
          Thousands(pair.limit),
          Fixed(pair.ratio, 2),
          absl::StrCat(">= ", Fixed(wanted, 1))};
}

class ReadBench {
 public:
  ReadBench(RunningSuite& suite, int64_t products) : suite_(suite), products_(products) {
    authorization_ = absl::StrCat("Bearer ", suite_.key());
    names_ = FirstNames(1000);
    get_.set_name(names_.front());
    list_.set_page_size(20);
  }

  void Run(Table& doors) {
    Product product;
    ListProductsResponse page;
    OrFail(suite_.client().Call(absl::StrCat(kService, "/GetProduct"), get_, &product));
    OrFail(suite_.client().Call(absl::StrCat(kService, "/ListProducts"), list_, &page));
    Grpc(doors, "GetProduct, gRPC", "GetProduct", product.SerializeAsString(), true);
    Grpc(doors, "ListProducts of 20, gRPC", "ListProducts", page.SerializeAsString(), false);
    Http(doors, "GetProduct, Connect JSON", [this](int64_t i) { return ConnectJsonGet(i); });
    Http(doors, "GetProduct, Connect binary", [this](int64_t i) { return ConnectBinaryGet(i); });
    Http(doors, "GetProduct, REST", [this](int64_t i) { return RestGet(i); });
    Http(doors, "ListProducts of 20, Connect JSON", [this](int64_t) {
      return HttpPost(absl::StrCat("/", kService, "/ListProducts"), "application/json", "{\"pageSize\":20}",
                      authorization_);
    });
    Http(doors, "ListProducts of 20, Connect binary", [this](int64_t) {
      return HttpPost(absl::StrCat("/", kService, "/ListProducts"), "application/proto", list_.SerializeAsString(),
                      authorization_);
    });
    Http(doors, "ListProducts of 20, REST",
         [this](int64_t) { return HttpGet("/v1/products?pageSize=20", authorization_); });
  }

 private:
  std::vector<std::string> FirstNames(int count) {
    ListProductsRequest request;
    request.set_page_size(500);
    std::vector<std::string> names;
    while (static_cast<int>(names.size()) < count) {
      ListProductsResponse page;
      OrFail(suite_.client().Call(absl::StrCat(kService, "/ListProducts"), request, &page));
      for (const Product& product : page.products()) names.push_back(product.name());
      request.set_page_token(page.next_page_token());
      if (request.page_token().empty()) break;
    }
    return names;
  }

  GetProductRequest Get(int64_t i) const {
    GetProductRequest request;
    request.set_name(names_[i * 7919 % names_.size()]);
    return request;
  }
  std::string ConnectJsonGet(int64_t i) const {
    return HttpPost(absl::StrCat("/", kService, "/GetProduct"), "application/json",
                    absl::StrCat("{\"name\":\"", Get(i).name(), "\"}"), authorization_);
  }
  std::string ConnectBinaryGet(int64_t i) const {
    return HttpPost(absl::StrCat("/", kService, "/GetProduct"), "application/proto", Get(i).SerializeAsString(),
                    authorization_);
  }
  std::string RestGet(int64_t i) const { return HttpGet(absl::StrCat("/v1/", Get(i).name()), authorization_); }

  void Grpc(Table& table, const std::string& what, const std::string& method, const std::string& answer, bool get) {
    const std::string path = absl::StrCat("/", kService, "/", method);
    const BareServer bare("grpc", path, answer);
    const auto request = [&](int64_t i) { return get ? Get(i).SerializeAsString() : list_.SerializeAsString(); };
    const Pair pair = MeasurePair(
        kRounds, [&] { return GrpcLoad(suite_.grpc_address(), path, authorization_, request, kSlice); },
        [&] { return GrpcLoad(absl::StrCat("127.0.0.1:", bare.port()), path, authorization_, request, kSlice); });
    table.Add(Row(what, products_, pair, 0.8));
  }

  void Http(Table& table, const std::string& what, const std::function<std::string(int64_t)>& request) {
    const std::string type = absl::StrContains(what, "binary") ? "application/proto" : "application/json";
    const BareServer bare("http", type, HttpOnce(suite_.http_port(), request(0)));
    const Pair pair = MeasurePair(
        kRounds, [&] { return HttpLoad(suite_.http_port(), request, kSlice); },
        [&] { return HttpLoad(bare.port(), request, kSlice); });
    table.Add(Row(what, products_, pair, 0.4));
  }

  RunningSuite& suite_;
  const int64_t products_;
  std::string authorization_;
  std::vector<std::string> names_;
  GetProductRequest get_;
  ListProductsRequest list_;
};

// One page of a list, at some depth.
class ListPage {
 public:
  ListPage(RunningSuite& suite, const std::string& order_by, int depth) : suite_(suite) {
    request_.set_page_size(9);  // so that a thousand pages fit into 10,000 products
    request_.set_order_by(order_by);
    for (int page = 1; page < depth; ++page) {
      ListProductsResponse response;
      OrFail(suite_.client().Call(kListProducts, request_, &response));
      if (response.next_page_token().empty()) Fail(absl::StrCat("there is no page ", depth));
      request_.set_page_token(response.next_page_token());
    }
  }

  // Requests per second.
  double Rate() const {
    const std::string path = absl::StrCat("/", kListProducts);
    const std::string authorization = absl::StrCat("Bearer ", suite_.key());
    return GrpcLoad(
        suite_.grpc_address(), path, authorization, [bytes = request_.SerializeAsString()](int64_t) { return bytes; },
        kSlice);
  }

 private:
  RunningSuite& suite_;
  ListProductsRequest request_;
};

// All pages are asked for in turn; each is compared with the first page of the smallest catalogue in the same round.
void MeasureDepth(Table& table, const std::string& what, const std::string& order_by, std::vector<Catalogue>& all) {
  std::vector<ListPage> pages;
  for (const Catalogue& catalogue : all) {
    for (const int depth : {1, 1000}) pages.emplace_back(*catalogue.suite, order_by, depth);
  }
  std::vector<std::vector<double>> rates(pages.size()), times_slower(pages.size());
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < pages.size(); ++i) {
      rates[i].push_back(pages[i].Rate());
      times_slower[i].push_back(rates[0].back() / rates[i].back());
    }
  }
  for (size_t i = 0; i < all.size(); ++i) {
    const size_t first = 2 * i, deep = first + 1;
    table.Add({what, Thousands(static_cast<double>(all[i].products)), Thousands(Median(rates[first])),
               Thousands(Median(rates[deep])), Fixed(Median(times_slower[first]), 2),
               Fixed(Median(times_slower[deep]), 2), "<= 1.3"});
  }
}

void Main(int argc, char** argv) {
  Table doors({"read", "products", "StoreOps /s", "bare server /s", "ratio", "wanted"});
  Table depth({"page of a list", "products", "page 1 /s", "page 1,000 /s", "page 1: times slower",
               "page 1,000: times slower", "wanted"});
  std::vector<Catalogue> catalogues = LoadCatalogues(argc, argv);
  for (const Catalogue& catalogue : catalogues) ReadBench(*catalogue.suite, catalogue.products).Run(doors);
  MeasureDepth(depth, "in the order of creation", "", catalogues);
  MeasureDepth(depth, "by title", "title", catalogues);
  doors.Print();
  depth.Print();
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  storeops::bench::ServeIfBare(argc, argv);
  storeops::bench::Main(argc, argv);
  return 0;
}
