// absl::Time against google.protobuf.Timestamp and RFC 3339.
#ifndef STOREOPS_COMMON_BASE_TIME_H_
#define STOREOPS_COMMON_BASE_TIME_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace storeops {

// Kept to the microsecond, as in the tables.
google::protobuf::Timestamp ToTimestamp(absl::Time time);
// The same of microseconds since 1970, without a message in between.
void SetMicros(int64_t unix_micros, google::protobuf::Timestamp* timestamp);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

google::protobuf::Duration ToDurationProto(absl::Duration duration);
absl::Duration FromDurationProto(const google::protobuf::Duration& duration);

// "2026-01-02T03:04:05.678Z" or with an offset, of the years 1 to 9999 in UTC. INVALID_ARGUMENT otherwise.
absl::StatusOr<absl::Time> ParseRfc3339(absl::string_view text);
std::string FormatRfc3339(absl::Time time);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_TIME_H_
