#include "common/base/invariant.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "absl/base/const_init.h"
#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace storeops {
namespace {

ABSL_CONST_INIT absl::Mutex g_sites_mutex(absl::kConstInit);

std::vector<const BugSite*>& Sites() ABSL_EXCLUSIVE_LOCKS_REQUIRED(g_sites_mutex) {
  static auto* const sites = new std::vector<const BugSite*>;
  return *sites;
}

void LogToStderr(const BugSite& site, absl::string_view message) {
  std::fprintf(stderr, "bug at %s: %.*s\n", site.location().c_str(), static_cast<int>(message.size()), message.data());
}

std::atomic<BugLog> g_log{LogToStderr};

// Within the repository, wherever it was built.
absl::string_view RepositoryPath(absl::string_view file) {
  for (const absl::string_view root : {"/common/", "/services/", "/tests/"}) {
    const size_t found = file.rfind(root);
    if (found != absl::string_view::npos) return file.substr(found + 1);
  }
  return file;
}

}  // namespace

void AssertionFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
}

std::string BugSite::location() const { return absl::StrCat(RepositoryPath(file_), ":", line_); }

absl::Status BugSite::Report(absl::string_view message, absl::Time now) {
  if (count_.fetch_add(1) == 0) {
    absl::MutexLock lock(&g_sites_mutex);
    Sites().push_back(this);
  }
  int64_t log_after = log_after_us_.load();
  const int64_t now_us = absl::ToUnixMicros(now);
  const int64_t next = now_us + absl::ToInt64Microseconds(kLogInterval);
  if (now_us >= log_after && log_after_us_.compare_exchange_strong(log_after, next)) g_log.load()(*this, message);
  return absl::InternalError(message);
}

void ForEachBugSite(absl::FunctionRef<void(const BugSite& site)> visit) {
  std::vector<const BugSite*> sites;
  {
    absl::MutexLock lock(&g_sites_mutex);
    sites = Sites();
  }
  for (const BugSite* site : sites) visit(*site);
}

void SetBugLog(BugLog log) { g_log = log; }

}  // namespace storeops
