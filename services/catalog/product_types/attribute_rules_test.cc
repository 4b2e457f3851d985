#include "services/catalog/product_types/attribute_rules.h"

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pointee;
using ::testing::Property;

template <class T>
T ParseType(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

std::vector<std::string> Fields(const std::vector<FieldViolation>& violations) {
  std::vector<std::string> fields;
  for (const auto& violation : violations) fields.push_back(violation.field);
  return fields;
}

TEST(AttributeDefinitions, EachBrokenRuleIsNamed) {
  struct Row {
    const char* attributes;
    std::vector<std::string> fields;
  };
  const Row rows[] = {
      {"", {}},
      {"attributes {key:'a' type:TEXT} attributes {key:'b' type:NUMBER unit:'mL' min:0 max:5}", {}},
      {"attributes {key:'a' type:TEXT} attributes {key:'a' type:DATE}", {"attributes[1].key"}},
      {"attributes {key:'a' type:CHOICE}", {"attributes[0].choices"}},
      {"attributes {key:'a' type:TEXT choices {value:'x'}}", {"attributes[0].choices"}},
      {"attributes {key:'a' type:CHOICES choices {value:'x'} choices {value:'x'}}", {"attributes[0].choices[1].value"}},
      {"attributes {key:'a' type:TEXT unit:'kg' min:1 max:2}",
       {"attributes[0].unit", "attributes[0].min", "attributes[0].max"}},
      {"attributes {key:'a' type:NUMBER min:2 max:1}", {"attributes[0].max"}},
      {"attributes {key:'a' type:NUMBER min:nan}", {"attributes[0].min"}},
      {"attributes {key:'a' type:NUMBER max_length:3}", {"attributes[0].max_length"}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Fields(CheckAttributeDefinitions(ParseType<v1::ProductType>(row.attributes))), row.fields)
        << row.attributes;
  }
}

class AttributeValuesTest : public ::testing::Test {
 protected:
  const v1::ProductType type_ = ParseType<v1::ProductType>(R"(
    name: "productTypes/1"
    attributes {key: "note" title: "Note" type: TEXT max_length: 5 required: true}
    attributes {key: "capacity" title: "Capacity" type: NUMBER min: 0 max: 100}
    attributes {key: "safe" title: "Dishwasher-proof" type: BOOLEAN required: true}
    attributes {key: "material" title: "Material" type: CHOICE choices {value: "glass"} choices {value: "clay"}}
    attributes {key: "uses" title: "Uses" type: CHOICES choices {value: "tea"} choices {value: "soup"}}
    attributes {key: "since" title: "Since" type: DATE})");

  // What is wrong with one attribute's value; empty if nothing.
  std::string Error(const std::string& key, const std::string& value) const {
    AttributeValues values;
    values[key] = ParseType<v1::AttributeValue>(value);
    const auto violations = CheckAttributeValues(type_, values);
    if (violations.empty()) return "";
    EXPECT_EQ(violations[0].field, "attributes[\"" + key + "\"]");
    return violations[0].description;
  }
};

TEST_F(AttributeValuesTest, ValuesThatFit) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"note", "text: 'abcde'"},
           {"note", "text: '\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD'"},
           {"capacity", "number: 0"},
           {"capacity", "number: 100"},
           {"safe", "boolean: false"},
           {"material", "choice: 'clay'"},
           {"uses", "choices {values: 'soup' values: 'tea'}"},
           {"since", "date: '2024-02-29'"}}) {
    EXPECT_EQ(Error(key, value), "") << key << " " << value;
  }
}

TEST_F(AttributeValuesTest, ValuesThatDoNot) {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"note", "text: 'abcdef'"},
                                                        {"note", "text: ''"},
                                                        {"note", "number: 1"},
                                                        {"note", ""},
                                                        {"capacity", "number: -1"},
                                                        {"capacity", "number: 100.5"},
                                                        {"capacity", "number: nan"},
                                                        {"capacity", "number: inf"},
                                                        {"capacity", "text: '5'"},
                                                        {"safe", "text: 'yes'"},
                                                        {"material", "choice: 'gold'"},
                                                        {"material", "choices {values: 'clay'}"},
                                                        {"uses", "choices {values: 'tea' values: 'tea'}"},
                                                        {"uses", "choices {values: 'gold'}"},
                                                        {"uses", "choice: 'tea'"},
                                                        {"since", "date: '2023-02-29'"},
                                                        {"since", "date: '2023-2-9'"},
                                                        {"since", "date: ' 2023-02-0'"},
                                                        {"colour", "text: 'red'"}}) {
    EXPECT_NE(Error(key, value), "") << key << " " << value;
  }
}

TEST_F(AttributeValuesTest, RequiredOnesThatAreMissing) {
  AttributeValues values;
  EXPECT_THAT(MissingAttributes(type_, values),
              ElementsAre(Pointee(Property(&v1::AttributeDefinition::title, "Note")),
                          Pointee(Property(&v1::AttributeDefinition::title, "Dishwasher-proof"))));
  values["safe"].set_boolean(false);
  values["note"].set_text("x");
  EXPECT_THAT(MissingAttributes(type_, values), IsEmpty());
}

}  // namespace
}  // namespace storeops::catalog
