// The error model of docs/api-conventions.md: whatever way a call comes, its error has the same code, reason, text and
// details, and over HTTP the right status.
#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/rpc/rate_limiter.h"
#include "google/protobuf/any.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/catalog/module.h"
#include "services/gateway/identity/api_keys.h"
#include "services/gateway/module.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/four_ways.h"
#include "tests/support/http_process.h"
#include "tests/support/service_process.h"

namespace storeops::testing {
namespace {

using absl::StatusCode;

constexpr char kProductMethods[] = "storeops.catalog.v1.ProductService/";
constexpr char kIdentityMethods[] = "storeops.gateway.v1.IdentityService/";

// "BadRequest(product.title)": what a detail says that programs go by.
std::string Summary(const google::protobuf::Any& detail) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::ResourceInfo resource;
  google::rpc::PreconditionFailure failure;
  google::rpc::RetryInfo retry;
  if (detail.UnpackTo(&info)) {
    std::string text = absl::StrCat("ErrorInfo(", info.domain(), " ", info.reason());
    const std::map<std::string, std::string> sorted(info.metadata().begin(), info.metadata().end());
    for (const auto& [key, value] : sorted) absl::StrAppend(&text, " ", key, "=", value);
    return text + ")";
  }
  if (detail.UnpackTo(&bad_request)) {
    const auto append_field = [](std::string* out, const auto& violation) { out->append(violation.field()); };
    return absl::StrCat("BadRequest(", absl::StrJoin(bad_request.field_violations(), ",", append_field), ")");
  }
  if (detail.UnpackTo(&resource)) {
    return absl::StrCat("ResourceInfo(", resource.resource_type(), " ", resource.resource_name(), ")");
  }
  if (detail.UnpackTo(&failure)) {
    return absl::StrCat("PreconditionFailure(", failure.violations(0).type(), " ", failure.violations(0).subject(),
                        ")");
  }
  if (detail.UnpackTo(&retry)) return absl::StrCat("RetryInfo(", retry.retry_delay().seconds(), "s)");
  return detail.type_url();
}

std::string Details(const absl::Status& status, const std::function<std::string(const google::protobuf::Any&)>& print) {
  std::vector<std::string> texts;
  const google::rpc::Status proto = ToRpcStatus(status);
  for (const auto& detail : proto.details()) texts.push_back(print(detail));
  std::sort(texts.begin(), texts.end());
  return absl::StrJoin(texts, " ");
}

// Everything that the caller can see, fields in a fixed order.
std::string Whole(const absl::Status& status) {
  return absl::StrCat(status.message(), "\n", Details(status, [](const auto& detail) { return detail.DebugString(); }));
}

struct Expected {
  StatusCode code;
  int http;
  std::string details;
  bool texts_differ = false;  // the text counts bytes, of which each way has its own number
};

void ExpectAllWays(FourWays& ways, const ApiCall& call, const Expected& expected) {
  const std::vector<ShownError> errors = ways.Ask(call);
  for (const ShownError& error : errors) {
    SCOPED_TRACE(absl::StrCat(call.method, " ", expected.details, " by ", error.way));
    EXPECT_EQ(error.status.code(), expected.code) << error.status;
    EXPECT_EQ(Details(error.status, Summary), expected.details);
    if (!expected.texts_differ) {
      EXPECT_EQ(Whole(error.status), Whole(errors[0].status));
    }
    if (error.http.status == 0) continue;
    EXPECT_EQ(error.http.status, expected.http);
    EXPECT_EQ(error.http.Header("www-authenticate"), expected.http == 401 ? "Bearer" : "");
    google::rpc::RetryInfo retry;
    const bool retriable = GetDetail(error.status, &retry);
    EXPECT_EQ(error.http.Header("retry-after"), retriable ? absl::StrCat(retry.retry_delay().seconds()) : "");
  }
}

// The real services on a real database, at a time that stands still.
class ErrorsOfTheServices : public ::testing::Test {
 protected:
  ApiCall AsOwner(ApiCall call) const {
    call.authorization = owner_;
    return call;
  }
  ApiCall Create(const std::string& product, const std::string& request_id = "") const {
    return AsOwner({absl::StrCat(kProductMethods, "CreateProduct"),
                    absl::StrCat(R"({"product":)", product, R"(,"requestId":")", request_id, "\"}"), "POST",
                    absl::StrCat("/v1/products", request_id.empty() ? "" : "?requestId=", request_id), product, ""});
  }
  ApiCall Get(const std::string& authorization, const std::string& name = "products/77") const {
    return {absl::StrCat(kProductMethods, "GetProduct"),
            absl::StrCat(R"({"name":")", name, "\"}"),
            "GET",
            "/v1/" + name,
            "",
            authorization};
  }
  // Without REST's own rules for where a field goes.
  static ApiCall Post(const std::string& method, const std::string& target, const std::string& json) {
    return {method, json, "POST", target, json, ""};
  }
  // Makes what the rows are about. Returns the product's name.
  std::string MakeProduct(const std::string& sku, const std::string& request_id) {
    catalog::v1::CreateProductRequest request;
    request.mutable_product()->set_title("Cup");
    request.mutable_product()->add_variants()->set_sku(sku);
    request.set_request_id(request_id);
    catalog::v1::Product product;
    const absl::Status made = process_.Call(absl::StrCat(kProductMethods, "CreateProduct"), owner_, request, &product);
    EXPECT_TRUE(made.ok()) << made;
    return product.name();
  }

  FakeClock clock_;
  const Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule(), gateway::GatewayModule()}, {.clock = &clock_}};
  FourWays ways_{process_.table(), process_.pipeline()};
  const std::string owner_ = process_.Bearer("users/1", {"*"});
};

