#include <unistd.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/now.h"
#include "common/telemetry/line_limit.h"
#include "common/telemetry/telemetry.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace storeops::telemetry {
namespace {

constexpr size_t kMaxValueBytes = 8 << 10;
constexpr absl::string_view kLevelNames[] = {"debug", "info", "warning", "error"};
std::atomic<LogLevel> g_level{LogLevel::kInfo};

// A JSON string; bytes that are not valid text stay as they are, control characters are escaped.
void AppendJsonString(std::string& out, absl::string_view text) {
  out += '"';
  for (const char c : text.substr(0, kMaxValueBytes)) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (absl::ascii_iscntrl(c)) {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

int64_t SteadySeconds() {
  using std::chrono::steady_clock;
  return std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now().time_since_epoch()).count();
}

spdlog::logger& Logger() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("storeops", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

}  // namespace

void SetLogLevel(LogLevel level) { g_level = level; }

void Log(LogLevel level, absl::string_view message, const LogFields& fields) {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  static LineLimit limit;
  const std::optional<int64_t> left_out = limit.Admit(message, SteadySeconds());
  if (!left_out.has_value()) return;
  std::string line =
      absl::StrCat("{\"time\":\"", absl::FormatTime("%Y-%m-%d%ET%H:%M:%E6SZ", WallNow(), absl::UTCTimeZone()),
                   "\",\"level\":\"", kLevelNames[static_cast<int>(level)], "\",\"message\":");
  AppendJsonString(line, message);
  for (const auto& [key, value] : fields) {
    line += ',';
    AppendJsonString(line, key);
    line += ':';
    AppendJsonString(line, value);
  }
  if (*left_out > 0) absl::StrAppend(&line, ",\"left_out\":", *left_out);
  line += '}';
  Logger().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace storeops::telemetry
