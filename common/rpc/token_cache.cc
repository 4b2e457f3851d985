#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/rpc/peer_transports.h"

namespace storeops::rpc {
namespace {

constexpr absl::Duration kLifetime = absl::Minutes(5);
constexpr absl::Duration kUsedFor = absl::Minutes(4);

}  // namespace

std::string TokenCache::AuthorizationOf(const Principal& principal) {
  if (!principal.authenticated()) return "";
  const std::string key = absl::StrCat(principal.name, "\n", principal.session_version, "\n", principal.display_name,
                                       "\n", absl::StrJoin(principal.permissions, "\n"));
  const absl::Time now = tokens_.clock().Steady();
  absl::MutexLock lock(&mutex_);
  if (const auto found = entries_.find(key); found != entries_.end() && now - found->second.minted < kUsedFor) {
    return found->second.authorization;
  }
  if (entries_.size() >= kMaxTokens) entries_.clear();  // cheap to mint again
  Entry& entry = entries_[key];
  entry = {absl::StrCat("Bearer ", tokens_.MintRelayed(principal, kLifetime)), now};
  return entry.authorization;
}

}  // namespace storeops::rpc
