// Whether somebody listens at an address.
#ifndef STOREOPS_SERVICES_STOREOPS_LISTENING_H_
#define STOREOPS_SERVICES_STOREOPS_LISTENING_H_

#include <string>

#include "absl/time/time.h"

namespace storeops {

// `address`: "127.0.0.1:8081", "[::1]:8081", "localhost:8081". Makes no thread, so that a process may still be split in
// two afterwards.
bool Listens(const std::string& address);

// Whether who listens there also takes the connections that the system completes: says or closes something within
// `limit`, be it that nothing was asked.
bool TakesConnections(const std::string& address, absl::Duration limit);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_LISTENING_H_
