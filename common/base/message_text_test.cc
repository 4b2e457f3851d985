#include "common/base/message_text.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/annotations.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/struct.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/media_service.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops {
namespace {

using catalog::v1::CreateProductRequest;
using catalog::v1::ListProductsRequest;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kNfd[] = "Cafe\u0301";

std::vector<std::string> Problems(Message* message) {
  std::vector<std::string> lines;
  for (const FieldViolation& violation : NormalizeTexts(message)) {
    lines.push_back(absl::StrCat(violation.field, ": ", violation.description));
  }
  return lines;
}

TEST(NormalizeTextsTest, ReachesEveryKindOfField) {
  CreateProductRequest request;
  catalog::v1::Product& product = *request.mutable_product();
  product.set_title(absl::StrCat(" ", kNfd));
  product.add_tags(kNfd);
  product.add_tags("plain");
  product.add_options()->set_name(kNfd);
  product.mutable_options(0)->add_values(kNfd);
  (*product.add_variants()->mutable_option_values())[kNfd] = kNfd;
  (*product.mutable_attributes())["note"].set_text(absl::StrCat(kNfd, "\nau lait\n"));
  (*product.mutable_attributes())["kinds"].mutable_choices()->add_values(kNfd);
  product.add_translations()->set_title(kNfd);
  EXPECT_THAT(Problems(&request), IsEmpty());
  EXPECT_EQ(product.title(), "Café");
  EXPECT_THAT(product.tags(), ElementsAre("Café", "plain"));
  EXPECT_EQ(product.options(0).name(), "Café");
  EXPECT_EQ(product.options(0).values(0), "Café");
  EXPECT_EQ(product.variants(0).option_values().at("Café"), "Café");
  EXPECT_EQ(product.variants(0).option_values().size(), 1);
  EXPECT_EQ(product.attributes().at("note").text(), "Café\nau lait");
  EXPECT_EQ(product.attributes().at("kinds").choices().values(0), "Café");
  EXPECT_EQ(product.translations(0).title(), "Café");
}

TEST(NormalizeTextsTest, NamesFieldAndCharacter) {
  CreateProductRequest request;
  catalog::v1::Product& product = *request.mutable_product();
  product.set_title("\u200B");
  product.set_description("fine\uFFFE");
  product.add_tags("fine");
  product.add_tags(std::string("a\0b", 3));
  (*product.add_variants()->mutable_option_values())["Size\x01"] = "M\nL";
  (*product.mutable_attributes())["note"].set_text(
      "\x07"
      "x");
  EXPECT_THAT(
      Problems(&request),
      UnorderedElementsAre(
          "product.title: must have a visible character, has invisible ones only (U+200B)",
          "product.description: must not contain U+FFFE, which is not a character (at character 5)",
          "product.tags[1]: must not contain the control character U+0000 (at character 2)",
          "product.variants[0].option_values[\"Size\\001\"]: the key must not contain the control character U+0001 (at "
          "character 5)",
          "product.variants[0].option_values[\"Size\\001\"]: must not contain the line break U+000A (at character 2)",
          "product.attributes[\"note\"].text: must not contain the control character U+0007 (at character 1)"));
}

TEST(NormalizeTextsTest, KeysOfAMapStayDifferent) {
  CreateProductRequest request;
  auto& values = *request.mutable_product()->add_variants()->mutable_option_values();
  values[kNfd] = "a";
  values["Café"] = "b";
  const std::vector<std::string> problems = Problems(&request);
  ASSERT_EQ(problems.size(), 1);
  EXPECT_TRUE(absl::EndsWith(problems[0], "the key is the same as another one in Unicode")) << problems[0];
}

TEST(NormalizeTextsTest, LeavesSecretsBytesAndOutputAlone) {
  gateway::v1::LoginRequest login;
  login.set_email(" owner@example.com ");
  login.set_password(absl::StrCat(" ", kNfd, "\t "));
  EXPECT_THAT(Problems(&login), IsEmpty());
  EXPECT_EQ(login.email(), "owner@example.com");
  EXPECT_EQ(login.password(), absl::StrCat(" ", kNfd, "\t "));

  catalog::v1::UploadMediaRequest upload;
  upload.set_chunk(std::string("\0\xFF ", 3));
  EXPECT_THAT(Problems(&upload), IsEmpty());
  EXPECT_EQ(upload.chunk(), std::string("\0\xFF ", 3));

  CreateProductRequest request;
  request.mutable_product()->mutable_rejection()->set_reviewer("\x01");
  EXPECT_THAT(Problems(&request), IsEmpty());
}

TEST(NormalizeTextsTest, FiltersCompareWithWhatIsStored) {
  ListProductsRequest request;
  request.set_filter(absl::StrCat("title = \"", kNfd, "\"\nAND tags : \"a\""));
  EXPECT_THAT(Problems(&request), IsEmpty());
  EXPECT_EQ(request.filter(), "title = \"Café\"\nAND tags : \"a\"");
}

TEST(NormalizeTextsTest, JsonValuesMayHaveLines) {
  google::protobuf::Struct values;
  (*values.mutable_fields())["a"].set_string_value(absl::StrCat(kNfd, "\nb"));
  (*values.mutable_fields())["b"].mutable_list_value()->add_values()->set_string_value("\uFFFF");
  EXPECT_EQ(Problems(&values).size(), 1);
  EXPECT_EQ(values.fields().at("a").string_value(), "Café\nb");
}

// Calls `visit` with the fields that lead to each text in a type, which may contain itself.
void ForEachText(const Descriptor& type, std::vector<const FieldDescriptor*>& path,
                 const std::function<void(const std::vector<const FieldDescriptor*>&)>& visit) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    const bool again = absl::c_any_of(path, [&](const auto* other) { return other == field; });
    if (again || IsOutputOnly(*field) || IsMoney(*field)) continue;
    path.push_back(field);
    if (field->type() == FieldDescriptor::TYPE_STRING) visit(path);
    if (field->message_type() != nullptr) ForEachText(*field->message_type(), path, visit);
    path.pop_back();
  }
}

