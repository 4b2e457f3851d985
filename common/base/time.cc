#include "common/base/time.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace storeops {

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  SetMicros(absl::ToUnixMicros(time), &timestamp);
  return timestamp;
}

void SetMicros(int64_t unix_micros, google::protobuf::Timestamp* timestamp) {
  constexpr int64_t kSecond = 1'000'000;
  const int64_t micros = (unix_micros % kSecond + kSecond) % kSecond;
  timestamp->set_seconds((unix_micros - micros) / kSecond);
  timestamp->set_nanos(static_cast<int32_t>(micros * 1000));
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Microseconds(timestamp.nanos() / 1000);
}

google::protobuf::Duration ToDurationProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

absl::Duration FromDurationProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::StatusOr<absl::Time> ParseRfc3339(absl::string_view text) {
  // What a Timestamp and the tables can hold.
  static const absl::Time first = absl::FromCivil(absl::CivilYear(1), absl::UTCTimeZone());
  static const absl::Time end = absl::FromCivil(absl::CivilYear(10000), absl::UTCTimeZone());
  absl::Time time;
  std::string error;
  if (text.size() > 40 || !absl::ParseTime(absl::RFC3339_full, text, &time, &error) || time < first || time >= end) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text.substr(0, 40), "\" is not a time such as 2026-01-31T09:30:00Z"));
  }
  return time;
}

std::string FormatRfc3339(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

}  // namespace storeops
