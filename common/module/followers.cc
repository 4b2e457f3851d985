#include "common/module/followers.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/changes/peer_feed_source.h"

namespace storeops {
namespace {

constexpr absl::string_view kNamePrefix = "deadLetters/";
constexpr resource::PageSizes kPageSizes{50, 200};

std::string FormatName(absl::string_view service, int64_t id) { return absl::StrCat(kNamePrefix, service, ".", id); }

}  // namespace

Followers::Followers(std::string service, db::Database& database, const resource::PageTokens& tokens,
                     telemetry::Telemetry& telemetry, std::function<rpc::Peer*(absl::string_view service)> peer)
    : service_(std::move(service)),
      database_(database),
      tokens_(tokens),
      telemetry_(telemetry),
      peer_(std::move(peer)) {}

void Followers::Add(changes::Follower::Options options, changes::Follower::Apply apply) {
  options.telemetry = &telemetry_;
  declared_.push_back({std::move(options), std::move(apply)});
}

void Followers::Start() {
  // A mask would be kept in place of the value.
  const rpc::Principal principal{
      absl::StrCat("services/", service_), service_, {"changes.read", "*.read", "*.personal.read", "*.costs.read"}};
  for (Declared& each : declared_) {
    rpc::Peer* const peer = peer_ == nullptr ? nullptr : peer_(each.options.source);
    if (peer == nullptr) {
      telemetry::Log(telemetry::LogLevel::kWarning, "follower does not run: its source is unknown",
                     {{"follower", each.options.name}, {"source", each.options.source}});
      continue;
    }
    auto source = changes::MakePeerFeedSource(*peer, each.options.source, each.options.types, principal);
    running_.push_back(
        std::make_unique<changes::Follower>(each.options, database_, std::move(source), std::move(each.apply)));
    running_.back()->Start();
  }
  declared_.clear();
}

void Followers::Stop() {
  for (const auto& follower : running_) follower->Stop();
}

changes::Follower* Followers::Find(absl::string_view name) const {
  for (const auto& follower : running_) {
    if (follower->options().name == name) return follower.get();
  }
  return nullptr;
}

std::string Followers::ServiceOf(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, kNamePrefix)) return "";
  const size_t dot = name.rfind('.');
  return dot == absl::string_view::npos ? "" : std::string(name.substr(0, dot));
}

absl::Status Followers::NotFound(absl::string_view name) {
  return ResourceNotFound("changes.storeops/DeadLetter", name);
}

absl::StatusOr<int64_t> Followers::ParseName(absl::string_view name) const {
  absl::string_view number = name;
  int64_t id = 0;
  if (!absl::ConsumePrefix(&number, absl::StrCat(kNamePrefix, service_, ".")) || !absl::SimpleAtoi(number, &id) ||
      FormatName(service_, id) != name) {
    return NotFound(name);
  }
  return id;
}

changes::v1::DeadLetter Followers::ToMessage(const changes::StoredDeadLetter& letter) const {
  changes::v1::DeadLetter message;
  message.set_name(FormatName(service_, letter.id));
  message.set_follower(letter.follower);
  *message.mutable_change() = letter.change;
  message.set_error(letter.error);
  message.set_attempts(letter.attempts);
  *message.mutable_create_time() = ToTimestamp(letter.create_time);
  return message;
}

absl::StatusOr<changes::v1::ListDeadLettersResponse> Followers::List(const changes::v1::ListDeadLettersRequest& request,
                                                                     absl::Time deadline) {
  ASSIGN_OR_RETURN(const resource::ListPage page, tokens_.Open(request, "n", kPageSizes));
  ASSIGN_OR_RETURN(auto letters, changes::ListDeadLetters(database_, page.Number(0), page.limit(), deadline));
  changes::v1::ListDeadLettersResponse response;
  page.Close(letters, [](const changes::StoredDeadLetter& last) -> resource::PageKeys { return {last.id}; }, &response);
  for (const changes::StoredDeadLetter& letter : letters) *response.add_dead_letters() = ToMessage(letter);
  return response;
}

absl::StatusOr<changes::v1::RetryDeadLetterResponse> Followers::Retry(absl::string_view name, absl::Time deadline) {
  ASSIGN_OR_RETURN(const int64_t id, ParseName(name));
  ASSIGN_OR_RETURN(const auto letter, changes::ReadDeadLetter(database_, id, deadline));
  if (!letter.has_value()) return NotFound(name);
  changes::Follower* const follower = Find(letter->follower);
  if (follower == nullptr) {
    return PreconditionFailed("FOLLOWER_NOT_RUNNING", name,
                              absl::StrCat("follower ", letter->follower, " does not run in this process"));
  }
  ASSIGN_OR_RETURN(const int applied, follower->RetryDeadLetters(letter->change.subject(), deadline));
  changes::v1::RetryDeadLetterResponse response;
  response.set_applied(applied);
  return response;
}

absl::Status Followers::Delete(absl::string_view name, absl::Time deadline) {
  ASSIGN_OR_RETURN(const int64_t id, ParseName(name));
  ASSIGN_OR_RETURN(const bool deleted, changes::DeleteDeadLetter(database_, id, deadline));
  return deleted ? absl::OkStatus() : NotFound(name);
}

}  // namespace storeops
