// What a test or benchmark takes from the machine for a while: a folder, a port.
#ifndef STOREOPS_TESTS_SUPPORT_MACHINE_H_
#define STOREOPS_TESTS_SUPPORT_MACHINE_H_

#include <cstdint>
#include <string>

namespace storeops::testing {

// A folder below the system's for temporary files, removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Memory of this process that is resident now (VmRSS).
int64_t ResidentBytes();

// A TCP port of this machine that is free now; for programs that must be told a port before they start.
int FreePort();

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_MACHINE_H_
