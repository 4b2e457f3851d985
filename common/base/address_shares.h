// Something of which there is so much, shared among the addresses that ask for it: connections, bytes. Nobody can hold
// all of it from one place.
#ifndef STOREOPS_COMMON_BASE_ADDRESS_SHARES_H_
#define STOREOPS_COMMON_BASE_ADDRESS_SHARES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace storeops {

// The name of what counts as one network address, given without a port: an IPv4 address, also where it is mapped into
// IPv6; of an IPv6 address the first 64 bits, as who has one of them has all.
std::string AddressGroup(absl::string_view address);

// Thread-safe.
class AddressShares {
  struct State;

 public:
  enum class Lack { kNone, kOfAll, kOfGroup };

  // What is taken; given back with the object, which may outlive the shares.
  class Share {
   public:
    Share(Share&& other) noexcept = default;
    Share& operator=(Share&& other) noexcept;
    ~Share() { GiveBack(); }

    // Takes more or gives back some. False, and nothing is changed, where there is not so much.
    bool Resize(int64_t amount);

   private:
    friend class AddressShares;
    Share(std::shared_ptr<State> state, std::string group, int64_t amount)
        : state_(std::move(state)), group_(std::move(group)), amount_(amount) {}
    void GiveBack();

    std::shared_ptr<State> state_;
    std::string group_;
    int64_t amount_;
  };

  // In all, and for one address group.
  AddressShares(int64_t max, int64_t max_per_group);

  // Nothing where there is not so much; `lack`, if given, says of what.
  std::optional<Share> Take(const std::string& group, int64_t amount = 1, Lack* lack = nullptr);
  int64_t taken() const;

 private:
  const std::shared_ptr<State> state_;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_ADDRESS_SHARES_H_
