#include "services/gateway/http/home_page.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/signer.h"
#include "common/base/text.h"
#include "google/api/annotations.pb.h"

namespace storeops::gateway {
namespace {

constexpr absl::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5c6675;--line:#d9dee6;--ground:#fff;--panel:#f5f7fa;--accent:#0b5c8a}
@media(prefers-color-scheme:dark){:root{--ink:#e3e7ed;--soft:#9aa5b4;--line:#333c48;--ground:#14181e;--panel:#1c222a;--accent:#7cc0ea}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:2.5rem 1.25rem 4rem;color:var(--ink);background:var(--ground);
font:1rem/1.6 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
h1{margin:0;font-size:2.25rem;letter-spacing:-.02em}h1 small{margin-left:.5rem;color:var(--soft);font-size:1rem;font-weight:400;letter-spacing:0}
h2{margin:2.5rem 0 .75rem;font-size:1.15rem}
a{color:var(--accent)}nav a{margin-right:1.5rem;white-space:nowrap}
.pair{display:grid;gap:0 2.5rem;grid-template-columns:1fr 1fr}
pre,code{font:.9em/1.5 ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace}
pre{margin:0;padding:1rem;overflow-x:auto;border:1px solid var(--line);border-radius:8px;background:var(--panel)}
details{border:1px solid var(--line);border-radius:8px;margin:.5rem 0}
summary{padding:.6rem 1rem;cursor:pointer;overflow-wrap:anywhere}summary span{float:right;margin-left:1rem;color:var(--soft)}
table{width:100%;border-collapse:collapse}td{padding:.4rem 1rem;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td:nth-child(2){width:55%}td:last-child{color:var(--soft)}
@media(max-width:44rem){.pair{grid-template-columns:1fr}summary span{display:none}
td,td:nth-child(2){display:block;width:auto;border:0;padding:0 1rem}
td:first-child{border-top:1px solid var(--line);padding-top:.5rem;font-weight:600}td:last-child{padding-bottom:.5rem}td:empty{display:none}}
)";

constexpr absl::string_view kLead =
    "<div class=\"pair\"><p>The back office of an online shop, as APIs. Every method answers over gRPC, over Connect "
    "(JSON or protobuf) and over REST, under the same rules. Send a token from <code>/v1/identity:login</code> or an "
    "API key along.</p>\n<p lang=\"zh\">网店后台，以 API 提供。每个方法都可通过 gRPC、Connect（JSON 或 protobuf）和 "
    "REST 调用，规则一致。请附上由 <code>/v1/identity:login</code> 取得的令牌，或 API 密钥。</p></div>\n";

constexpr absl::string_view kLinks =
    "<nav><a href=\"/openapi.json\">OpenAPI 3</a> <a href=\"/metrics\">Metrics · <span lang=\"zh\">指标</span></a> "
    "<a href=\"/readyz\">Health · <span lang=\"zh\">健康</span></a></nav>\n";

constexpr absl::string_view kTry = R"(<h2>Try it · <span lang="zh">试一试</span></h2>
<pre>KEY=...     # an API key, or a token that a login gave
URL=...     # the address of this page
HOST=...    # host:port of the gRPC door; without -plaintext where it speaks TLS

# REST
curl -H "Authorization: Bearer $KEY" "$URL/v1/products?pageSize=3"

# Connect
curl -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
     -d '{"query": "竹 茶壶"}' "$URL/storeops.catalog.v1.ProductService/SearchProducts"

# gRPC
grpcurl -plaintext -H "authorization: Bearer $KEY" $HOST storeops.gateway.v1.IdentityService/GetCaller</pre>
)";

// "GET /v1/products"; empty for a method without REST.
std::string RestOf(const google::protobuf::MethodDescriptor& method) {
  const auto& rule = method.options().GetExtension(google::api::http);
  if (!rule.get().empty()) return absl::StrCat("GET ", rule.get());
  if (!rule.post().empty()) return absl::StrCat("POST ", rule.post());
  if (!rule.put().empty()) return absl::StrCat("PUT ", rule.put());
  if (!rule.patch().empty()) return absl::StrCat("PATCH ", rule.patch());
  return rule.delete_().empty() ? "" : absl::StrCat("DELETE ", rule.delete_());
}

std::string WhoMayCall(const rpc::Method& method) {
  if (method.access.public_()) return "public";
  return method.access.authenticated() ? "authenticated" : method.access.permission();
}

std::string MethodRow(const rpc::Method& method) {
  const std::string rest = RestOf(*method.descriptor);
  return absl::StrCat("<tr><td>", EscapeHtml(method.descriptor->name()), "</td><td>",
                      rest.empty() ? "" : absl::StrCat("<code>", EscapeHtml(rest), "</code>"), "</td><td>",
                      EscapeHtml(WhoMayCall(method)), "</td></tr>\n");
}

std::string ServiceList(const rpc::MethodTable& table) {
  auto services = table.services();
  std::sort(services.begin(), services.end(),
            [](const auto* a, const auto* b) { return a->full_name() < b->full_name(); });
  std::string html;
  for (const auto* service : services) {
    absl::StrAppend(&html, "<details><summary><span>", service->method_count(), "</span><code>",
                    EscapeHtml(service->full_name()), "</code></summary><table>\n");
    for (int i = 0; i < service->method_count(); ++i) {
      html += MethodRow(*table.Find(absl::StrCat(service->full_name(), "/", service->method(i)->name())));
    }
    html.append("</table></details>\n");
  }
  return html;
}

}  // namespace

http::Response HomePage(const rpc::MethodTable& table, absl::string_view version) {
  http::Response response;
  response.body = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>StoreOps</title><style>",
      kStyle, "</style></head><body>\n<h1>StoreOps<small>", EscapeHtml(version), "</small></h1>\n", kLead, kLinks, kTry,
      "<h2>Services · <span lang=\"zh\">服务</span></h2>\n", ServiceList(table), "</body></html>\n");
  response.headers = {
      {"Content-Type", "text/html; charset=utf-8"},
      {"Content-Security-Policy",
       absl::StrCat(
           "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-",
           absl::Base64Escape(Sha256(kStyle)), "'")},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"}};
  return response;
}

}  // namespace storeops::gateway
