#include "common/base/address_shares.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace storeops {

std::string AddressGroup(absl::string_view address) {
  constexpr size_t kNetworkBytes = 8;
  in6_addr parsed;
  if (inet_pton(AF_INET6, std::string(address).c_str(), &parsed) != 1) return absl::StrCat("ip:", address);
  // ::ffff:10.0.0.7 is an IPv4 address in disguise.
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) return absl::StrCat("ip:", address.substr(address.rfind(':') + 1));
  const absl::string_view bytes(reinterpret_cast<const char*>(parsed.s6_addr), kNetworkBytes);
  return absl::StrCat("ip:", absl::BytesToHexString(bytes), "/64");
}

struct AddressShares::State {
  State(int64_t max_all, int64_t max_of_group) : max(max_all), max_per_group(max_of_group) {}

  // What there is too little of to add so much, which may be negative; else it is added.
  Lack Add(const std::string& group, int64_t more);

  const int64_t max;
  const int64_t max_per_group;
  mutable absl::Mutex mutex;
  int64_t taken ABSL_GUARDED_BY(mutex) = 0;
  absl::flat_hash_map<std::string, int64_t> by_group ABSL_GUARDED_BY(mutex);
};

AddressShares::Lack AddressShares::State::Add(const std::string& group, int64_t more) {
  if (more == 0) return Lack::kNone;
  absl::MutexLock lock(&mutex);
  const auto found = by_group.find(group);
  const int64_t of_group = (found == by_group.end() ? 0 : found->second) + more;
  if (more > 0 && taken + more > max) return Lack::kOfAll;
  if (more > 0 && of_group > max_per_group) return Lack::kOfGroup;
  taken += more;
  if (of_group == 0) {
    by_group.erase(found);
  } else {
    by_group[group] = of_group;
  }
  return Lack::kNone;
}

AddressShares::Share& AddressShares::Share::operator=(Share&& other) noexcept {
  if (this == &other) return *this;
  GiveBack();
  state_ = std::move(other.state_);
  group_ = std::move(other.group_);
  amount_ = other.amount_;
  return *this;
}

bool AddressShares::Share::Resize(int64_t amount) {
  if (state_->Add(group_, amount - amount_) != Lack::kNone) return false;
  amount_ = amount;
  return true;
}

void AddressShares::Share::GiveBack() {
  if (state_ != nullptr) Resize(0);
}

AddressShares::AddressShares(int64_t max, int64_t max_per_group)
    : state_(std::make_shared<State>(max, max_per_group)) {}

std::optional<AddressShares::Share> AddressShares::Take(const std::string& group, int64_t amount, Lack* lack) {
  const Lack found = state_->Add(group, amount);
  if (lack != nullptr) *lack = found;
  if (found != Lack::kNone) return std::nullopt;
  return Share(state_, group, amount);
}

int64_t AddressShares::taken() const {
  absl::MutexLock lock(&state_->mutex);
  return state_->taken;
}

}  // namespace storeops
