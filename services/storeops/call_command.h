// `storeops call METHOD [JSON]`
#ifndef STOREOPS_SERVICES_STOREOPS_CALL_COMMAND_H_
#define STOREOPS_SERVICES_STOREOPS_CALL_COMMAND_H_

#include <string>

#include "absl/status/status.h"
#include "services/storeops/client.h"

namespace storeops {

// Calls any method of the linked API by its full name, "package.Service/Method" (a dot instead of the slash will do,
// and so will "Service/Method" where that is unique). The answer goes to stdout as JSON, one object for each message. A
// method that takes a stream of requests gets one for each line of the JSON, or of stdin if that is "-". An unknown
// method is INVALID_ARGUMENT and names those that come near.
absl::Status CallCommand(Client& client, const std::string& method, const std::string& json, double time_limit_s);

// What the shell sees: 0, or the number of the google.rpc.Code.
int ExitCode(const absl::Status& status);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_CALL_COMMAND_H_
