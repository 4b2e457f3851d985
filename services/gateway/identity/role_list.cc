#include "services/gateway/identity/role_list.h"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace storeops::gateway {
namespace {

// Marks tokens for a place among the built-in roles; not a character of the engine's own tokens.
constexpr absl::string_view kBuiltInMark = "~";

// How many built-in roles the pages before have shown.
absl::StatusOr<size_t> BuiltInShown(const AccessPolicy& access, const resource::PageTokens& tokens,
                                    const v1::ListRolesRequest& request) {
  absl::string_view token = request.page_token();
  if (token.empty()) return 0;
  if (!absl::ConsumePrefix(&token, kBuiltInMark)) return access.roles().size();
  ASSIGN_OR_RETURN(const std::vector<db::Value> keys, tokens.Read(request, token));
  const int64_t* shown = keys.size() == 1 ? std::get_if<int64_t>(&keys.front().storage()) : nullptr;
  return shown == nullptr ? 0 : static_cast<size_t>(std::max<int64_t>(*shown, 0));
}

}  // namespace

v1::Role ToMessage(const AccessPolicy::Role& role) {
  v1::Role message;
  message.set_name(role.name);
  message.set_title(role.title);
  message.mutable_permissions()->Assign(role.permissions.begin(), role.permissions.end());
  message.set_built_in(true);
  return message;
}

absl::StatusOr<v1::ListRolesResponse> ListAllRoles(const rpc::Call& call, const AccessPolicy& access,
                                                   resource::Resource& custom_roles, const resource::PageTokens& tokens,
                                                   const v1::ListRolesRequest& request) {
  const std::vector<AccessPolicy::Role>& built_in = access.roles();
  size_t shown = built_in.size();
  if (request.filter().empty() && request.order_by().empty()) {
    ASSIGN_OR_RETURN(shown, BuiltInShown(access, tokens, request));
  }
  const int size = resource::PageSize(request.page_size());
  v1::ListRolesResponse response;
  for (; shown < built_in.size() && response.roles_size() < size; ++shown) {
    *response.add_roles() = ToMessage(built_in[shown]);
  }
  if (response.roles_size() == size) {
    response.set_next_page_token(
        absl::StrCat(kBuiltInMark, tokens.Make(request, {db::Value(static_cast<int64_t>(shown))})));
    return response;
  }
  v1::ListRolesRequest rest = request;
  rest.set_page_size(size - response.roles_size());
  if (absl::StartsWith(request.page_token(), kBuiltInMark)) rest.clear_page_token();
  v1::ListRolesResponse custom;
  RETURN_IF_ERROR(custom_roles.List(call, rest, &custom));
  response.mutable_roles()->MergeFrom(custom.roles());
  response.set_next_page_token(custom.next_page_token());
  return response;
}

}  // namespace storeops::gateway