void Set(Message* message, absl::Span<const FieldDescriptor* const> path, const std::string& text) {
  const Reflection& reflection = *message->GetReflection();
  const FieldDescriptor* field = path[0];
  if (field->message_type() == nullptr) {
    if (field->is_repeated()) return reflection.AddString(message, field, text);
    return reflection.SetString(message, field, text);
  }
  Message* const inner =
      field->is_repeated() ? reflection.AddMessage(message, field) : reflection.MutableMessage(message, field);
  Set(inner, path.subspan(1), text);
}

std::vector<const Descriptor*> AllRequests() {
  std::vector<std::string> files;
  google::protobuf::DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  std::vector<const Descriptor*> requests;
  for (const std::string& name : files) {
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    if (file == nullptr || !absl::StartsWith(file->package(), "storeops.")) continue;
    for (int s = 0; s < file->service_count(); ++s) {
      const auto* service = file->service(s);
      for (int m = 0; m < service->method_count(); ++m) requests.push_back(service->method(m)->input_type());
    }
  }
  return requests;
}

TEST(NormalizeTextsTest, EveryTextOfEveryRequestIsUnderTheRuleButSecrets) {
  int texts = 0;
  for (const Descriptor* type : AllRequests()) {
    std::vector<const FieldDescriptor*> start;
    ForEachText(*type, start, [&](const std::vector<const FieldDescriptor*>& path) {
      const std::unique_ptr<Message> request(
          google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
      Set(request.get(), path, "a\uFFFE");
      const bool secret = absl::c_any_of(path, [](const auto* field) { return RulesOf(*field).secret(); });
      std::vector<FieldViolation> violations = NormalizeTexts(request.get());
      if (IsJudgedSingly(*path[0])) {
        EXPECT_TRUE(violations.empty()) << "the other items are to be looked at";
        violations = NormalizeTexts(request->GetReflection()->MutableRepeatedMessage(request.get(), path[0], 0));
        EXPECT_FALSE(FindItemViolations(request->GetReflection()->GetRepeatedMessage(*request, path[0], 0)).empty());
      }
      EXPECT_EQ(violations.size(), secret ? 0 : 1) << type->full_name() << " " << path[0]->name();
      ++texts;
    });
  }
  EXPECT_GT(texts, 500);
}

}  // namespace
}  // namespace storeops
