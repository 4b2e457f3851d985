#include "common/db/db_error.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/db/database.h"
#include "common/telemetry/telemetry.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"  // older error_details.proto: proto/CMakeLists.txt
#endif

namespace storeops::db {
namespace {

constexpr size_t kMaxShownSql = 300;
constexpr absl::Duration kRetryAfter = absl::Seconds(1);
constexpr absl::Duration kRoomRetryAfter = absl::Seconds(10);

// "... for key 'PRIMARY'", or 'table.PRIMARY' from MySQL 8 and TiDB. The duplicate value stands before it.
std::string KeyFromMessage(absl::string_view message) {
  constexpr absl::string_view kMark = " for key '";
  const size_t mark = message.rfind(kMark);
  if (mark == absl::string_view::npos) return "";
  absl::string_view key = message.substr(mark + kMark.size());
  key = key.substr(0, key.rfind('\''));
  const size_t dot = key.rfind('.');
  return std::string(dot == absl::string_view::npos ? key : key.substr(dot + 1));
}

absl::Status WithCode(absl::Status status, absl::string_view reason, int code,
                      std::map<std::string, std::string> metadata = {}) {
  if (code != 0) metadata["database_error"] = absl::StrCat(code);
  return WithReason(std::move(status), reason, metadata);
}

// The server's text names addresses and files: for the log, not for callers.
absl::Status Unreachable(int code, const std::string& text) {
  telemetry::Log(telemetry::LogLevel::kWarning, "the database cannot be reached", {{"error", text}});
  return WithCode(UnavailableRetry("the database cannot be reached", kRetryAfter), "DATABASE_UNAVAILABLE", code);
}

// "(Errcode: 28 "No space left on device")", "Got error 28 from storage engine"; 122 is a quota.
bool SaysDiskFull(absl::string_view message) {
  for (absl::string_view sign : {"code: 28 ", "error 28 ", "errno: 28 ", "code: 122 ", "error 122 ", "errno: 122 "}) {
    if (absl::StrContains(absl::StrCat(message, " "), sign)) return true;
  }
  return false;
}

// The same holds for this text.
absl::Status DiskFull(int code, const std::string& text) {
  telemetry::Log(telemetry::LogLevel::kError, "the database's disk is full", {{"error", text}});
  return WithCode(UnavailableRetry("the database's disk is full", kRoomRetryAfter), "DISK_FULL", code);
}

std::string Metadata(const absl::Status& status, const std::string& key) {
  google::rpc::ErrorInfo info;
  if (!GetDetail(status, &info)) return "";
  const auto found = info.metadata().find(key);
  return found == info.metadata().end() ? "" : found->second;
}

}  // namespace

bool IsConnectionLost(int code) {
  switch (code) {
    case 1040:  // too many connections
    case 1053:  // shutdown in progress
    case 1080:  // forced close
    case 1152:  // aborted connection
    case 1153:  // packet too large: the server hangs up
    case 1158:  // network errors seen by the server, to 1161
    case 1159:
    case 1160:
    case 1161:
    case 1203:  // too many connections of this user
    case 1290:  // read only: after a switch of the primary a new connection finds the new one
    case 1836:
    case 1927:  // killed (MariaDB)
    case 4031:  // idle for too long (MySQL)
      return true;
    default:
      return code >= 2000 && code < 3000;
  }
}

bool IsConflict(int code) {
  return code == 1213 || code == 1205 || code == 1020 || code == 9007;  // the last is TiDB's write conflict
}

absl::Status StatusFromServer(int code, absl::string_view message, absl::string_view sql) {
  const std::string text = absl::StrCat("database: ", message, code == 0 ? "" : absl::StrCat(" (", code, ")"));
  if (IsConflict(code)) return WithCode(absl::AbortedError(text), "DATABASE_CONFLICT", code);
  if (IsConnectionLost(code)) return Unreachable(code, text);
  if (SaysDiskFull(message)) return DiskFull(code, text);
  switch (code) {
    case 1021:  // disk full; the server waits for room
    case 1114:  // the table is full
      return DiskFull(code, text);
    case 1062:
    case 1586:
      return WithCode(absl::AlreadyExistsError(text), "DUPLICATE_KEY", code, {{"key", KeyFromMessage(message)}});
    case 1969:  // MariaDB's max_statement_time
    case 3024:  // MySQL's max_execution_time
      return WithCode(absl::DeadlineExceededError(text), "STATEMENT_LIMIT", code);
    case 1317:  // somebody ended the statement
      return WithCode(absl::UnavailableError(text), "STATEMENT_KILLED", code);
    default:
      return WithCode(absl::InternalError(absl::StrCat(text, " in: ", sql.substr(0, kMaxShownSql))), "DATABASE_ERROR",
                      code);
  }
}

int ErrorCode(const absl::Status& status) {
  int code = 0;
  return absl::SimpleAtoi(Metadata(status, "database_error"), &code) ? code : 0;
}

std::string DuplicateKey(const absl::Status& status) { return Metadata(status, "key"); }

}  // namespace storeops::db
