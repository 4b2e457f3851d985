// REST by google.api.http, the OpenAPI document and the home page, case by case.
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/http/compression.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/http_process.h"

namespace storeops {
namespace {

using catalog::v1::Product;
using google::protobuf::Struct;
using google::protobuf::Value;
using testing::HeaderList;
using testing::HttpProcess;
using testing::HttpReply;
using testing::ParseJson;
using testing::RawClient;

const HeaderList kRestJson = {{"Content-Type", "application/json"}};

class Rest : public ::testing::Test {
 protected:
  // Asks and returns what the handler saw, or the status and the body of the refusal.
  std::string Seen(const std::string& method, const std::string& target, const std::string& body = "") {
    const HttpReply reply = process_.Ask(method, target, body.empty() ? HeaderList() : kRestJson, body);
    const std::string call = process_.TakeCall();
    return reply.status == 200 ? call : absl::StrCat(reply.status, " ", reply.body);
  }
  Struct ErrorOf(const HttpReply& reply) { return ParseJson(reply.body).fields().at("error").struct_value(); }

  HttpProcess process_;
};

TEST_F(Rest, NoBody) {
  EXPECT_EQ(Seen("GET", "/v1/products"), "ListProducts {}");
  EXPECT_EQ(Seen("GET", "/v1/products/1"), R"(GetProduct {"name":"products/1"})");
  EXPECT_EQ(Seen("DELETE", "/v1/products/1"), R"(DeleteProduct {"name":"products/1"})");
  EXPECT_TRUE(absl::StartsWith(Seen("GET", "/v1/products/1", "{}"), "400 "));
}

TEST_F(Rest, NobodyStoresAnAnswerOrGuessesItsType) {
  for (const auto& [method, target, status] : std::vector<std::tuple<std::string, std::string, int>>{
           {"GET", "/v1/products", 200},
           {"GET", "/v1/nothing", 404},
           {"GET", "/storeops.catalog.v1.ProductService/ListProducts?encoding=json&message=%7B%7D", 200},
           {"GET", "/storeops.catalog.v1.ProductService/Nothing", 404},
           {"GET", "/openapi.json", 200}}) {
    const HttpReply reply = process_.Ask(method, target, {}, "");
    EXPECT_EQ(reply.status, status) << target << reply.body;
    EXPECT_EQ(reply.Header("cache-control"), "no-store") << target;
    EXPECT_EQ(reply.Header("x-content-type-options"), "nosniff") << target;
  }
}

TEST_F(Rest, WholeBody) {
  EXPECT_EQ(Seen("POST", "/v1/products:batchCreate", R"({"requests":[{"product":{"title":"x"}}],"requestId":"r"})"),
            R"(BatchCreateProducts {"requests":[{"product":{"title":"x"}}],"requestId":"r"})");
  EXPECT_TRUE(absl::StartsWith(Seen("POST", "/v1/products:reindex?requestId=r", "{}"), "400 "));
}

TEST_F(Rest, OneFieldAsBody) {
  EXPECT_EQ(Seen("POST", "/v1/products?request_id=r", R"({"title":"x","kind":"SERVICE"})"),
            R"(CreateProduct {"product":{"title":"x","kind":"SERVICE"},"requestId":"r"})");
}

TEST_F(Rest, PathWinsOverBody) {
  EXPECT_EQ(Seen("POST", "/v1/products/1:undelete", R"({"name":"products/2","etag":"e"})"),
            R"(UndeleteProduct {"name":"products/1","etag":"e"})");
}

TEST_F(Rest, NestedCapture) {
  EXPECT_EQ(Seen("PATCH", "/v1/products/1?update_mask=title", R"({"title":"x"})"),
            R"(UpdateProduct {"product":{"name":"products/1","title":"x"},"updateMask":"title"})");
}

TEST_F(Rest, SegmentsAfterACapture) {
  EXPECT_EQ(Seen("GET", "/v1/products/1/history?page_size=5"),
            R"(ListProductHistory {"name":"products/1","pageSize":5})");
}

TEST_F(Rest, Verbs) {
  EXPECT_EQ(Seen("POST", "/v1/products/1:undelete", "{}"), R"(UndeleteProduct {"name":"products/1"})");
  EXPECT_EQ(Seen("POST", "/v1/operations/catalog.17:cancel", "{}"),
            R"(CancelOperation {"name":"operations/catalog.17"})");
  EXPECT_TRUE(absl::StartsWith(Seen("POST", "/v1/products/1:unknown", "{}"), "404 "));
  EXPECT_TRUE(absl::StartsWith(Seen("POST", "/v1/products:unknown", "{}"), "404 "));
  EXPECT_TRUE(absl::StartsWith(Seen("POST", "/v1/products/1:", "{}"), "404 "));
  // A colon of the value is sent encoded.
  EXPECT_EQ(Seen("GET", "/v1/products/a%3Ab"), R"(GetProduct {"name":"products/a:b"})");
}

TEST_F(Rest, AdditionalBindings) {
  EXPECT_EQ(Seen("GET", "/v1/products:search?query=cup"), R"(SearchProducts {"query":"cup"})");
  EXPECT_EQ(Seen("POST", "/v1/products:search", R"({"query":"cup"})"), R"(SearchProducts {"query":"cup"})");
}

TEST_F(Rest, QueryOfNestedRepeatedAndTypedFields) {
  EXPECT_EQ(Seen("GET",
                 "/v1/products:search?filter.brands=a&filter.brands=b&filter.kind=GOODS&filter.min_price_minor="
                 "9007199254740993&filter.maxPriceMinor=9007199254740995&order=TITLE&page_size=7&facets=brand"),
            R"(SearchProducts {"filter":{"brands":["a","b"],"kind":"GOODS","minPriceMinor":"9007199254740993",)"
            R"("maxPriceMinor":"9007199254740995"},"order":"TITLE","facets":["brand"],"pageSize":7})");
  EXPECT_EQ(Seen("GET", "/v1/products?show_deleted=true&pageSize=3"),
            R"(ListProducts {"pageSize":3,"showDeleted":true})");
  EXPECT_EQ(Seen("GET", "/v1/products:search?order=4"), R"(SearchProducts {"order":"TITLE"})");
}

TEST_F(Rest, QueryIsDecoded) {
  EXPECT_EQ(Seen("GET", "/v1/products?filter=brand+%3D+%22A%26B%22"), R"(ListProducts {"filter":"brand = \"A&B\""})");
  EXPECT_EQ(Seen("GET", "/v1/products:search?query=%E6%9D%AF"), R"(SearchProducts {"query":"杯"})");
}

TEST_F(Rest, QueryThatIsWrong) {
  for (const char* query : {"nothing=1", "access_token=x", "$alt=json", "filter.brand=x", "page_size=x",
                            "page_size=1.5", "page_size=99999999999", "show_deleted=yes", "page_size=1&page_size=2",
                            "page_size", "=1", "page_size=%2", "filter=%ff"}) {
    const std::string seen = Seen("GET", absl::StrCat("/v1/products?", query));
    EXPECT_TRUE(absl::StartsWith(seen, "400 ")) << query << ": " << seen;
  }
  for (const char* query : {"filter=x", "filter.kind=NOTHING", "filter.brands.x=1", "order=x"}) {
    EXPECT_TRUE(absl::StartsWith(Seen("GET", absl::StrCat("/v1/products:search?", query)), "400 ")) << query;
  }
  EXPECT_TRUE(absl::StartsWith(Seen("GET", "/v1/products/1?name=products/2"), "400 "));
}

TEST_F(Rest, UnknownQueryIsNamed) {
  const Struct error = ErrorOf(process_.Ask("GET", "/v1/products?colour=red"));
  EXPECT_TRUE(absl::StrContains(error.fields().at("message").string_value(), "colour"));
  EXPECT_EQ(error.fields().at("status").string_value(), "INVALID_ARGUMENT");
}

TEST_F(Rest, CapturesAreDecodedButForTheSlash) {
  EXPECT_EQ(Seen("GET", "/v1/products/a%20b"), R"(GetProduct {"name":"products/a b"})");
  EXPECT_EQ(Seen("GET", "/v1/products/a%2Fb"), R"(GetProduct {"name":"products/a%2Fb"})");
  EXPECT_EQ(Seen("GET", "/v1/products/a+b"), R"(GetProduct {"name":"products/a+b"})");
  EXPECT_EQ(Seen("GET", "/v1/%70roducts/1"), R"(GetProduct {"name":"products/1"})");
  EXPECT_TRUE(absl::StartsWith(Seen("GET", "/v1/products/%zz"), "400 "));
  EXPECT_TRUE(absl::StartsWith(Seen("GET", "/v1/products/%ff"), "400 "));
}

TEST_F(Rest, UnknownPaths) {
  for (const char* path : {"/v1", "/v1/", "/v1/products/", "/v1/products//history", "/v1/products/1/x", "/v2/products",
                           "//v1/products", "/v1/nothing", "/favicon.ico"}) {
    const HttpReply reply = process_.Ask("GET", path);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(ErrorOf(reply).fields().at("status").string_value(), "NOT_FOUND");
  }
}

TEST_F(Rest, KnownPathWithAnotherMethod) {
  const HttpReply reply = process_.Ask("PUT", "/v1/products/1", kRestJson, "{}");
  EXPECT_EQ(reply.status, 405);
  const std::set<std::string> allowed = absl::StrSplit(reply.Header("allow"), ", ");
  EXPECT_EQ(allowed, (std::set<std::string>{"GET", "PATCH", "DELETE", "HEAD", "OPTIONS"}));
  const HttpReply options = process_.Ask("OPTIONS", "/v1/products/1");
  EXPECT_EQ(options.status, 204);
  EXPECT_TRUE(absl::StrContains(options.Header("allow"), "PATCH"));
}

TEST_F(Rest, HeadIsGetWithoutTheBody) {
  const HttpReply reply = process_.Ask("HEAD", "/v1/products/1");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("content-length"), "2");
  EXPECT_EQ(process_.TakeCall(), R"(GetProduct {"name":"products/1"})");
}