TEST_F(ErrorsOfTheServices, TellWhatToMend) {
  const std::string cup = MakeProduct("CUP-1", "first");
  ExpectAllWays(ways_, Create(R"({"title":"","variants":[{"sku":""}],"kind":"GOODS"})"),
                {StatusCode::kInvalidArgument, 400,
                 "BadRequest(product.title,product.variants[0].sku) ErrorInfo(storeops INVALID_FIELDS)"});
  ExpectAllWays(ways_, Create(R"({"title":"\u200b","brand":"a\u0000b","variants":[{"sku":"A"}]})"),
                {StatusCode::kInvalidArgument, 400,
                 "BadRequest(product.title,product.brand) ErrorInfo(storeops INVALID_FIELDS)"});
  ExpectAllWays(ways_,
                AsOwner(Post(absl::StrCat(kProductMethods, "BatchCreateProducts"), "/v1/products:batchCreate",
                             R"({"requests":[{"product":{"title":"a","variants":[{"sku":"A"}]}},{"product":{}}]})")),
                {StatusCode::kInvalidArgument, 400,
                 "BadRequest(requests[1].product.title,requests[1].product.variants) "
                 "ErrorInfo(storeops INVALID_FIELDS)"});
  ExpectAllWays(ways_, Create(R"({"title":"Saucer","variants":[{"sku":"SAUCER-1"}]})", "first"),
                {StatusCode::kInvalidArgument, 400, "BadRequest(request_id) ErrorInfo(storeops REQUEST_ID_REUSED)"});
  ExpectAllWays(ways_, Get(owner_),
                {StatusCode::kNotFound, 404,
                 "ErrorInfo(storeops RESOURCE_NOT_FOUND) ResourceInfo(catalog.storeops/Product products/77)"});
  ExpectAllWays(ways_, Create(R"({"title":"Cup","variants":[{"sku":"CUP-1"}]})"),
                {StatusCode::kAlreadyExists, 409,
                 absl::StrCat("ErrorInfo(storeops RESOURCE_EXISTS field=product.variants[0].sku value=CUP-1) "
                              "ResourceInfo(catalog.storeops/Product ",
                              cup, ")")});
  ExpectAllWays(
      ways_,
      AsOwner({absl::StrCat(kProductMethods, "DeleteProduct"), absl::StrCat(R"({"name":")", cup, R"(","etag":"9"})"),
               "DELETE", absl::StrCat("/v1/", cup, "?etag=9"), "", ""}),
      {StatusCode::kAborted, 409,
       absl::StrCat("ErrorInfo(storeops ETAG_MISMATCH current_etag=1) ResourceInfo(catalog.storeops/Product ", cup,
                    ")")});
  ExpectAllWays(ways_,
                AsOwner({absl::StrCat(kIdentityMethods, "DeleteRole"), R"({"name":"roles/owner"})", "DELETE",
                         "/v1/roles/owner", "", ""}),
                {StatusCode::kFailedPrecondition, 400,
                 "ErrorInfo(storeops ROLE_BUILT_IN) PreconditionFailure(ROLE_BUILT_IN roles/owner)"});
}

