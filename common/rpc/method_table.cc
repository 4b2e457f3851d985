#include "common/rpc/method_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/base/validation.h"
#include "common/rpc/personal_data.h"

namespace storeops::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::MethodOptions;
using storeops::options::v1::Access;
using storeops::options::v1::CallLimits;

constexpr absl::Duration kLongestTimeLimit = absl::Hours(24);

std::string NameOf(const MethodDescriptor& descriptor) {
  return absl::StrCat(descriptor.service()->full_name(), "/", descriptor.name());
}

Urgency UrgencyOf(CallLimits::CallClass call_class) {
  switch (call_class) {
    case CallLimits::BATCH:
      return Urgency::kBatch;
    case CallLimits::BACKGROUND:
      return Urgency::kBackground;
    default:
      return Urgency::kInteractive;
  }
}

std::optional<CostKind> CostKindOf(CallLimits::Expensive expensive) {
  switch (expensive) {
    case CallLimits::DATABASE:
      return CostKind::kDatabase;
    case CallLimits::COMPUTE:
      return CostKind::kCompute;
    default:
      return std::nullopt;
  }
}

// A text field "filter", of the request itself or of a message in it, or "order_by" of the request.
bool TakesFilter(const Descriptor& type, int depth = 0) {
  constexpr int kMaxDepth = 2;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool decides = field.name() == "filter" || (depth == 0 && field.name() == "order_by");
    if (decides && field.type() == FieldDescriptor::TYPE_STRING && !field.is_repeated()) return true;
    if (depth < kMaxDepth && field.message_type() != nullptr && TakesFilter(*field.message_type(), depth + 1)) {
      return true;
    }
  }
  return false;
}

std::unique_ptr<Method> MakeRow(const MethodDescriptor& descriptor) {
  auto row = std::make_unique<Method>();
  row->descriptor = &descriptor;
  row->full_name = NameOf(descriptor);
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  row->request = factory->GetPrototype(descriptor.input_type());
  row->response = factory->GetPrototype(descriptor.output_type());
  const MethodOptions& options = descriptor.options();
  row->access = options.GetExtension(storeops::options::v1::access);
  if (!row->access.own_data()) {
    row->personal_in_request = PersonalPermissions(*descriptor.input_type());
    row->personal_in_response = PersonalPermissions(*descriptor.output_type());
  }
  const auto& limits = options.GetExtension(storeops::options::v1::call_limits);
  if (limits.has_time_limit()) row->time_limit = FromDurationProto(limits.time_limit());
  if (limits.max_request_bytes() != 0) row->max_request_bytes = limits.max_request_bytes();
  row->urgency = UrgencyOf(limits.call_class());
  row->expensive = CostKindOf(limits.expensive());
  row->no_side_effects = options.idempotency_level() == MethodOptions::NO_SIDE_EFFECTS;
  row->idempotent = row->no_side_effects || options.idempotency_level() == MethodOptions::IDEMPOTENT;
  row->request_id_field = descriptor.input_type()->FindFieldByName("request_id");
  return row;
}

// What is wrong with an access rule; empty if nothing is.
std::string AccessMistake(const Access& access) {
  switch (access.rule_case()) {
    case Access::kPermission: {
      const std::string& permission = access.permission();
      const bool plain = !permission.empty() && std::all_of(permission.begin(), permission.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || c == '_' || c == '.';
      });
      return plain ? "" : absl::StrCat("\"", permission, "\" is not a permission");
    }
    case Access::kPublic:
      return access.public_() ? "" : "the access rule public says false";
    case Access::kAuthenticated:
      return access.authenticated() ? "" : "the access rule authenticated says false";
    case Access::RULE_NOT_SET:
      break;
  }
  return "it has no access rule";
}

// How many kinds of handlers are bound, those that may accompany a unary one not counted.
int HandlersOf(const Method& row) {
  return (row.unary != nullptr) + (row.stream != nullptr) + (row.upload != nullptr) + (row.forward != nullptr) +
         (row.forward_stream != nullptr) + (row.forward_upload != nullptr);
}

absl::string_view FlowOf(const Method& row) {
  if (row.unary_call()) return "does not stream";
  return row.uploads() ? "streams its requests" : "streams its answers";
}

bool IsText(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field.is_repeated();
}

}  // namespace

absl::StatusOr<Reply> ReplayStore::AnswerOnce(const Call& call, absl::FunctionRef<absl::StatusOr<Reply>()> handle) {
  const ReplayKey* const keys[] = {&*call.replay};
  ASSIGN_OR_RETURN(std::vector<Answer> stored, FindAll(keys, call.deadline));
  RETURN_IF_ERROR(stored[0].status());
  if (stored[0]->has_value()) return Reply::FromBinary(**std::move(stored[0]));
  absl::StatusOr<Reply> answer = handle();
  return answer.ok() ? std::move(answer) : AnswerAfter(call, std::move(answer).status());
}

