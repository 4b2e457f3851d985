// REST requests through the router and the binding: "METHOD path?query" on the first line, the body after it.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/base/text.h"
#include "common/rpc/method_table.h"
#include "services/gateway/http/rest_binding.h"
#include "services/gateway/http/rest_router.h"

namespace {

using storeops::gateway::RestRouter;

// The rules of the real services.
const RestRouter& Router() {
  static const RestRouter* const kRouter = [] {
    static auto& table = *new storeops::rpc::MethodTable;
    for (const char* name : {"storeops.catalog.v1.ProductService", "storeops.gateway.v1.IdentityService",
                             "storeops.operations.v1.OperationService"}) {
      auto& service = table.AddService(name);
      for (int i = 0; i < service.descriptor()->method_count(); ++i) {
        service.UnaryRaw(service.descriptor()->method(i)->name(),
                         [](storeops::rpc::Call&, const google::protobuf::Message&) {
                           return absl::StatusOr<storeops::rpc::Reply>(absl::UnimplementedError(""));
                         });
      }
    }
    auto* router = new RestRouter;
    if (!table.Finish().ok()) std::abort();
    for (const auto* method : table.methods()) {
      if (!router->Add(*method).ok()) std::abort();
    }
    return router;
  }();
  return *kRouter;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(input, absl::MaxSplits('\n', 1));
  const std::pair<absl::string_view, absl::string_view> line = absl::StrSplit(parts.first, absl::MaxSplits(' ', 1));
  const std::pair<absl::string_view, absl::string_view> target = absl::StrSplit(line.second, absl::MaxSplits('?', 1));
  const auto path = storeops::gateway::SplitPath(target.first);
  const auto match = Router().Find(line.first, path);
  if (match.route == nullptr) return 0;
  // The tree and the template must agree.
  if (!storeops::gateway::Matches(match.route->path, path)) std::abort();
  const std::unique_ptr<google::protobuf::Message> message(match.route->method->request->New());
  if (!BindRequest(*match.route, path, target.second, parts.second, message.get()).ok()) return 0;
  if (!storeops::IsValidUtf8(message->Utf8DebugString())) std::abort();
  return 0;
}
