#include "common/resource/resource.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/validation.h"
#include "common/resource/list_cost.h"
#include "common/resource/resource_impl.h"
#include "common/resource/snapshot.h"
#include "common/resource/standard_request.h"

namespace storeops::resource {
namespace {

constexpr absl::Duration kCheckTimeout = absl::Seconds(30);

}  // namespace

using google::protobuf::Message;

absl::StatusOr<std::unique_ptr<Resource>> Resource::Open(const Store& store, const PageTokens& tokens,
                                                         const Message& prototype, Hooks hooks) {
  RETURN_IF_ERROR(CheckAnnotations(*prototype.GetDescriptor()));
  ASSIGN_OR_RETURN(TableMapping mapping, TableMapping::Make(*prototype.GetDescriptor()));
  if (mapping.has_parent() != hooks.parent.has_value()) {
    return absl::InternalError(absl::StrCat(mapping.type().full_name(), ": hooks.parent must be set if its pattern, ",
                                            mapping.names().text(), ", has a parent, and only then"));
  }
  RETURN_IF_ERROR(mapping.Check(store.database, SteadyNow() + kCheckTimeout));
  ASSIGN_OR_RETURN(FilterFields filter_fields, FilterFields::Make(mapping, UniqueKeys(mapping), hooks.filter_fields));
  RETURN_IF_ERROR(filter_fields.Check(store.database));
  auto* generated = google::protobuf::MessageFactory::generated_factory();
  return std::unique_ptr<Resource>(
      new Resource(std::make_unique<Impl>(store, tokens, *generated->GetPrototype(prototype.GetDescriptor()),
                                          std::move(hooks), std::move(mapping), std::move(filter_fields))));
}

Resource::Resource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Resource::~Resource() = default;

void Resource::Bind(rpc::ServiceBuilder& service) {
  using Method = absl::Status (Resource::*)(const rpc::Call&, const Message&, Message*);
  static constexpr std::pair<MethodKind, Method> kMethods[] = {
      {MethodKind::kCreate, nullptr},  // see CommitGroup
      {MethodKind::kBatchCreate, &Resource::BatchCreate},
      {MethodKind::kGet, &Resource::Get},
      {MethodKind::kBatchGet, &Resource::BatchGet},
      {MethodKind::kList, &Resource::List},
      {MethodKind::kUpdate, &Resource::Update},
      {MethodKind::kBatchUpdate, &Resource::BatchUpdate},
      {MethodKind::kDelete, &Resource::Delete},
      {MethodKind::kUndelete, &Resource::Undelete},
      {MethodKind::kListHistory, &Resource::ListHistory},
  };
  const TableMapping& mapping = impl_->mapping();
  for (const auto& [kind, method] : kMethods) {
    const std::string name = MethodName(kind, mapping.type().name(), mapping.plural());
    if (!service.HasMethod(name) || service.HasHandler(name)) continue;
    const auto* descriptor = service.descriptor()->FindMethodByName(name);
    if (!HasStandardShape(kind, *descriptor, mapping.type(), mapping.singular(), mapping.has_parent())) continue;
    if (kind == MethodKind::kCreate) {
      impl_->creates().Bind(service, name);
      continue;
    }
    const Message* response_type =
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor->output_type());
    service.UnaryRaw(
        name,
        [this, method = method, response_type](rpc::Call& call, const Message& request) -> absl::StatusOr<rpc::Reply> {
          std::unique_ptr<Message> response(response_type->New());
          RETURN_IF_ERROR((this->*method)(call, request, response.get()));
          return rpc::Reply(std::move(response));
        });
    if (kind == MethodKind::kList) service.CostRaw(name, ListCost(impl_->filter_fields()));
  }
  OfferSnapshot(impl_->store().feed, type(), [this](int64_t after, int limit, absl::Time deadline) {
    return Scan(after, limit, /*deleted_too=*/false, deadline);
  });
}

absl::Status Resource::Create(const rpc::Call& call, const Message& request, Message* response) {
  return impl_->creates().Run(call, request, response);
}

absl::Status Resource::BatchCreate(const rpc::Call& call, const Message& request, Message* response) {
  return impl_->BatchCreate(call, request, response);
}

absl::Status Resource::Get(const rpc::Call& call, const Message& request, Message* response) {
  return impl_->Get(call, request, response);
}

absl::Status Resource::BatchGet(const rpc::Call& call, const Message& request, Message* response) {
  return impl_->BatchGet(call, request, response);
}

absl::Status Resource::List(const rpc::Call& call, const Message& request, Message* response) {
  return impl_->List(call, request, {}, response);
}

absl::Status Resource::ListWithin(const rpc::Call& call, const Message& request, Condition within, Message* response) {
  return impl_->List(call, request, std::move(within), response);
}

