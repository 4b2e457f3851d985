#include "services/storeops/up_command.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/db/private_server.h"
#include "services/storeops/client.h"
#include "services/storeops/detach.h"
#include "services/storeops/files.h"
#include "services/storeops/first_start.h"
#include "services/storeops/listening.h"
#include "services/storeops/log_rotation.h"
#include "services/storeops/signals.h"
#include "services/storeops/suite.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops {
namespace {

constexpr absl::Duration kStartLimit = absl::Seconds(60);
constexpr absl::Duration kStopLimit = absl::Seconds(90);
constexpr absl::Duration kLook = absl::Milliseconds(20);  // at what another process does

std::string LockPath(const Settings& settings) { return settings.home + "/up.lock"; }
std::string LogPath(const Settings& settings) { return settings.home + "/log/storeops.log"; }
std::string EndpointPath(const Settings& settings) { return settings.home + "/endpoint"; }

db::PrivateServer::Options PrivateServerOptions(const Settings& settings) {
  db::PrivateServer::Options options;
  options.folder = settings.home + "/db";
  options.supervise = true;
  return options;
}

rpc::PeerTls ShellTls(const Settings& settings, const rpc::TlsOptions& server) {
  rpc::PeerTls tls;
  tls.enabled = !server.certificate_chain.empty();
  tls.root_ca = server.certificate_chain;
  const auto peers = LoadPeerTls(settings);
  if (!peers.ok()) return tls;
  if (!peers->root_ca.empty()) tls.root_ca = peers->root_ca;
  tls.certificate_chain = peers->certificate_chain;
  tls.private_key = peers->private_key;
  return tls;
}

// Who signs in, or what keeps the owner from it.
std::string DescribeOwner(const Settings& settings, const KnownOwner& known) {
  if (known.problem.empty()) {
    if (known.owner.email.empty()) return "  owner            unknown: the file owner is cut off; the key works\n";
    return absl::StrCat("  owner            ", known.owner.email, "  password ", known.owner.password,
                        " (unless it was changed)\n");
  }
  return absl::StrCat("\nThe shell has no key: ", known.problem,
                      ".\nFor a new password and a new key: storeops --home ", ShellQuoted(settings.home),
                      " recover-owner\n");
}

std::string Summary(const Settings& settings, const KnownOwner& known, absl::string_view grpc, absl::string_view http) {
  const bool tls = !settings.tls_certificate_file.empty();
  const std::string web = absl::StrCat(tls ? "https://" : "http://", http);
  const std::string home = ShellQuoted(settings.home);
  const std::string bearer = absl::StrCat("Bearer $(cat ", ShellQuoted(settings.home + "/api_key"), ")");
  return absl::StrCat(
      "StoreOps serves.\n\n"
      "  home page        ",
      web,
      "/\n"
      "  Connect, REST    ",
      web, "/            OpenAPI: ", web,
      "/openapi.json\n"
      "  gRPC             ",
      grpc, "            metrics: ", web,
      "/metrics\n"
      "  data folder      ",
      settings.home, "\n", DescribeOwner(settings, known),
      "\n"
      "Try:\n"
      "  storeops --home ",
      home, " call ", tls ? "--tls --ca CA.pem " : "",
      "ProductService/SearchProducts '{\"query\": \"竹 茶壶\", \"pageSize\": 3}'\n"
      "  curl -H \"Authorization: ",
      bearer, "\" '", web,
      "/v1/products?pageSize=3'\n"
      "  grpcurl ",
      tls ? "" : "-plaintext ", "-H \"authorization: ", bearer, "\" ", grpc,
      " storeops.gateway.v1.IdentityService/GetCaller\n");
}

// The first line of the endpoint file is the gRPC address, the second the HTTP one.
absl::Status WriteEndpoint(const Settings& settings, const std::string& grpc, const std::string& http) {
  return WritePrivateFile(EndpointPath(settings), absl::StrCat(grpc, "\n", http, "\n"));
}

// Everything that `up` runs, in the order of its start.
class LocalSuite {
 public:
  explicit LocalSuite(const Settings& settings) : settings_(settings) {}
  ~LocalSuite() { Stop(); }