TEST_F(ErrorsOfTheServices, TellWhoIsNotLetIn) {
  ExpectAllWays(ways_, Get(""), {StatusCode::kUnauthenticated, 401, "ErrorInfo(storeops CREDENTIALS_MISSING)"});
  ExpectAllWays(ways_, Get("Basic b3duZXI6cHc="),
                {StatusCode::kUnauthenticated, 401, "ErrorInfo(storeops CREDENTIALS_MALFORMED)"});
  ExpectAllWays(ways_, Get(owner_ + "x"), {StatusCode::kUnauthenticated, 401, "ErrorInfo(storeops TOKEN_INVALID)"});
  ExpectAllWays(ways_, Get("Bearer " + gateway::MakeKeySecret()),
                {StatusCode::kUnauthenticated, 401, "ErrorInfo(storeops KEY_INVALID)"});
  ExpectAllWays(
      ways_, Get(process_.Bearer("users/2", {"catalog.products.write"})),
      {StatusCode::kPermissionDenied, 403, "ErrorInfo(storeops PERMISSION_MISSING permission=catalog.products.read)"});
  clock_.Advance(absl::Hours(1));
  ExpectAllWays(ways_, Get(owner_), {StatusCode::kUnauthenticated, 401, "ErrorInfo(storeops TOKEN_EXPIRED)"});
}

TEST_F(ErrorsOfTheServices, TellWhenToComeBack) {
  // Nothing fills the index of a service that is not started.
  ExpectAllWays(
      ways_,
      AsOwner(Post(absl::StrCat(kProductMethods, "SearchProducts"), "/v1/products:search", R"({"query":"cup"})")),
      {StatusCode::kUnavailable, 503, "ErrorInfo(storeops SEARCH_INDEX_BUILDING) RetryInfo(1s)"});
  const ApiCall login = Post(absl::StrCat(kIdentityMethods, "Login"), "/v1/identity:login",
                             R"({"email":"who@shop.example","password":"wrong password"})");
  ExpectAllWays(ways_, login, {StatusCode::kUnauthenticated, 401, "ErrorInfo(storeops WRONG_CREDENTIALS)"});
  for (int i = 0; i < 2; ++i) ways_.Ask(login);
  ExpectAllWays(ways_, login,
                {StatusCode::kResourceExhausted, 429, "ErrorInfo(storeops ADDRESS_LOCKED) RetryInfo(900s)"});
  process_.pipeline().StopAccepting();
  ExpectAllWays(ways_, Get(owner_), {StatusCode::kUnavailable, 503, "ErrorInfo(storeops UNAVAILABLE) RetryInfo(1s)"});
}

// What only the pipeline or a bug brings about.
ApiCall GetFrom(const HttpProcess& process) {
  return {absl::StrCat(kProductMethods, "GetProduct"),
          R"({"name":"products/1"})",
          "GET",
          "/v1/products/1",
          "",
          process.Bearer()};
}

