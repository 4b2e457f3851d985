// To be preloaded: flushes to disk take a millisecond longer, as on network disks of clouds. Benchmarks show by it what
// comes of a figure where a flush is not as quick as on the machine at hand.
#include <dlfcn.h>
#include <time.h>

namespace {

using Sync = int (*)(int);

int SyncLater(const char* name, int file) {
  constexpr timespec kDelay = {0, 1'000'000};
  nanosleep(&kDelay, nullptr);
  return reinterpret_cast<Sync>(dlsym(RTLD_NEXT, name))(file);
}

}  // namespace

extern "C" {
int fsync(int file) { return SyncLater("fsync", file); }
int fdatasync(int file) { return SyncLater("fdatasync", file); }
}