  absl::Status Start() {
    ASSIGN_OR_RETURN(const std::string secret, LoadSecret(settings_, /*create=*/true));
    db::Address address = DatabaseAddress(settings_);
    if (settings_.own_database()) {
      ASSIGN_OR_RETURN(server_, db::PrivateServer::Start(PrivateServerOptions(settings_)));
      address = server_->address();
    }
    RETURN_IF_ERROR(MigrateDatabases(settings_, address, SteadyNow() + kStartLimit));
    ASSIGN_OR_RETURN(suite_, Suite::Start(settings_, address, secret, {"all"}));
    if (!suite_->AwaitReady(SteadyNow() + kStartLimit)) {
      return absl::UnavailableError("the services did not become ready");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Introduce(const UpOptions& options) {
    const std::string host = LocalHost(settings_.bind);
    const std::string grpc = JoinHostPort(host, suite_->grpc_port());
    const std::string http = JoinHostPort(host, suite_->http_port());
    ASSIGN_OR_RETURN(const rpc::TlsOptions server_tls, LoadTls(settings_));
    const rpc::PeerTls tls = ShellTls(settings_, server_tls);
    ASSIGN_OR_RETURN(const KnownOwner owner, EnsureOwner(settings_.home, grpc, tls));
    if (options.demo && owner.problem.empty()) {
      RETURN_IF_ERROR(EnsureDemoProducts(settings_.home, grpc, tls, ShellKey(settings_), options.demo_products));
    }
    RETURN_IF_ERROR(WriteEndpoint(settings_, grpc, http));
    return Summary(settings_, owner, grpc, http);
  }

  void Stop() {
    if (suite_ != nullptr) suite_->Drain();
    suite_ = nullptr;
    if (server_ != nullptr) {
      const absl::Status stopped = server_->Stop();
      if (!stopped.ok()) std::fprintf(stderr, "%s\n", std::string(stopped.message()).c_str());
    }
    server_ = nullptr;
  }

 private:
  const Settings& settings_;
  std::unique_ptr<db::PrivateServer> server_;
  std::unique_ptr<Suite> suite_;
};

// True once another process serves this data folder and has written where; false if none does, or the one that did is
// gone: one that was killed holds its lock for a moment more, and its address stays in the endpoint file.
bool AwaitRunning(const Settings& settings) {
  const absl::Time deadline = SteadyNow() + kStartLimit;
  while (SuiteRuns(settings)) {
    const bool serves = ReadSmallFile(EndpointPath(settings)).ok() && Listens(ShellAddress(settings));
    if (serves || SteadyNow() > deadline) return SuiteRuns(settings);
    absl::SleepFor(kLook);
  }
  return false;
}

// Another process serves this data folder: waits until it answers, then says the same as it did. Nothing if that
// process is gone before it answers: one that was killed may accept connections for a moment more.
absl::StatusOr<std::optional<std::string>> IntroduceRunning(const Settings& settings) {
  ASSIGN_OR_RETURN(const rpc::TlsOptions server_tls, LoadTls(settings));
  const rpc::PeerTls tls = ShellTls(settings, server_tls);
  const absl::Time deadline = SteadyNow() + kStartLimit;
  absl::Status answered = absl::UnavailableError("not started");
  while (!answered.ok() && SteadyNow() < deadline) {
    gateway::v1::GetCallerRequest request;
    gateway::v1::GetCallerResponse response;
    Client client(ShellAddress(settings), tls, ShellKey(settings));
    answered = client.Call("storeops.gateway.v1.IdentityService/GetCaller", request, &response, /*retry=*/true,
                           absl::Seconds(5));
    // A key that is not valid any more is an answer, too.
    if (absl::IsUnauthenticated(answered)) answered = absl::OkStatus();
    if (answered.ok()) break;
    if (!SuiteRuns(settings)) return std::nullopt;
    absl::SleepFor(absl::Milliseconds(200));
  }
  RETURN_IF_ERROR(answered);
  ASSIGN_OR_RETURN(const std::string endpoint, ReadSmallFile(EndpointPath(settings)));
  const size_t line = endpoint.find('\n');
  ASSIGN_OR_RETURN(const KnownOwner owner, EnsureOwner(settings.home, endpoint.substr(0, line), tls));
  const std::string http(absl::StripSuffix(endpoint.substr(line + 1), "\n"));
  return absl::StrCat("It runs already.\n", Summary(settings, owner, endpoint.substr(0, line), http));
}

absl::Status ServeUntilStopped(const Settings& settings, const UpOptions& options, const SignalWaiter& signals,
                               Detached& detached) {
  // That of the process before; others wait until this one has written its own.
  std::error_code error;
  std::filesystem::remove(EndpointPath(settings), error);
  if (error) return absl::InternalError(absl::StrCat(EndpointPath(settings), ": ", error.message()));
  LogRotation log(LogPath(settings));
  if (options.detach) log.Start();
  LocalSuite suite(settings);
  RETURN_IF_ERROR(suite.Start());
  ASSIGN_OR_RETURN(const std::string summary, suite.Introduce(options));
  detached.Tell(options.detach ? summary : absl::StrCat(summary, "\nCtrl-C stops it.\n"));
  signals.Await();
  suite.Stop();
  return absl::OkStatus();
}

absl::Status Serve(const Settings& settings, const UpOptions& options, const SignalWaiter& signals,
                   Detached& detached) {
  const absl::Status served = ServeUntilStopped(settings, options, signals, detached);
  if (served.ok()) return served;
  return absl::Status(served.code(), absl::StrCat("the suite did not come up\n", DescribeStatus(served)));
}

absl::Status IntroduceOrServe(const Settings& settings, const UpOptions& options, Detached& detached) {
  const SignalWaiter signals;
  const absl::Time deadline = SteadyNow() + kStartLimit;
  // Several may be started at once: one leads, the others wait for it.
  while (true) {
    const auto lock = LockFile::Acquire(LockPath(settings));
    if (lock.ok()) return Serve(settings, options, signals, detached);
    if (!absl::IsFailedPrecondition(lock.status()) || SteadyNow() > deadline) return lock.status();
    if (AwaitRunning(settings)) {
      ASSIGN_OR_RETURN(const std::optional<std::string> introduction, IntroduceRunning(settings));
      if (introduction.has_value()) {
        detached.Tell(*introduction);
        return absl::OkStatus();
      }
    }
    absl::SleepFor(kLook);
  }
}

}  // namespace

absl::Status UpCommand(const Settings& settings, const UpOptions& options) {
  RETURN_IF_ERROR(MakeFolder(settings.home));
  Detached detached;
  if (options.detach) {
    // First of all, as what follows starts threads.
    RETURN_IF_ERROR(MakeFolder(settings.home + "/log"));
    ASSIGN_OR_RETURN(detached, Detached::Start(LogPath(settings)));
    if (!detached.is_child()) {
      if (detached.result().ok()) std::fputs(detached.message().c_str(), stdout);
      return detached.result();
    }
  }
  const absl::Status ended = IntroduceOrServe(settings, options, detached);
  if (!ended.ok()) detached.TellError(ended);
  return ended;
}

absl::Status DownCommand(const Settings& settings) {
  const int holder = LockFile::Holder(LockPath(settings));
  if (holder != 0) {
    kill(holder, SIGTERM);
    const absl::Time deadline = SteadyNow() + absl::Seconds(settings.drain_limit_s) + kStopLimit;
    while (LockFile::Holder(LockPath(settings)) == holder) {
      if (SteadyNow() > deadline) return absl::DeadlineExceededError(absl::StrCat("process ", holder, " does not end"));
      absl::SleepFor(absl::Milliseconds(50));
    }
  }
  if (!db::PrivateServer::RunningAddress(settings.home + "/db").has_value()) {
    std::puts(holder != 0 ? "Stopped." : "It does not run.");
    return absl::OkStatus();
  }
  // Left behind by an `up` that was killed: take it over to end it cleanly.
  ASSIGN_OR_RETURN(auto server, db::PrivateServer::Start(PrivateServerOptions(settings)));
  RETURN_IF_ERROR(server->Stop());
  std::puts("Stopped.");
  return absl::OkStatus();
}

bool SuiteRuns(const Settings& settings) { return LockFile::Holder(LockPath(settings)) != 0; }

std::string ShellAddress(const Settings& settings) {
  const auto endpoint = ReadSmallFile(EndpointPath(settings));
  if (endpoint.ok()) return endpoint->substr(0, endpoint->find('\n'));
  return JoinHostPort(LocalHost(settings.bind), settings.grpc_port);
}

std::string ShellKey(const Settings& settings) {
  const auto key = ReadSmallFile(settings.home + "/api_key");
  return key.ok() ? std::string(absl::StripSuffix(*key, "\n")) : "";
}

}  // namespace storeops
