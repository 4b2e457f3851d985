#include "tests/bench/bench_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/signer.h"
#include "services/storeops/demo/demo_catalogue.h"
#include "services/storeops/files.h"
#include "services/storeops/first_start.h"
#include "services/storeops/settings.h"
#include "services/storeops/suite.h"
#include "services/storeops/up_command.h"
#include "storeops/catalog/v1/product_service.pb.h"

namespace storeops::bench {

void Fail(absl::string_view message) {
  std::fprintf(stderr, "benchmark failed: %s\n", std::string(message).c_str());
  std::_Exit(1);
}

void OrFail(const absl::Status& status) {
  if (!status.ok()) Fail(status.ToString());
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Pair MeasurePair(int rounds, const std::function<double()>& ours, const std::function<double()>& limit) {
  std::vector<double> our_rates, limit_rates, ratios;
  for (int round = 0; round < rounds; ++round) {
    our_rates.push_back(ours());
    limit_rates.push_back(limit());
    ratios.push_back(our_rates.back() / limit_rates.back());
  }
  return {Median(our_rates), Median(limit_rates), Median(ratios)};
}

void Table::Print() const {
  std::vector<size_t> widths(rows_[0].size(), 3);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (size_t r = 0; r < rows_.size(); ++r) {
    for (size_t i = 0; i < rows_[r].size(); ++i) {
      std::printf("| %-*s ", static_cast<int>(widths[i]), rows_[r][i].c_str());
    }
    std::puts("|");
    if (r > 0) continue;
    for (const size_t width : widths) std::printf("|%s", std::string(width + 2, '-').c_str());
    std::puts("|");
  }
  std::puts("");
  std::fflush(stdout);
}

std::string Thousands(double number) {
  std::string digits = absl::StrFormat("%.0f", number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(at, ",");
  return digits;
}

std::string Fixed(double number, int digits) { return absl::StrFormat("%.*f", digits, number); }

Child::Child(const std::vector<std::string>& command) {
  pid_ = fork();
  if (pid_ < 0) Fail("fork");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

Child::~Child() {
  if (pid_ <= 0) return;
  Kill(SIGKILL);
  Wait();
}

void Child::Kill(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

int Child::Wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

void AwaitPort(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (true) {
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    const bool open = connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(descriptor);
    if (open) return;
    if (absl::Now() > deadline) Fail(absl::StrCat("nothing listens on port ", port));
    absl::SleepFor(absl::Milliseconds(2));
  }
}

namespace {

// Seconds of processor time that a process has used.
double CpuSeconds(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (text.empty()) Fail("the process has ended");
  // Behind the name, which ends with the last parenthesis: utime and stime are the 12th and 13th field.
  const std::vector<std::string> fields = absl::StrSplit(text.substr(text.rfind(')') + 2), ' ');
  double user = 0, system = 0;
  if (!absl::SimpleAtod(fields[11], &user) || !absl::SimpleAtod(fields[12], &system)) Fail("/proc/PID/stat");
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

double ResidentMb(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  std::string word;
  while (status >> word) {
    if (word != "VmRSS:") continue;
    double kilobytes = 0;
    status >> kilobytes;
    return kilobytes / 1024;
  }
  Fail("the process has ended");
}

std::string StoreopsProgram(int argc, char** argv) {
  if (argc > 1) return argv[1];
  return (std::filesystem::canonical("/proc/self/exe").parent_path() / "../services/storeops/storeops").string();
}

RunningSuite::RunningSuite(const std::string& program, const std::vector<std::string>& database_arguments)
    : program_(program) {
  db::PrivateServer::Options options;
  options.folder = folder_.path() + "/db";
  options.die_with_parent = true;
  options.buffer_pool_bytes = int64_t{1} << 30;
  options.arguments = database_arguments;
  database_ = OrFail(db::PrivateServer::Start(options));
  database_address_ = database_->address();
  Settings settings;
  settings.home = folder_.path();
  OrFail(LoadSecret(settings, /*create=*/true).status());
  // By the program that is measured: it may be an older one, with tables of its own.
  Child migration({program_, "--home", folder_.path(), "migrate", "--db-socket", database_address_.socket});
  if (migration.Wait() != 0) Fail("the tables cannot be made");
  StartServer();
  OrFail(EnsureOwner(folder_.path(), grpc_address(), {}).status());
  key_ = ShellKey(settings);
  client_ = std::make_unique<Client>(grpc_address(), rpc::PeerTls(), key_);
}

RunningSuite::~RunningSuite() {
  server_ = nullptr;
  client_ = nullptr;
}

void RunningSuite::StartServer() {
  grpc_port_ = testing::FreePort();
  http_port_ = testing::FreePort();
  const absl::Time start = absl::Now();
  server_ = std::make_unique<Child>(
      std::vector<std::string>{program_, "--home", folder_.path(), "serve", "all", "--db-socket",
                               database_address_.socket, "--log-level", "error", "--calls-per-second", "1000000000",
                               "--grpc-port", absl::StrCat(grpc_port_), "--http-port", absl::StrCat(http_port_)});
  // A channel that was refused would wait for a second. Serving is what the health service says.
  AwaitPort(grpc_port_);
  const auto health = rpc::MakeRemotePeer(grpc_address(), {}, nullptr);
  while (true) {
    rpc::PeerCall call;
    call.method = "grpc.health.v1.Health/Check";
    call.deadline = absl::Now() + absl::Seconds(1);
    std::string answer;
    const auto on_message = [&answer](const std::string& bytes) {
      answer = bytes;
      return true;
    };
    // A HealthCheckResponse whose status (field 1) is SERVING (1).
    if (health->Stream(call, "", on_message).ok() && answer == std::string("\x08\x01", 2)) break;
    if (absl::Now() - start > absl::Seconds(30)) Fail("the suite does not come up");
    absl::SleepFor(absl::Milliseconds(2));
  }
  start_seconds_ = absl::ToDoubleSeconds(absl::Now() - start);
}

void RunningSuite::Restart() {
  server_->Kill(SIGTERM);
  server_->Wait();
  server_ = nullptr;
  StartServer();
  client_ = std::make_unique<Client>(grpc_address(), rpc::PeerTls(), key_);
}

void RunningSuite::AwaitQuiet() const {
  constexpr double kIdleShare = 0.05;
  const absl::Time deadline = absl::Now() + absl::Minutes(5);
  const auto used = [this] { return CpuSeconds(server_->pid()) + CpuSeconds(database_->pid()); };
  double before = used();
  for (int quiet = 0; quiet < 2;) {
    if (absl::Now() > deadline) Fail("the suite does not come to rest");
    absl::SleepFor(absl::Milliseconds(500));
    const double after = used();
    quiet = after - before < 0.5 * kIdleShare ? quiet + 1 : 0;
    before = after;
  }
}

std::string RunningSuite::grpc_address() const { return absl::StrCat("127.0.0.1:", grpc_port_); }

double RunningSuite::Load(int64_t begin, int64_t end) {
  constexpr int64_t kBatch = 250;
  const absl::Time start = absl::Now();
  for (int64_t first = begin; first < end; first += kBatch) {
    catalog::v1::BatchCreateProductsRequest request;
    for (int64_t i = first; i < std::min(first + kBatch, end); ++i) {
      *request.add_requests()->mutable_product() = DemoProduct(i);
    }
    catalog::v1::BatchCreateProductsResponse response;
    OrFail(client_->Call("storeops.catalog.v1.ProductService/BatchCreateProducts", request, &response));
  }
  return static_cast<double>(end - begin) / absl::ToDoubleSeconds(absl::Now() - start);
}

std::vector<Catalogue> LoadCatalogues(int argc, char** argv) {
  std::vector<int64_t> sizes;
  for (int i = 2; i < argc; ++i) {
    if (!absl::SimpleAtoi(argv[i], &sizes.emplace_back())) Fail("a number of products is wanted");
  }
  if (sizes.empty()) sizes = {10'000, 100'000};
  std::vector<Catalogue> catalogues;
  for (const int64_t size : sizes) {
    catalogues.push_back({size, std::make_unique<RunningSuite>(StoreopsProgram(argc, argv))});
    catalogues.back().suite->Load(0, size);
    catalogues.back().suite->AwaitQuiet();
  }
  return catalogues;
}

}  // namespace storeops::bench