absl::Status Resource::Update(const rpc::Call& call, const Message& request, Message* response) {
  return impl_->Update(call, request, response);
}

absl::Status Resource::BatchUpdate(const rpc::Call& call, const Message& request, Message* response) {
  return impl_->BatchUpdate(call, request, response);
}

absl::Status Resource::Delete(const rpc::Call& call, const Message& request, Message* response) {
  return impl_->Delete(call, request, response);
}

absl::Status Resource::Undelete(const rpc::Call& call, const Message& request, Message* response) {
  return impl_->Undelete(call, request, response);
}

absl::Status Resource::ListHistory(const rpc::Call& call, const Message& request, Message* response) {
  return impl_->ListHistory(call, request, response);
}

absl::Status Resource::Edit(const rpc::Call& call, const Message& request, Message* response,
                            absl::FunctionRef<absl::Status(Write&, Message*)> edit) {
  return impl_->Edit(call, request, response, edit);
}

absl::Status Resource::BatchEdit(const rpc::Call& call, const std::vector<const Message*>& requests, Message* response,
                                 absl::FunctionRef<absl::Status(Write&, int, Message*)> edit) {
  return impl_->BatchEdit(call, requests, response, edit);
}

absl::StatusOr<Page::Item> Resource::Read(db::Session& session, NameIds ids, bool lock) {
  return impl_->ReadOne(session, ids, lock);
}

absl::StatusOr<Page::Item> Resource::Insert(Write& write, std::unique_ptr<Message> resource, int64_t parent) {
  return impl_->InsertOne(write, std::move(resource), parent);
}

absl::StatusOr<Page::Item> Resource::Replace(Write& write, const Page::Item& before, std::unique_ptr<Message> after,
                                             changes::Change::Kind kind) {
  return impl_->ReplaceOne(write, before, std::move(after), kind);
}

absl::StatusOr<std::vector<Page::Item>> Resource::Lock(db::Session& session, std::vector<int64_t> ids) {
  return impl_->LockRows(session, std::move(ids));
}

absl::StatusOr<std::vector<Page::Item>> Resource::ReplaceMany(Write& write, std::vector<Replacement> replacements) {
  return impl_->ReplaceMany(write, std::move(replacements));
}

absl::StatusOr<std::vector<UpsertResult>> Resource::WriteMany(Write& write, std::vector<Upsert> upserts,
                                                              bool check_only) {
  return impl_->WriteMany(write, std::move(upserts), check_only);
}

absl::StatusOr<std::vector<int64_t>> Resource::TakeIds(int count, absl::Time deadline) {
  return impl_->store().ids.Take(singular(), count, deadline);
}

absl::StatusOr<std::vector<Page::Item>> Resource::Scan(int64_t after, int limit, bool deleted_too,
                                                       absl::Time deadline) {
  return impl_->Scan(after, limit, deleted_too, deadline);
}

absl::StatusOr<std::vector<Page::Item>> Resource::Scan(db::Session& session, int64_t after, int limit) {
  return impl_->Scan(session, after, limit);
}

absl::StatusOr<std::vector<int64_t>> Resource::FindIds(absl::string_view filter, const Condition& within, int64_t after,
                                                       int limit, absl::Time deadline) {
  return impl_->FindIds(filter, within, after, limit, deadline);
}

absl::StatusOr<std::vector<int64_t>> Resource::FindByKey(absl::string_view key, const std::vector<std::string>& values,
                                                         absl::Time deadline) {
  return impl_->FindByKey(key, values, deadline);
}

absl::StatusOr<std::vector<Page::Item>> Resource::ReadMany(const std::vector<int64_t>& ids, absl::Time deadline) {
  return impl_->ReadMany(ids, deadline);
}

absl::StatusOr<int64_t> Resource::ParseName(absl::string_view name, absl::string_view field) const {
  return impl_->mapping().ParseName(name, field);
}

Hooks::Parent Resource::AsParent() {
  return {type(),
          [this](db::Session& session, const std::vector<int64_t>& ids) { return impl_->LockLive(session, ids); }};
}

absl::StatusOr<bool> Resource::HasChildren(db::Session& session, int64_t parent) {
  return impl_->HasChildren(session, parent);
}

const FilterFields& Resource::filter_fields() const { return impl_->filter_fields(); }

const NamePattern& Resource::names() const { return impl_->mapping().names(); }

std::string Resource::FormatName(NameIds ids) const { return impl_->mapping().FormatName(ids); }

const std::string& Resource::type() const { return impl_->mapping().resource_type(); }

const std::string& Resource::singular() const { return impl_->mapping().singular(); }

}  // namespace storeops::resource
