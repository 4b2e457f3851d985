#include "common/resource/page_token.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/standard_request.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "storeops/internal/v1/tokens.pb.h"

namespace storeops::resource {
namespace {

using google::protobuf::Arena;
using google::protobuf::Message;
using storeops::internal::v1::PageToken;

constexpr size_t kMaxTokenLength = 4096;

// What the query is: the request's type and everything in it but size and place of the page.
uint64_t QueryHash(const Signer& signer, const Message& request, Arena* arena) {
  Message* const query = request.New(arena);
  query->CopyFrom(request);
  for (const char* name : {"page_size", "page_token"}) {
    const auto* field = query->GetDescriptor()->FindFieldByName(name);
    if (field != nullptr) query->GetReflection()->ClearField(query, field);
  }
  std::string bytes = absl::StrCat(request.GetDescriptor()->full_name(), "\n");
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    query->SerializeToCodedStream(&coded);
  }
  return signer.ShortMac(bytes);
}

// What tokens need on the way is small and short-lived.
class SmallArena {
 public:
  Arena* get() { return &arena_; }

 private:
  alignas(8) char block_[1024];
  Arena arena_{block_, sizeof(block_)};
};

// Nothing set: NULL.
void FillKey(const db::Value& value, PageToken::Key& key) {
  if (const auto* number = std::get_if<int64_t>(&value.storage())) key.set_number(*number);
  if (const auto* real = std::get_if<double>(&value.storage())) key.set_real(*real);
  if (const auto* text = std::get_if<std::string>(&value.storage())) key.set_text(*text);
}

db::Value FromKey(const PageToken::Key& key) {
  switch (key.value_case()) {
    case PageToken::Key::kNumber:
      return db::Value(static_cast<int64_t>(key.number()));
    case PageToken::Key::kReal:
      return db::Value(key.real());
    case PageToken::Key::kText:
      return db::Value(key.text());
    default:
      return db::Value();
  }
}

absl::Status OtherQuery() {
  return InvalidField("page_token",
                      "belongs to another query: send the filter, order and other fields that it came with");
}

bool AreOfKinds(const std::vector<db::Value>& keys, absl::string_view kinds) {
  if (keys.size() != kinds.size()) return false;
  for (size_t i = 0; i < keys.size(); ++i) {
    const bool fits = kinds[i] == 'n' ? std::holds_alternative<int64_t>(keys[i].storage())
                                      : std::holds_alternative<std::string>(keys[i].storage());
    if (!fits) return false;
  }
  return true;
}

}  // namespace

std::string PageTokens::Make(const Message& request, const std::vector<db::Value>& keys) const {
  SmallArena arena;
  auto& token = *Arena::CreateMessage<PageToken>(arena.get());
  token.set_query_hash(QueryHash(signer_, request, arena.get()));
  for (const db::Value& key : keys) FillKey(key, *token.add_keys());
  return signer_.Sign(token.SerializeAsString());
}

absl::StatusOr<std::vector<db::Value>> PageTokens::Read(const Message& request, absl::string_view token) const {
  std::vector<db::Value> keys;
  if (token.empty()) return keys;
  const auto not_ours = [] { return InvalidField("page_token", "must be the next_page_token of an earlier response"); };
  if (token.size() > kMaxTokenLength) return not_ours();
  const absl::StatusOr<std::string> payload = signer_.Verify(token);
  SmallArena arena;
  auto& proto = *Arena::CreateMessage<PageToken>(arena.get());
  if (!payload.ok() || !proto.ParseFromString(*payload)) return not_ours();
  if (proto.query_hash() != QueryHash(signer_, request, arena.get())) return OtherQuery();
  for (const PageToken::Key& key : proto.keys()) keys.push_back(FromKey(key));
  return keys;
}

absl::StatusOr<ListPage> PageTokens::Open(const Message& request, absl::string_view kinds, PageSizes sizes) const {
  const int requested = GetInt(request, "page_size");
  if (requested < 0) return InvalidField("page_size", absl::StrCat("must not be negative, got ", requested));
  ListPage page(*this, request);
  page.size_ = PageSize(requested, sizes);
  ASSIGN_OR_RETURN(page.keys_, Read(request, GetText(request, "page_token")));
  if (!kinds.empty() && !page.first() && !AreOfKinds(page.keys_, kinds)) return OtherQuery();
  return page;
}

int64_t ListPage::Number(size_t key, int64_t fallback) const {
  return first() ? fallback : std::get<int64_t>(keys_[key].storage());
}

const std::string& ListPage::Text(size_t key) const {
  static const std::string* const none = new std::string;
  return first() ? *none : std::get<std::string>(keys_[key].storage());
}

void ListPage::SetNext(const std::vector<db::Value>& keys, Message* response) const {
  SetText(tokens_->Make(*request_, keys), "next_page_token", response);
}

int PageSize(int requested, PageSizes sizes) {
  return requested <= 0 ? sizes.fallback : std::min(requested, sizes.max);
}

}  // namespace storeops::resource
