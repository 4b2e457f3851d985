// What the benchmarks share: pairs of measurements in turn, child processes, a table at the end.
//
// These machines are noisy: a figure counts only as the ratio to a limit measured beside it, the median over rounds.
#ifndef STOREOPS_TESTS_BENCH_BENCH_SUPPORT_H_
#define STOREOPS_TESTS_BENCH_BENCH_SUPPORT_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/db/private_server.h"
#include "common/rpc/peer.h"
#include "services/storeops/client.h"
#include "tests/support/machine.h"

namespace storeops::bench {

// Ends the program with a message: a benchmark that went wrong has no figures.
[[noreturn]] void Fail(absl::string_view message);
template <class T>
T OrFail(absl::StatusOr<T> value) {
  if (!value.ok()) Fail(value.status().ToString());
  return *std::move(value);
}
void OrFail(const absl::Status& status);

double Median(std::vector<double> values);

// Calls per second of two things, measured in turn so that both meet the same noise.
struct Pair {
  double ours = 0;
  double limit = 0;
  double ratio = 0;  // median over the rounds of ours / limit
};
Pair MeasurePair(int rounds, const std::function<double()>& ours, const std::function<double()>& limit);

// Rows of text in columns as wide as needed, GitHub's Markdown.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void Print() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};
// "12,345"
std::string Thousands(double number);
std::string Fixed(double number, int digits);

// A program that runs beside this one and is killed at the end.
class Child {
 public:
  explicit Child(const std::vector<std::string>& command);
  ~Child();
  pid_t pid() const { return pid_; }
  void Kill(int signal);
  // Waits for the end.
  int Wait();

 private:
  pid_t pid_ = -1;
};

// The real suite as a process of its own on a durable private database.
class RunningSuite {
 public:
  // `program`: the storeops executable. `database_arguments`: more options for mariadbd.
  explicit RunningSuite(const std::string& program, const std::vector<std::string>& database_arguments = {});
  ~RunningSuite();

  std::string grpc_address() const;
  int http_port() const { return http_port_; }
  pid_t pid() const { return server_->pid(); }
  const std::string& key() const { return key_; }
  Client& client() { return *client_; }
  const db::Address& database() const { return database_address_; }
  // From the start of the process to readiness.
  double start_seconds() const { return start_seconds_; }

  // Creates demo products `begin` to `end`; products per second.
  double Load(int64_t begin, int64_t end);
  // Stops the process and starts it again.
  void Restart();
  // Until what was written has been put in order and indexed: neither the suite nor the database has work left.
  void AwaitQuiet() const;

 private:
  void StartServer();

  const std::string program_;
  testing::TempFolder folder_;
  std::unique_ptr<db::PrivateServer> database_;
  db::Address database_address_;
  std::unique_ptr<Child> server_;
  std::unique_ptr<Client> client_;
  std::string key_;
  int grpc_port_ = 0;
  int http_port_ = 0;
  double start_seconds_ = 0;
};

// A suite with so many demo products, at rest.
struct Catalogue {
  int64_t products;
  std::unique_ptr<RunningSuite> suite;
};
// The catalogues of a benchmark called as "NAME [STOREOPS [PRODUCTS...]]", by default of 10,000 and 100,000 products.
// All run side by side, so that they can be measured in turn.
std::vector<Catalogue> LoadCatalogues(int argc, char** argv);

// Until something listens there.
void AwaitPort(int port);
// Resident memory of a process in MB.
double ResidentMb(pid_t pid);
// The storeops executable beside the benchmarks, or argv[1].
std::string StoreopsProgram(int argc, char** argv);

}  // namespace storeops::bench

#endif  // STOREOPS_TESTS_BENCH_BENCH_SUPPORT_H_
