#include "common/rpc/active_call.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/address_shares.h"
#include "common/base/errors.h"
#include "common/base/message_text.h"
#include "common/base/status_macros.h"
#include "common/base/validation.h"
#include "common/rpc/caller_kind.h"

namespace storeops::rpc {
namespace {

using storeops::options::v1::Access;

constexpr size_t kMaxLanguageBytes = 35;

// "zh-CN" of "zh-CN,zh;q=0.9".
std::string FirstLanguage(absl::string_view accept_language) {
  const absl::string_view first =
      absl::StripAsciiWhitespace(accept_language.substr(0, accept_language.find_first_of(",;")));
  return first == "*" || first.size() > kMaxLanguageBytes ? "" : std::string(first);
}

bool IsPublic(const Access& access) { return access.rule_case() == Access::kPublic && access.public_(); }

absl::Status Authorise(const Access& access, const Principal& principal) {
  if (IsPublic(access)) return absl::OkStatus();
  if (!principal.authenticated()) {
    return Unauthenticated("CREDENTIALS_MISSING", "this method needs a credential: \"authorization: Bearer ...\"");
  }
  if (access.rule_case() == Access::kAuthenticated && access.authenticated()) return absl::OkStatus();
  if (access.rule_case() == Access::kPermission && principal.Has(access.permission())) return absl::OkStatus();
  return PermissionMissing(access.permission());
}

// Errors whose text is about our insides (SQL, addresses): logged, never shown.
bool IsInternal(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

}  // namespace

Pipeline::Active::Active(Pipeline& pipeline, Incoming incoming)
    : pipeline_(pipeline), incoming_(std::move(incoming)), arena_(first_block_, sizeof(first_block_)) {
  admission_ = pipeline_.CountIn(*incoming_.method);
  if (admission_.metrics != nullptr) admission_.metrics->Started();
  call_.method = incoming_.method;
  call_.trace = TraceContext::FromHeader(incoming_.traceparent);
  call_.start = Now();
  call_.deadline = std::min(incoming_.deadline, call_.start + method().time_limit);
  call_.language = FirstLanguage(incoming_.language);
  call_.peer_address = std::move(incoming_.peer_address);
  call_.cancellation = std::move(incoming_.cancellation);
}

absl::Status Pipeline::Active::CheckAccepted() const {
  if (admission_.stopping) return UnavailableRetry("the server is shutting down", absl::Seconds(1));
  const Group* const group = admission_.group;
  if (admission_.accepted) return absl::OkStatus();
  return WithReason(
      ExhaustedRetry(absl::StrCat("at most ", group->limit, " ", group->name, " can be in flight"), absl::Seconds(1)),
      "TOO_MANY_IN_FLIGHT");
}

std::optional<absl::Status> Pipeline::Active::TryLetIn() {
  auto principal = pipeline_.options_.authenticator->TryAuthenticate(incoming_.credentials);
  if (!principal.has_value()) return std::nullopt;
  return Admit(*std::move(principal));
}

absl::Status Pipeline::Active::LetIn() {
  RETURN_IF_ERROR(CheckWanted());
  RateLimiter* const limiter = pipeline_.options_.rate_limiter;
  const std::string address = AddressGroup(call_.peer_address);
  // Made-up keys cost the database a question each: an address that sends too many is not asked about any more.
  if (limiter != nullptr) RETURN_IF_ERROR(limiter->Look(address, /*anonymous=*/true));
  auto principal = pipeline_.options_.authenticator->Authenticate(incoming_.credentials, call_.deadline);
  if (limiter != nullptr && absl::IsUnauthenticated(principal.status())) {
    RETURN_IF_ERROR(limiter->Admit(address, /*anonymous=*/true));
  }
  return Admit(std::move(principal));
}

WorkerShares::Caller Pipeline::Active::WorkerCaller() const {
  using Kind = WorkerShares::Caller::Kind;
  const std::string& name = call_.principal.name;
  if (incoming_.inner || IsService(call_.principal)) return {};
  if (!name.empty()) return {Kind::kCaller, name};
  return {Kind::kAddress, AddressGroup(call_.peer_address)};
}

absl::Status Pipeline::Active::Admit(absl::StatusOr<Principal> principal) {
  // Who signs in because an old token is no good may still send it along.
  if (IsPublic(method().access) && absl::IsUnauthenticated(principal.status())) principal = Principal();
  if (!principal.ok()) return std::move(principal).status();
  call_.principal = *std::move(principal);
  RETURN_IF_ERROR(Authorise(method().access, call_.principal));
  RETURN_IF_ERROR(CheckLimits());
  return CheckWanted();
}

absl::Status Pipeline::Active::CheckLimits() {
  RETURN_IF_ERROR(CheckRequestBytes(incoming_.request_bytes));
  RateLimiter* const limiter = pipeline_.options_.rate_limiter;
  const std::string& name = call_.principal.name;
  if (limiter == nullptr || IsService(call_.principal)) return absl::OkStatus();
  if (call_.principal.authenticated()) return limiter->Admit(name, /*anonymous=*/false);
  return limiter->Admit(AddressGroup(call_.peer_address), /*anonymous=*/true);
}

absl::Status Pipeline::Active::CheckRequestBytes(size_t bytes) const {
  if (bytes <= static_cast<size_t>(method().max_request_bytes)) return absl::OkStatus();
  return WithReason(absl::ResourceExhaustedError(absl::StrCat("the request has ", bytes, " bytes; at most ",
                                                              method().max_request_bytes, " are allowed")),
                    "REQUEST_TOO_LARGE");
}

absl::Status Pipeline::Active::CheckWanted() const { return call_.CheckWanted(Now()); }

CostLane::Asker Pipeline::Active::Asker() const {
  const std::string& name = call_.principal.name;
  return {method().descriptor->file()->package(), name.empty() ? AddressGroup(call_.peer_address) : name};
}

absl::StatusOr<CostLane*> Pipeline::Active::Weigh() {
  RETURN_IF_ERROR(CheckWanted());
  RETURN_IF_ERROR(Decode());
  if (method().cost) {
    ASSIGN_OR_RETURN(const absl::Duration cost, method().cost(call_, request()));
    if (cost <= kInteractiveCost) return nullptr;
  } else if (!method().expensive.has_value()) {
    return nullptr;
  }
  CostLanes* const lanes = pipeline_.options_.lanes;
  return lanes == nullptr ? nullptr : &lanes->Of(method().expensive.value_or(CostKind::kDatabase));
}

absl::Status Pipeline::Active::ParseRequest() {
  if (request_ != nullptr) return absl::OkStatus();
  request_ = method().request->New(&arena_);
  return incoming_.decode(request_);
}

absl::Status Pipeline::Active::Decode() {
  if (request_ != nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(ParseRequest());
  return CheckRequest(request_);
}

absl::Status Pipeline::Active::CheckRequest(google::protobuf::Message* request) const {
  std::vector<FieldViolation> violations = NormalizeTexts(request);
  // Only now: a mask may have had blanks around it.
  if (!method().personal_in_request.empty()) {
    const HiddenData hidden = HiddenFrom(call_.principal, method().personal_in_request);
    RETURN_IF_ERROR(CheckNoMaskWritten(hidden, *request));
  }
  AddForOtherFields(FindViolations(*request, {.prefix = "", .skip_resources = true}), &violations);
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

absl::StatusOr<std::string> Pipeline::Active::Bytes() {
  if (incoming_.binary) return incoming_.binary();
  RETURN_IF_ERROR(ParseRequest());
  return request_->SerializeAsString();
}

absl::StatusOr<Reply> Pipeline::Active::Masked(Reply answer) const {
  const HiddenData hidden = HiddenInResponse();
  if (hidden.empty()) return answer;
  std::unique_ptr<google::protobuf::Message> message(method().response->New());
  RETURN_IF_ERROR(answer.ToMessage(message.get()));
  MaskPersonalData(hidden, message.get());
  return Reply(std::move(message));
}

absl::Status Pipeline::Active::Conclude(const absl::Status& outcome) {
  const absl::Duration elapsed = Now() - call_.start;
  if (admission_.metrics != nullptr) admission_.metrics->Ended(outcome.code(), elapsed);
  LogCall(outcome, elapsed);
  return outcome.ok() ? outcome : ForCaller(outcome);
}

void Pipeline::Active::LogCall(const absl::Status& outcome, absl::Duration elapsed) const {
  const bool quiet = outcome.ok() && method().no_side_effects;
  if (quiet && !pipeline_.options_.log_reads) return;
  telemetry::LogFields fields = {{"method", method().full_name},
                                 {"code", absl::StatusCodeToString(outcome.code())},
                                 {"ms", absl::StrFormat("%.3f", absl::ToDoubleMilliseconds(elapsed))},
                                 {"principal", call_.principal.name},
                                 {"trace_id", call_.trace.trace_id},
                                 {"peer", call_.peer_address}};
  if (IsInternal(outcome.code())) {
    fields.emplace_back("error", std::string(outcome.message()));
    return telemetry::Log(telemetry::LogLevel::kError, "call failed", fields);
  }
  if (!outcome.ok()) fields.emplace_back("reason", ReasonOf(outcome));
  telemetry::Log(quiet ? telemetry::LogLevel::kDebug : telemetry::LogLevel::kInfo, "call", fields);
}

absl::Status Pipeline::Active::ForCaller(const absl::Status& outcome) const {
  const std::string code = absl::StatusCodeToString(outcome.code());
  if (IsInternal(outcome.code())) {
    const std::string& trace_id = call_.trace.trace_id;
    const std::string message = absl::StrCat("something went wrong here; it is in the logs as trace ", trace_id);
    return WithReason({outcome.code(), message}, code, {{"trace_id", trace_id}});
  }
  return ReasonOf(outcome).empty() ? WithReason(outcome, code) : outcome;
}

}  // namespace storeops::rpc
