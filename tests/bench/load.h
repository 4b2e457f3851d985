// Clients that keep a server busy: the same ones for ours and for the limit that it is measured against.
#ifndef STOREOPS_TESTS_BENCH_LOAD_H_
#define STOREOPS_TESTS_BENCH_LOAD_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace storeops::bench {

// Calls per second of `method` ("/package.Service/Method") with `callers` calls under way. `request(i)` gives the
// serialised request of the i-th call, from several threads. An error ends the program. `times_ms`, if not null, gets
// how long each call took.
double GrpcLoad(const std::string& address, const std::string& method, const std::string& authorization,
                const std::function<std::string(int64_t)>& request, absl::Duration duration, int callers = 32,
                std::vector<double>* times_ms = nullptr);

// Requests per second over 32 kept-alive connections. `request(i)` gives the i-th request as it goes over the wire. An
// answer other than 200 ends the program.
double HttpLoad(int port, const std::function<std::string(int64_t)>& request, absl::Duration duration);

// One exchange: the response's body.
std::string HttpOnce(int port, const std::string& request);
std::string HttpGet(const std::string& target, const std::string& authorization);
std::string HttpPost(const std::string& target, const std::string& type, const std::string& body,
                     const std::string& authorization);

// The limits. Each answers every request with the bytes given and does nothing else; runs until the process ends. With
// `messages`, requests are parsed and the answer serialised each time.
[[noreturn]] void ServeBareGrpc(int port, const std::string& service, const std::string& method,
                                const std::string& answer, bool messages);
[[noreturn]] void ServeBareHttp(int port, const std::string& type, const std::string& answer);

}  // namespace storeops::bench

#endif  // STOREOPS_TESTS_BENCH_LOAD_H_
