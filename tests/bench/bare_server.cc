#include "tests/bench/bare_server.h"

#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/bench/load.h"

namespace storeops::bench {

BareServer::BareServer(const std::string& kind, const std::string& what, const std::string& answer)
    : port_(testing::FreePort()) {
  std::ofstream(folder_.path() + "/answer", std::ios::binary) << answer;
  child_ = std::make_unique<Child>(std::vector<std::string>{"/proc/self/exe", "--bare", kind, absl::StrCat(port_), what,
                                                            folder_.path() + "/answer"});
  AwaitPort(port_);
}

void ServeIfBare(int argc, char** argv) {
  if (argc != 6 || std::string(argv[1]) != "--bare") return;
  std::ifstream file(argv[5], std::ios::binary);
  const std::string answer((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  int port = 0;
  if (!absl::SimpleAtoi(argv[3], &port)) Fail("port");
  const std::string kind = argv[2];
  if (kind == "http") ServeBareHttp(port, argv[4], answer);
  const std::vector<std::string> path = absl::StrSplit(argv[4], '/');  // "", service, method
  ServeBareGrpc(port, path.at(1), path.at(2), answer, kind == "grpc messages");
}

}  // namespace storeops::bench
