#include "services/catalog/channels/channel_service.h"

#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/catalog/listings/listing_store.h"

namespace storeops::catalog {
namespace {

using google::protobuf::Message;
using v1::Channel;

constexpr char kService[] = "storeops.catalog.v1.ChannelService";

absl::Status CheckLanguages(const Channel& channel) {
  std::vector<FieldViolation> violations;
  absl::flat_hash_set<std::string> seen;
  for (int i = 0; i < channel.languages_size(); ++i) {
    if (seen.insert(absl::AsciiStrToLower(channel.languages(i))).second) continue;
    violations.push_back({absl::StrCat("languages[", i, "]"), "the channel has this language already"});
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

}  // namespace

absl::Status ChannelService::Bind(Environment& environment) {
  resource::Hooks hooks;
  hooks.before_write = [](resource::Write&, const Message*, Message* after) {
    return CheckLanguages(static_cast<const Channel&>(*after));
  };
  hooks.before_delete = [this](resource::Write& write, const Message& before) -> absl::Status {
    const std::string& name = static_cast<const Channel&>(before).name();
    ASSIGN_OR_RETURN(const int64_t id, channels_->ParseName(name, "name"));
    ASSIGN_OR_RETURN(const int64_t product, FindProductOnChannel(write.session(), id));
    if (product == 0) return absl::OkStatus();
    return PreconditionFailed("CHANNEL_IN_USE", name,
                              absl::StrCat("unpublish its products there first, e.g. products/", product));
  };
  ASSIGN_OR_RETURN(channels_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                       Channel::default_instance(), std::move(hooks)));
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  channels_->Bind(service);
  service.Replay(&environment.replays);
  return absl::OkStatus();
}

absl::StatusOr<Channel> ChannelService::Lock(db::Session& session, const std::string& name,
                                             absl::string_view field) const {
  ASSIGN_OR_RETURN(const int64_t id, channels_->ParseName(name, field));
  auto item = channels_->Read(session, id, /*lock=*/true);
  if (absl::IsNotFound(item.status())) return InvalidField(field, absl::StrCat("there is no ", name));
  RETURN_IF_ERROR(item.status());
  auto& channel = static_cast<Channel&>(*item->message);
  if (channel.has_delete_time()) return InvalidField(field, absl::StrCat(name, " is deleted"));
  return std::move(channel);
}

absl::StatusOr<std::vector<Channel>> ChannelService::ReadMany(const std::vector<std::string>& names,
                                                              absl::Time deadline) const {
  std::vector<int64_t> ids;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const int64_t id, channels_->ParseName(name, "channel"));
    ids.push_back(id);
  }
  ASSIGN_OR_RETURN(auto items, channels_->ReadMany(ids, deadline));
  std::vector<Channel> channels;
  for (auto& item : items) channels.push_back(std::move(static_cast<Channel&>(*item.message)));
  return channels;
}

}  // namespace storeops::catalog
