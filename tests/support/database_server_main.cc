// test_database_server FOLDER COMMAND...: runs a command with a MariaDB for all its tests, whose socket
// STOREOPS_TEST_DB_SOCKET names. Starting one server for a whole test run is quicker than one for each program.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/db/private_server.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: test_database_server FOLDER COMMAND...\n", stderr);
    return 64;
  }
  storeops::db::PrivateServer::Options options;
  options.folder = argv[1];
  options.durable = false;
  options.die_with_parent = true;
  const auto server = storeops::db::PrivateServer::Start(options);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    return 1;
  }
  const std::string socket = (*server)->address().socket;
  const pid_t child = fork();
  if (child == 0) {
    setenv("STOREOPS_TEST_DB_SOCKET", socket.c_str(), 1);
    execvp(argv[2], argv + 2);
    std::perror(argv[2]);
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