absl::StatusOr<Reply> ReplayStore::AnswerAfter(const Call& call, absl::Status failure) {
  const ReplayKey* const keys[] = {&*call.replay};
  auto stored = FindAll(keys, call.deadline);
  if (!stored.ok()) return failure;
  Answer& answer = (*stored)[0];
  if (absl::IsInvalidArgument(answer.status())) return answer.status();
  if (!answer.ok() || !answer->has_value()) return failure;
  return Reply::FromBinary(**std::move(answer));
}

void ServiceBuilder::Mistake(absl::string_view method, absl::string_view what) {
  const absl::string_view service = descriptor_ == nullptr ? absl::string_view("?") : descriptor_->full_name();
  table_->mistakes_.push_back(absl::StrCat(service, "/", method, ": ", what));
}

bool ServiceBuilder::HasMethod(absl::string_view method) const {
  return descriptor_ != nullptr && descriptor_->FindMethodByName(std::string(method)) != nullptr;
}

bool ServiceBuilder::HasHandler(absl::string_view method) const {
  if (!HasMethod(method)) return false;
  const Method& row = *table_->rows_.at(absl::StrCat(descriptor_->full_name(), "/", method));
  return HandlersOf(row) > 0;
}

template <class Handler>
ServiceBuilder& ServiceBuilder::Set(absl::string_view method, absl::string_view kind, bool (Method::*fits)() const,
                                    Handler Method::* member, Handler handler) {
  if (descriptor_ == nullptr) return *this;  // the missing service is told already
  if (!HasMethod(method)) {
    Mistake(method, absl::StrCat(kind, " handler, but there is no such RPC"));
    return *this;
  }
  Method& row = *table_->rows_.at(absl::StrCat(descriptor_->full_name(), "/", method));
  if (!(row.*fits)()) {
    Mistake(method, absl::StrCat(kind, " handler, but the RPC ", FlowOf(row)));
    return *this;
  }
  if (row.*member) Mistake(method, absl::StrCat("more than one ", kind, " handler"));
  row.*member = std::move(handler);
  return *this;
}

void ServiceBuilder::CheckTypes(absl::string_view method, const Descriptor* request, const Descriptor* response) {
  if (!HasMethod(method)) return;  // told when the handler is bound
  const MethodDescriptor* descriptor = descriptor_->FindMethodByName(std::string(method));
  if (request != nullptr && request != descriptor->input_type()) {
    Mistake(method, absl::StrCat("the handler takes ", request->full_name(), ", the RPC ",
                                 descriptor->input_type()->full_name()));
  }
  if (response != nullptr && response != descriptor->output_type()) {
    Mistake(method, absl::StrCat("the handler returns ", response->full_name(), ", the RPC ",
                                 descriptor->output_type()->full_name()));
  }
}

ServiceBuilder& ServiceBuilder::UnaryRaw(absl::string_view method, UnaryHandler handler) {
  return Set(method, "unary", &Method::unary_call, &Method::unary, std::move(handler));
}

ServiceBuilder& ServiceBuilder::InlineRaw(absl::string_view method, InlineHandler handler) {
  return Set(method, "inline", &Method::unary_call, &Method::try_inline, std::move(handler));
}

ServiceBuilder& ServiceBuilder::JoinRaw(absl::string_view method, JoinHandler handler) {
  return Set(method, "join", &Method::unary_call, &Method::join, std::move(handler));
}

ServiceBuilder& ServiceBuilder::StreamRaw(absl::string_view method, StreamHandler handler) {
  return Set(method, "stream", &Method::streams_replies, &Method::stream, std::move(handler));
}

ServiceBuilder& ServiceBuilder::UploadRaw(absl::string_view method, UploadHandler handler) {
  return Set(method, "upload", &Method::uploads, &Method::upload, std::move(handler));
}

ServiceBuilder& ServiceBuilder::ForwardRaw(absl::string_view method, ForwardHandler handler) {
  return Set(method, "forward", &Method::unary_call, &Method::forward, std::move(handler));
}

ServiceBuilder& ServiceBuilder::ForwardStreamRaw(absl::string_view method, ForwardStreamHandler handler) {
  return Set(method, "forward stream", &Method::streams_replies, &Method::forward_stream, std::move(handler));
}

ServiceBuilder& ServiceBuilder::ForwardUploadRaw(absl::string_view method, ForwardUploadHandler handler) {
  return Set(method, "forward upload", &Method::uploads, &Method::forward_upload, std::move(handler));
}

ServiceBuilder& ServiceBuilder::CostRaw(absl::string_view method, CostHandler handler) {
  if (descriptor_ == nullptr) return *this;
  if (!HasMethod(method)) {
    Mistake(method, "the cost of calls, but there is no such RPC");
    return *this;
  }
  Method& row = *table_->rows_.at(absl::StrCat(descriptor_->full_name(), "/", method));
  if (row.cost) Mistake(method, "more than one cost of calls");
  row.cost = std::move(handler);
  return *this;
}

