#include "common/rpc/call.h"

#include <algorithm>
#include <cstdint>

#include "absl/random/random.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"

namespace storeops::rpc {
namespace {

constexpr size_t kTraceIdDigits = 32;
constexpr size_t kSpanIdDigits = 16;
constexpr size_t kHeaderSize = 2 + 1 + kTraceIdDigits + 1 + kSpanIdDigits + 1 + 2;

// Capital letters are not allowed in a traceparent.
bool IsLowerHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(absl::string_view text) {
  return IsLowerHex(text) && std::any_of(text.begin(), text.end(), [](char c) { return c != '0'; });
}

// 16 hex digits that are not all zero.
std::string RandomSpanId() {
  thread_local absl::InsecureBitGen generator;
  const auto id = absl::Uniform<uint64_t>(absl::IntervalClosed, generator, 1, UINT64_MAX);
  return absl::StrCat(absl::Hex(id, absl::kZeroPad16));
}

int HexDigit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

bool ParseHeader(absl::string_view header, TraceContext* trace) {
  if (header.size() < kHeaderSize) return false;
  const absl::string_view version = header.substr(0, 2);
  const absl::string_view trace_id = header.substr(3, kTraceIdDigits);
  const absl::string_view parent = header.substr(4 + kTraceIdDigits, kSpanIdDigits);
  const absl::string_view flags = header.substr(kHeaderSize - 2, 2);
  if (header[2] != '-' || header[3 + kTraceIdDigits] != '-' || header[kHeaderSize - 3] != '-') return false;
  if (!IsLowerHex(version) || version == "ff" || !IsId(trace_id) || !IsId(parent) || !IsLowerHex(flags)) return false;
  // Later versions may append fields.
  if (header.size() > kHeaderSize && (version == "00" || header[kHeaderSize] != '-')) return false;
  trace->trace_id = std::string(trace_id);
  trace->parent_span_id = std::string(parent);
  trace->sampled = (HexDigit(flags[1]) & 1) != 0;
  return true;
}

}  // namespace

bool PermissionCovers(absl::string_view granted, absl::string_view permission) {
  if (granted == permission || granted == "*") return !permission.empty();
  // The dot belongs to what must match: "catalog.*" is not "catalogue.read".
  if (absl::ConsumeSuffix(&granted, "*")) {
    return absl::EndsWith(granted, ".") && permission.size() > granted.size() && absl::StartsWith(permission, granted);
  }
  if (absl::ConsumePrefix(&granted, "*")) {
    if (!absl::StartsWith(granted, ".") || !absl::ConsumeSuffix(&permission, granted)) return false;
    // Reading resources is not reading what they hold of persons, nor what goods cost: that takes "*.personal.read" and
    // "*.costs.read".
    return !permission.empty() && !absl::EndsWith(permission, ".personal") && !absl::EndsWith(permission, ".costs");
  }
  return false;
}

bool Principal::Has(absl::string_view permission) const {
  return std::any_of(permissions.begin(), permissions.end(),
                     [&](const std::string& granted) { return PermissionCovers(granted, permission); });
}

TraceContext TraceContext::FromHeader(absl::string_view traceparent) {
  TraceContext trace;
  if (!ParseHeader(traceparent, &trace)) trace.trace_id = absl::StrCat(RandomSpanId(), RandomSpanId());
  trace.span_id = RandomSpanId();
  return trace;
}

std::string TraceContext::ToHeader() const {
  return absl::StrCat("00-", trace_id, "-", span_id, sampled ? "-01" : "-00");
}

absl::Status Call::CheckWanted(absl::Time now) const {
  if (Cancelled()) return WithReason(absl::CancelledError("the caller has gone"), "CANCELLED");
  if (now < deadline) return absl::OkStatus();
  return WithReason(absl::DeadlineExceededError("the deadline has passed"), "DEADLINE_EXCEEDED");
}

}  // namespace storeops::rpc
