#include "common/resource/field_json.h"

#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
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

// The end of the JSON string that begins at `at`, behind its closing quote.
size_t StringEnd(absl::string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

// The end of the JSON value that begins at `at`. The text comes from protobuf's own printer, so it is well-formed.
size_t ValueEnd(absl::string_view json, size_t at) {
  int depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = StringEnd(json, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      --depth;
    }
    if (c == ',' && depth == 0) return at;
    ++at;
  }
  return at;
}

}  // namespace

FieldJson::FieldJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  ok_ = google::protobuf::util::MessageToJsonString(message, &json_, options).ok();
  if (!ok_) return;
  size_t at = 1;
  while (at < json_.size() && json_[at] == '"') {
    const size_t name_end = StringEnd(json_, at);
    const size_t value = name_end + 1;
    const size_t value_end = ValueEnd(json_, value);
    members_.push_back({at + 1, name_end - at - 2, value, value_end - value});
    at = value_end + 1;
  }
}

absl::string_view FieldJson::Get(absl::string_view field) const {
  const absl::string_view json = json_;
  for (const Member& member : members_) {
    if (json.substr(member.name, member.name_size) == field) return json.substr(member.value, member.value_size);
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
  return absl::DataLossError(absl::StrCat("stored JSON of ", message->GetDescriptor()->full_name(),
                                          " cannot be read: ", status.ToString()));
}

}  // namespace storeops::resource