ServiceBuilder& ServiceBuilder::Replay(ReplayStore* store) {
  if (descriptor_ == nullptr) return *this;
  for (int i = 0; i < descriptor_->method_count(); ++i) {
    table_->rows_.at(NameOf(*descriptor_->method(i)))->replay = store;
  }
  return *this;
}

ServiceBuilder& MethodTable::AddService(absl::string_view full_name) {
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(std::string(full_name));
  if (descriptor == nullptr) mistakes_.push_back(absl::StrCat(full_name, ": no linked .proto file has this service"));
  if (descriptor != nullptr && HasService(full_name)) {
    mistakes_.push_back(absl::StrCat(full_name, ": the service was added twice"));
  } else if (descriptor != nullptr) {
    for (int i = 0; i < descriptor->method_count(); ++i) {
      auto row = MakeRow(*descriptor->method(i));
      std::string name = row->full_name;
      rows_.emplace(std::move(name), std::move(row));
    }
  }
  services_.push_back(std::unique_ptr<ServiceBuilder>(new ServiceBuilder(this, descriptor)));
  return *services_.back();
}

bool MethodTable::HasService(absl::string_view full_name) const {
  return std::any_of(services_.begin(), services_.end(), [&](const auto& service) {
    return service->descriptor() != nullptr && service->descriptor()->full_name() == full_name;
  });
}

void MethodTable::CheckRow(const Method& row) {
  const auto mistake = [&](absl::string_view what) { mistakes_.push_back(absl::StrCat(row.full_name, ": ", what)); };
  const int handlers = HandlersOf(row);
  if (row.uploads() && row.streams_replies()) {
    mistake("streams in both directions are not supported");
  } else if (handlers == 0) {
    mistake("it has no handler");
  } else if (handlers > 1) {
    mistake("it has handlers of more than one kind");
  }
  if (row.try_inline && !row.unary) mistake("an inline handler needs a unary one to fall back on");
  if (row.join && !row.unary) mistake("a join handler needs a unary one to fall back on");
  if (row.join && (row.cost || row.expensive.has_value())) mistake("a call that joins others cannot be expensive");
  if (row.uploads() && (row.cost || row.expensive.has_value())) mistake("a stream of requests cannot be expensive");
  if (row.cost && !row.unary && !row.stream) mistake("the cost of its calls is known where they are handled only");
  const std::string access = AccessMistake(row.access);
  if (!access.empty()) mistake(access);
  if (row.time_limit <= absl::ZeroDuration() || row.time_limit > kLongestTimeLimit) {
    mistake("its time limit is not above 0 and up to 24 h");
  }
  if (row.max_request_bytes <= 0) mistake("its limit of request bytes is not above 0");
  if (row.request_id_field != nullptr && !IsText(*row.request_id_field)) mistake("its request_id is not a string");
  if (row.request_id_field != nullptr && row.no_side_effects) mistake("it has no side effects but a request_id");
  if (row.request_id_field != nullptr && row.try_inline) mistake("a call with a request_id cannot run inline");
  if (row.request_id_field != nullptr && row.uploads()) mistake("a stream of requests cannot have a request_id each");
  for (const Descriptor* type : {row.descriptor->input_type(), row.descriptor->output_type()}) {
    const absl::Status annotations = CheckAnnotations(*type);
    if (!annotations.ok()) mistake(annotations.message());
  }
}

absl::Status MethodTable::Finish() {
  for (const Method* row : methods()) CheckRow(*row);
  if (mistakes_.empty()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the method table is wrong: ", absl::StrJoin(mistakes_, "; ")));
}

absl::Status MethodTable::CheckCosts() const {
  std::vector<std::string> missing;
  for (const Method* row : methods()) {
    const bool here = row->unary != nullptr || row->stream != nullptr;
    if (here && !row->cost && TakesFilter(*row->descriptor->input_type())) missing.push_back(row->full_name);
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("these methods take a filter or an order, so they need a cost (ServiceBuilder::CostRaw): ",
                   absl::StrJoin(missing, ", ")));
}

const Method* MethodTable::Find(absl::string_view full_name) const {
  const auto found = rows_.find(full_name);
  return found == rows_.end() ? nullptr : found->second.get();
}

std::vector<const Method*> MethodTable::methods() const {
  std::vector<const Method*> methods;
  methods.reserve(rows_.size());
  for (const auto& [name, row] : rows_) methods.push_back(row.get());
  std::sort(methods.begin(), methods.end(),
            [](const Method* a, const Method* b) { return a->full_name < b->full_name; });
  return methods;
}

std::vector<const google::protobuf::ServiceDescriptor*> MethodTable::services() const {
  std::vector<const google::protobuf::ServiceDescriptor*> descriptors;
  for (const auto& service : services_) {
    const auto* descriptor = service->descriptor();
    if (descriptor != nullptr && std::find(descriptors.begin(), descriptors.end(), descriptor) == descriptors.end()) {
      descriptors.push_back(descriptor);
    }
  }
  return descriptors;
}

}  // namespace storeops::rpc