TEST_F(Rest, MaskFromTheBodysKeys) {
  EXPECT_EQ(Seen("PATCH", "/v1/products/1", R"({"title":"x","brand":null,"tags":[]})"),
            R"(UpdateProduct {"product":{"name":"products/1","title":"x"},"updateMask":"title,brand,tags"})");
  // What only the service writes, what is in the path, and the condition are no changes.
  EXPECT_EQ(Seen("PATCH", "/v1/products/1",
                 R"({"name":"products/1","etag":"e","createTime":"2026-01-01T00:00:00Z","description":""})"),
            R"(UpdateProduct {"product":{"name":"products/1","etag":"e","createTime":"2026-01-01T00:00:00Z"},)"
            R"("updateMask":"description"})");
}

TEST_F(Rest, MaskOfTheQueryStands) {
  for (const char* mask : {"title,update_time", "title,updateTime"}) {
    EXPECT_EQ(
        Seen("PATCH", absl::StrCat("/v1/products/1?updateMask=", mask), R"({"title":"x","brand":"y"})"),
        R"(UpdateProduct {"product":{"name":"products/1","title":"x","brand":"y"},"updateMask":"title,updateTime"})");
  }
}

TEST_F(Rest, BodiesThatAreWrong) {
  EXPECT_TRUE(absl::StartsWith(Seen("POST", "/v1/products", "{"), "400 "));
  EXPECT_TRUE(absl::StartsWith(Seen("POST", "/v1/products", R"({"titel":"x"})"), "400 "));
  EXPECT_TRUE(absl::StartsWith(Seen("POST", "/v1/products", R"({"createTime":"yesterday"})"), "400 "));
  const HttpReply form =
      process_.Ask("POST", "/v1/products", {{"Content-Type", "application/x-www-form-urlencoded"}}, "{}");
  EXPECT_EQ(form.status, 415);
  EXPECT_TRUE(absl::StrContains(form.body, "application/json"));
}

