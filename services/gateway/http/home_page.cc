#include "services/gateway/http/home_page.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/signer.h"
#include "common/base/text.h"

namespace storeops::gateway {
namespace {

constexpr absl::string_view kStyle =
    "body{font:16px/1.6 system-ui,sans-serif;max-width:52rem;margin:3rem auto;padding:0 1rem;color:#222;background:#fff}"
    "code{background:#f2f2f2;padding:.1em .3em;border-radius:3px}summary{cursor:pointer}li{margin:.2rem 0}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}code{background:#2a2a2a}a{color:#8ab4f8}}";

std::string ServiceList(const rpc::MethodTable& table) {
  auto services = table.services();
  std::sort(services.begin(), services.end(), [](const auto* a, const auto* b) { return a->full_name() < b->full_name(); });
  std::string html;
  for (const auto* service : services) {
    absl::StrAppend(&html, "<li><details><summary><code>", EscapeHtml(service->full_name()), "</code></summary><ul>");
    for (int i = 0; i < service->method_count(); ++i) {
      absl::StrAppend(&html, "<li><code>POST /", EscapeHtml(service->full_name()), "/",
                      EscapeHtml(service->method(i)->name()), "</code></li>");
    }
    html.append("</ul></details></li>\n");
  }
  return html;
}

}  // namespace

http::Response HomePage(const rpc::MethodTable& table, absl::string_view version) {
  http::Response response;
  response.body = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>StoreOps</title><style>",
      kStyle, "</style></head><body>\n<h1>StoreOps <small>", EscapeHtml(version), "</small></h1>\n",
      "<p>The back office of an online shop, as APIs. The same methods answer over gRPC, over Connect "
      "(<code>POST /package.Service/Method</code>, JSON or protobuf) and over REST "
      "(<code>GET /v1/products</code>). Send <code>Authorization: Bearer …</code> with a token from "
      "<code>POST /v1/identity:login</code> or an API key.</p>\n",
      "<p lang=\"zh\">网店后台，以 API 提供。同样的方法可通过 gRPC、Connect"
      "（<code>POST /package.Service/Method</code>，JSON 或 protobuf）和 REST（<code>GET /v1/products</code>）调用。"
      "请在 <code>Authorization: Bearer …</code> 中附上由 <code>POST /v1/identity:login</code> 取得的令牌或 API 密钥。</p>\n",
      "<p><a href=\"/openapi.json\">OpenAPI 3: /openapi.json</a></p>\n",
      "<h2>Services · <span lang=\"zh\">服务</span></h2>\n<ul>\n", ServiceList(table), "</ul>\n</body></html>\n");
  response.headers = {
      {"Content-Type", "text/html; charset=utf-8"},
      {"Content-Security-Policy",
       absl::StrCat("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-",
                    absl::Base64Escape(Sha256(kStyle)), "'")},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"}};
  return response;
}

}  // namespace storeops::gateway
