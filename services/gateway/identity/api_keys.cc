#include "services/gateway/identity/api_keys.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"

namespace storeops::gateway {
namespace {

constexpr absl::string_view kSecretPrefix = "sk_";
constexpr size_t kSecretBytes = 32;
constexpr size_t kSecretLength = kSecretPrefix.size() + (kSecretBytes * 4 + 2) / 3;
constexpr size_t kShownLength = kSecretPrefix.size() + 6;

bool LooksLikeSecret(absl::string_view text) {
  return text.size() == kSecretLength && absl::StartsWith(text, kSecretPrefix) &&
         std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; });
}

absl::Status Invalid() { return Unauthenticated("KEY_INVALID", "the API key is not valid"); }

}  // namespace

std::string MakeKeySecret() { return absl::StrCat(kSecretPrefix, RandomToken(kSecretBytes)); }

std::string KeySecretHash(absl::string_view secret) { return HexEncode(Sha256(secret)); }

std::string KeySecretPrefix(absl::string_view secret) { return std::string(secret.substr(0, kShownLength)); }

void ApiKeys::Open(const Clock& clock, Lookup lookup) {
  absl::MutexLock lock(&mutex_);
  clock_ = &clock;
  lookup_ = std::move(lookup);
}

void ApiKeys::Close() {
  absl::MutexLock lock(&mutex_);
  lookup_ = nullptr;
  entries_.clear();
}

absl::StatusOr<rpc::Principal> ApiKeys::Judge(const std::optional<KnownKey>& key, absl::Time now) {
  if (!key.has_value()) return Invalid();
  if (key->expire_time <= now) return Unauthenticated("KEY_EXPIRED", "the API key has expired");
  return key->principal;
}

std::optional<absl::StatusOr<rpc::Principal>> ApiKeys::TryResolve(absl::string_view secret) {
  if (!LooksLikeSecret(secret)) return absl::StatusOr<rpc::Principal>(Invalid());
  const std::string place = place_(secret);
  absl::MutexLock lock(&mutex_);
  if (lookup_ == nullptr) return std::nullopt;
  const auto entry = entries_.find(place);
  if (entry == entries_.end() || entry->second.cached_until <= clock_->Steady()) return std::nullopt;
  return Judge(entry->second.key, clock_->Now());
}

absl::StatusOr<rpc::Principal> ApiKeys::Resolve(absl::string_view secret, absl::Time deadline) {
  if (auto cached = TryResolve(secret); cached.has_value()) return *std::move(cached);
  Lookup lookup;
  int64_t generation;
  {
    absl::MutexLock lock(&mutex_);
    lookup = lookup_;
    generation = generation_;
  }
  if (lookup == nullptr) return UnavailableRetry("API keys cannot be checked yet", absl::Seconds(1));
  ASSIGN_OR_RETURN(const std::optional<KnownKey> key, lookup(KeySecretHash(secret), deadline));
  absl::MutexLock lock(&mutex_);
  if (generation == generation_) Remember(place_(secret), key, clock_->Steady());
  return Judge(key, clock_->Now());
}

void ApiKeys::Remember(const std::string& place, const std::optional<KnownKey>& key, absl::Time now) {
  if (entries_.size() >= kMaxEntries) {
    absl::erase_if(entries_, [now](const auto& entry) { return entry.second.cached_until <= now; });
  }
  if (entries_.size() >= kMaxEntries) {
    // Made-up keys must not push out real ones.
    if (!key.has_value()) return;
    entries_.erase(entries_.begin());
  }
  entries_.insert_or_assign(place, Entry{key, now + kCacheTime});
}

void ApiKeys::Forget() {
  absl::MutexLock lock(&mutex_);
  ++generation_;
  entries_.clear();
}

}  // namespace storeops::gateway