TEST(ErrorModel, EveryCodeOfAHandler) {
  const std::string masked = " trace_id=0af7651916cd43dd8448eb211c80319c";
  const struct {
    StatusCode code;
    int http;
    std::string name;
    std::string metadata;
  } cases[] = {
      {StatusCode::kCancelled, 499, "CANCELLED", ""},
      {StatusCode::kUnknown, 500, "UNKNOWN", masked},
      {StatusCode::kInvalidArgument, 400, "INVALID_ARGUMENT", ""},
      {StatusCode::kDeadlineExceeded, 504, "DEADLINE_EXCEEDED", ""},
      {StatusCode::kNotFound, 404, "NOT_FOUND", ""},
      {StatusCode::kAlreadyExists, 409, "ALREADY_EXISTS", ""},
      {StatusCode::kPermissionDenied, 403, "PERMISSION_DENIED", ""},
      {StatusCode::kResourceExhausted, 429, "RESOURCE_EXHAUSTED", ""},
      {StatusCode::kFailedPrecondition, 400, "FAILED_PRECONDITION", ""},
      {StatusCode::kAborted, 409, "ABORTED", ""},
      {StatusCode::kOutOfRange, 400, "OUT_OF_RANGE", ""},
      {StatusCode::kUnimplemented, 501, "UNIMPLEMENTED", ""},
      {StatusCode::kInternal, 500, "INTERNAL", masked},
      {StatusCode::kUnavailable, 503, "UNAVAILABLE", ""},
      {StatusCode::kDataLoss, 500, "DATA_LOSS", masked},
      {StatusCode::kUnauthenticated, 401, "UNAUTHENTICATED", ""},
  };
  HttpProcess process;
  FourWays ways(process.table(), process.pipeline());
  for (const auto& c : cases) {
    process.Answer([code = c.code](rpc::Call&, const google::protobuf::Message&) -> absl::StatusOr<rpc::Reply> {
      return absl::Status(code, "SELECT secret, \"品名\" FROM table\n");
    });
    ExpectAllWays(ways, GetFrom(process),
                  {c.code, c.http, absl::StrCat("ErrorInfo(storeops ", c.name, c.metadata, ")")});
    const absl::Status shown = ways.Ask(GetFrom(process))[0].status;
    EXPECT_EQ(absl::StrContains(shown.message(), "SELECT"), c.metadata.empty()) << shown;
  }
}

TEST(ErrorModel, LimitsAndDeadlinesOfThePipeline) {
  {
    const FakeClock clock;
    rpc::RateLimiter limiter({.calls_per_second = 0.1, .burst = 1}, clock);
    HttpProcess process({}, {.rate_limiter = &limiter});
    FourWays ways(process.table(), process.pipeline());
    EXPECT_EQ(process.Ask("GET", "/v1/products/1").status, 200);
    ExpectAllWays(ways, GetFrom(process),
                  {StatusCode::kResourceExhausted, 429, "ErrorInfo(storeops LIMIT_REACHED) RetryInfo(10s)"});
  }
  {
    // Time flies: the limit of 30 s has passed as soon as it is looked at.
    class HastyClock final : public Clock {
     public:
      absl::Time Now() const override { return start_ + absl::Minutes(++readings_); }

     private:
      const absl::Time start_ = absl::Now();
      mutable std::atomic<int> readings_{0};
    };
    const HastyClock clock;
    HttpProcess process({}, {.clock = &clock});
    FourWays ways(process.table(), process.pipeline());
    ExpectAllWays(ways, GetFrom(process),
                  {StatusCode::kDeadlineExceeded, 504, "ErrorInfo(storeops DEADLINE_EXCEEDED)"});
    EXPECT_EQ(process.TakeCall(), "");
  }
  {
    HttpProcess process;
    FourWays ways(process.table(), process.pipeline());
    const std::string product = absl::StrCat("{\"description\":\"", std::string(5 << 20, 'a'), "\"}");
    ExpectAllWays(ways,
                  {absl::StrCat(kProductMethods, "CreateProduct"), absl::StrCat("{\"product\":", product, "}"), "POST",
                   "/v1/products", product, process.Bearer()},
                  {StatusCode::kResourceExhausted, 429, "ErrorInfo(storeops REQUEST_TOO_LARGE)", true});
    EXPECT_EQ(process.TakeCall(), "");
  }
}

}  // namespace
}  // namespace storeops::testing