TEST_F(Rest, Compression) {
  HeaderList headers = kRestJson;
  headers.emplace_back("Content-Encoding", "gzip");
  EXPECT_EQ(process_.Ask("POST", "/v1/products", headers, http::GzipCompress(R"({"title":"x"})")).status, 200);
  EXPECT_EQ(process_.TakeCall(), R"(CreateProduct {"product":{"title":"x"}})");
  const HttpReply bomb =
      process_.Ask("POST", "/v1/products", headers,
                   http::GzipCompress(absl::StrCat("{\"title\":\"", std::string(5 << 20, 'a'), "\"}")));
  EXPECT_EQ(bomb.status, 429);
  EXPECT_EQ(process_.Ask("POST", "/v1/products", {{"Content-Encoding", "br"}}, "{}").status, 501);
}

TEST_F(Rest, SixtyFourBitNumbersAreStrings) {
  process_.Answer([](rpc::Call&, const google::protobuf::Message&) -> absl::StatusOr<rpc::Reply> {
    auto response = std::make_unique<catalog::v1::SearchProductsResponse>();
    response->set_estimated_total(9007199254740993);
    return rpc::Reply(std::move(response));
  });
  EXPECT_EQ(process_.Ask("GET", "/v1/products:search").body, R"({"estimatedTotal":"9007199254740993"})");
}

