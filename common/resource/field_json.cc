#include "common/resource/field_json.h"

#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/resource/json_printer.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/type.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/type_resolver.h"
#include "google/protobuf/util/type_resolver_util.h"

namespace storeops::resource {
namespace {

constexpr char kTypePrefix[] = "type.googleapis.com";

// The types of the generated messages as the JSON library wants them, made once. The library asks for them anew with
// every text, and making them takes longer than reading the text. Thread-safe.
class KnownTypes final : public google::protobuf::util::TypeResolver {
 public:
  using Status = google::protobuf::util::Status;

  Status ResolveMessageType(const std::string& url, google::protobuf::Type* type) override {
    return Resolve(url, messages_, type, [&](google::protobuf::Type* made) {
      const Status status = resolver_->ResolveMessageType(url, made);
      for (auto& field : *made->mutable_fields()) field.clear_options();  // our rules: of no use here, and large
      return status;
    });
  }
  Status ResolveEnumType(const std::string& url, google::protobuf::Enum* type) override {
    return Resolve(url, enums_, type,
                   [&](google::protobuf::Enum* made) { return resolver_->ResolveEnumType(url, made); });
  }

 private:
  template <class Type, class Make>
  Status Resolve(const std::string& url, absl::flat_hash_map<std::string, Type>& known, Type* type, Make make) {
    {
      absl::ReaderMutexLock lock(&mutex_);
      if (const auto found = known.find(url); found != known.end()) {
        *type = found->second;
        return Status();
      }
    }
    Status status = make(type);
    absl::MutexLock lock(&mutex_);
    if (status.ok()) known.try_emplace(url, *type);
    return status;
  }

  const std::unique_ptr<TypeResolver> resolver_{google::protobuf::util::NewTypeResolverForDescriptorPool(
      kTypePrefix, google::protobuf::DescriptorPool::generated_pool())};
  absl::Mutex mutex_;  // of the maps below
  absl::flat_hash_map<std::string, google::protobuf::Type> messages_;
  absl::flat_hash_map<std::string, google::protobuf::Enum> enums_;
};

}  // namespace

FieldJson::FieldJson(const google::protobuf::Message& message) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const auto* field : fields) {
    const size_t begin = json_.size();
    ok_ = ok_ && AppendJson(message, *field, &json_);
    members_.push_back({field, begin, json_.size() - begin});
  }
}

absl::string_view FieldJson::Get(absl::string_view field) const {
  for (const Member& member : members_) {
    if (member.field->name() == field) return absl::string_view(json_).substr(member.begin, member.size);
  }
  return "";
}

absl::Status MessageFromJson(const std::string& json, google::protobuf::Message* message) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  static KnownTypes* const types = new KnownTypes();
  const std::string url = absl::StrCat(kTypePrefix, "/", message->GetDescriptor()->full_name());
  std::string binary;
  const auto status = google::protobuf::util::JsonToBinaryString(types, url, json, &binary, options);
  if (status.ok() && message->ParseFromString(binary)) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("stored JSON of ", message->GetDescriptor()->full_name(), " cannot be read: ", status.ToString()));
}

}  // namespace storeops::resource