TEST_F(Rest, NothingIsDecodedForStrangers) {
  const HttpReply reply = testing::Fetch(process_.port(), "POST", "/v1/products", kRestJson, "{broken");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.Header("www-authenticate"), "Bearer");
  EXPECT_EQ(ErrorOf(reply).fields().at("status").string_value(), "UNAUTHENTICATED");
}

TEST_F(Rest, OverARawSocket) {
  RawClient client(process_.port());
  const std::string authorization = absl::StrCat("Authorization: ", process_.Bearer(), "\r\n");
  client.Send(absl::StrCat("GET /v1/products/1 HTTP/1.1\r\nHost: x\r\n", authorization,
                           "\r\nPATCH /v1/products/2 HTTP/1.1\r\n", "Host: x\r\n", authorization,
                           "Content-Length: 13\r\n\r\n{\"title\":\"x\"}"));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(process_.TakeCall(), R"(UpdateProduct {"product":{"name":"products/2","title":"x"},"updateMask":"title"})");
}

TEST_F(Rest, HomePage) {
  const HttpReply reply = testing::Fetch(process_.port(), "GET", "/");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("content-type"), "text/html; charset=utf-8");
  EXPECT_TRUE(absl::StrContains(reply.Header("content-security-policy"), "default-src 'none'"));
  for (const char* text : {"/openapi.json", "storeops.catalog.v1.ProductService", "网店", "lang=\"zh\"",
                           "GET /v1/{name=products/*}", "catalog.products.read"}) {
    EXPECT_TRUE(absl::StrContains(reply.body, text)) << text;
  }
  for (const char* text : {"<script", "http://", "https://", " src="})
    EXPECT_FALSE(absl::StrContains(reply.body, text)) << text;
  EXPECT_EQ(testing::Fetch(process_.port(), "POST", "/").status, 405);
}

// Every "$ref" in a value, and the objects that hold operations.
void CollectRefs(const Value& value, std::set<std::string>& refs) {
  for (const auto& item : value.list_value().values()) CollectRefs(item, refs);
  for (const auto& [key, member] : value.struct_value().fields()) {
    if (key == "$ref") refs.insert(member.string_value());
    CollectRefs(member, refs);
  }
}

const Value* Follow(const Struct& document, const std::string& ref) {
  const Struct* at = &document;
  const Value* found = nullptr;
  for (const absl::string_view part : absl::StrSplit(ref.substr(2), '/')) {
    const auto member = at->fields().find(std::string(part));
    if (member == at->fields().end()) return nullptr;
    found = &member->second;
    at = &found->struct_value();
  }
  return found;
}

TEST_F(Rest, OpenApiDocumentIsSound) {
  const HttpReply reply = testing::Fetch(process_.port(), "GET", "/openapi.json");
  ASSERT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("content-type"), "application/json");
  const Struct document = ParseJson(reply.body);
  EXPECT_EQ(document.fields().at("openapi").string_value(), "3.0.3");
  Value whole;
  *whole.mutable_struct_value() = document;
  std::set<std::string> refs;
  CollectRefs(whole, refs);
  EXPECT_GT(refs.size(), 10u);
  for (const auto& ref : refs) EXPECT_NE(Follow(document, ref), nullptr) << ref;
  std::set<std::string> ids;
  int operations = 0;
  for (const auto& [path, methods] : document.fields().at("paths").struct_value().fields()) {
    for (const auto& [method, operation] : methods.struct_value().fields()) {
      ++operations;
      const auto& fields = operation.struct_value().fields();
      EXPECT_TRUE(ids.insert(fields.at("operationId").string_value()).second) << path;
      EXPECT_TRUE(fields.at("responses").struct_value().fields().contains("200")) << path;
      std::set<std::string> in_path;
      std::set<std::string> all;
      if (fields.contains("parameters")) {
        for (const auto& parameter : fields.at("parameters").list_value().values()) {
          const auto& parts = parameter.struct_value().fields();
          const std::string name = parts.at("name").string_value();
          EXPECT_TRUE(all.insert(parts.at("in").string_value() + " " + name).second) << path << " " << name;
          if (parts.at("in").string_value() == "path") in_path.insert(name);
        }
      }
      std::set<std::string> expected;
      for (size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
        expected.insert(path.substr(at + 1, path.find('}', at) - at - 1));
      }
      EXPECT_EQ(in_path, expected) << path;
    }
  }
  EXPECT_GT(operations, 30);
}

TEST_F(Rest, OpenApiTellsTheContract) {
  const Struct document = ParseJson(testing::Fetch(process_.port(), "GET", "/openapi.json").body);
  const auto& paths = document.fields().at("paths").struct_value().fields();
  ASSERT_TRUE(paths.contains("/v1/products/{product}"));
  const auto& get = paths.at("/v1/products/{product}").struct_value().fields().at("get").struct_value().fields();
  EXPECT_EQ(get.at("x-permission").string_value(), "catalog.products.read");
  const auto body_is_required = [&](const char* path) {
    const auto& post = paths.at(path).struct_value().fields().at("post").struct_value().fields();
    return post.at("requestBody").struct_value().fields().contains("required");
  };
  EXPECT_TRUE(body_is_required("/v1/products"));
  EXPECT_FALSE(body_is_required("/v1/products:search"));
  const auto& login = paths.at("/v1/identity:login").struct_value().fields().at("post").struct_value().fields();
  EXPECT_EQ(login.at("security").list_value().values_size(), 0);
  const Value* product = Follow(document, "#/components/schemas/storeops.catalog.v1.Product/properties");
  ASSERT_NE(product, nullptr);
  const auto& fields = product->struct_value().fields();
  EXPECT_EQ(fields.at("createTime").struct_value().fields().at("format").string_value(), "date-time");
  EXPECT_TRUE(fields.at("createTime").struct_value().fields().at("readOnly").bool_value());
  EXPECT_EQ(fields.at("kind").struct_value().fields().at("enum").list_value().values_size(), 3);
  EXPECT_EQ(fields.at("title").struct_value().fields().at("maxLength").number_value(), 300);
  EXPECT_FALSE(fields.at("title").struct_value().fields().contains("x-personal"));
  const Value* user = Follow(document, "#/components/schemas/storeops.gateway.v1.User/properties");
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(user->struct_value().fields().at("email").struct_value().fields().at("x-personal").string_value(), "USER");
}

}  // namespace
}  // namespace storeops
