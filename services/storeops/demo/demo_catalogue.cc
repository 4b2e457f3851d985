#include "services/storeops/demo/demo_catalogue.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "common/base/money.h"

namespace storeops {
namespace {

using catalog::v1::Product;

// A word in both languages.
struct Word {
  absl::string_view en;
  absl::string_view zh;
};

constexpr Word kThings[] = {
    {"Mug", "马克杯"},           {"Teapot", "茶壶"},        {"Lunch Box", "饭盒"},     {"Water Bottle", "水杯"},
    {"Backpack", "背包"},        {"Tote Bag", "手提袋"},    {"Umbrella", "雨伞"},      {"Scarf", "围巾"},
    {"Cushion", "靠垫"},         {"Blanket", "毛毯"},       {"Desk Lamp", "台灯"},     {"Candle", "蜡烛"},
    {"Notebook", "笔记本"},      {"Fountain Pen", "钢笔"},  {"Pencil Case", "笔袋"},   {"Wall Clock", "挂钟"},
    {"Photo Frame", "相框"},     {"Vase", "花瓶"},          {"Cutting Board", "砧板"}, {"Chef Knife", "菜刀"},
    {"Frying Pan", "煎锅"},      {"Chopsticks", "筷子"},    {"Bath Towel", "浴巾"},    {"Slippers", "拖鞋"},
    {"Phone Stand", "手机支架"}, {"Headphones", "耳机"},    {"Keyboard", "键盘"},      {"Mouse Pad", "鼠标垫"},
    {"Yoga Mat", "瑜伽垫"},      {"Skipping Rope", "跳绳"}, {"Storage Box", "收纳盒"}, {"Toy Train", "玩具火车"},
};
constexpr Word kMaterials[] = {{"Bamboo", "竹"},
                               {"Ceramic", "陶瓷"},
                               {"Cotton", "棉"},
                               {"Glass", "玻璃"},
                               {"Leather", "皮革"},
                               {"Linen", "亚麻"},
                               {"Stainless Steel", "不锈钢"},
                               {"Walnut", "胡桃木"},
                               {"Wool", "羊毛"},
                               {"Silicone", "硅胶"},
                               {"Recycled", "再生"},
                               {"Porcelain", "瓷"}};
constexpr Word kStyles[] = {{"Classic", "经典"}, {"Nordic", "北欧"}, {"Vintage", "复古"}, {"Minimal", "简约"},
                            {"Travel", "旅行"},  {"Family", "家庭"}, {"Kids", "儿童"},    {"Premium", "高级"},
                            {"Compact", "便携"}, {"Garden", "花园"}, {"Office", "办公"},  {"Winter", "冬季"}};
constexpr Word kServices[] = {
    {"Gift Wrapping", "礼品包装"}, {"Express Delivery", "加急配送"}, {"Engraving", "刻字服务"}};
constexpr absl::string_view kColours[] = {"red", "blue", "green", "black", "white", "amber"};
constexpr absl::string_view kSizes[] = {"S", "M", "L"};
constexpr absl::string_view kBrands[] = {"Northwind Home", "Lotus & Pine", "Kestrel", "Aurelia", "山海集", "青禾",
                                         "Bramble",        "Halden",       "Mirabel", "云上",    "Osier",  "Tidewater"};

// SplitMix64 (Steele, Lea, Flood 2014): a fixed scrambling of the index.
uint64_t Scramble(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// Choices for one product, the same each time.
class Dice {
 public:
  explicit Dice(int64_t index) : state_(Scramble(static_cast<uint64_t>(index))) {}
  int64_t Below(int64_t limit) { return static_cast<int64_t>((state_ = Scramble(state_)) % limit); }
  template <class T, size_t size>
  const T& Pick(const T (&list)[size]) {
    return list[Below(size)];
  }

 private:
  uint64_t state_;
};

void SetTexts(Product& product, const std::string& title_en, const std::string& title_zh, const std::string& about_en,
              const std::string& about_zh) {
  product.set_language("en");
  product.set_title(title_en);
  product.set_description(about_en);
  auto& zh = *product.add_translations();
  zh.set_language("zh");
  zh.set_title(title_zh);
  zh.set_description(about_zh);
}

void AddVariant(Product& product, const std::string& sku, int64_t cost_minor, int64_t price_minor,
                absl::Span<const std::pair<absl::string_view, absl::string_view>> options) {
  auto& variant = *product.add_variants();
  variant.set_sku(sku);
  for (const auto& [name, value] : options) (*variant.mutable_option_values())[std::string(name)] = std::string(value);
  *variant.mutable_cost() = MoneyFromMinor(cost_minor, "EUR");
  *variant.mutable_price() = MoneyFromMinor(price_minor, "EUR");
}

Product DemoService(int64_t index, Dice dice) {
  Product product;
  const Word& word = dice.Pick(kServices);
  SetTexts(product, absl::StrCat(word.en, " No. ", index), absl::StrCat(word.zh, index, "号"),
           absl::StrCat(word.en, " for one order."), absl::StrCat("单笔订单的", word.zh, "。"));
  product.set_kind(Product::SERVICE);
  product.add_tags("service");
  AddVariant(product, absl::StrFormat("D%07d", index), 50, 200 + dice.Below(8) * 50, {});
  return product;
}

}  // namespace

Product DemoProduct(int64_t index) {
  Dice dice(index);
  if (index % 50 == 49) return DemoService(index, dice);
  Product product;
  const Word& thing = dice.Pick(kThings);
  const Word& material = dice.Pick(kMaterials);
  const Word& style = dice.Pick(kStyles);
  SetTexts(product, absl::StrCat(style.en, " ", material.en, " ", thing.en, " ", index),
           absl::StrCat(style.zh, material.zh, thing.zh, index),
           absl::StrCat("A ", absl::AsciiStrToLower(style.en), " ", absl::AsciiStrToLower(thing.en), " made of ",
                        absl::AsciiStrToLower(material.en), ", for every day and for a present."),
           absl::StrCat(style.zh, "风格的", material.zh, "制", thing.zh, "，日常使用或送礼皆宜。"));
  product.set_kind(Product::GOODS);
  product.set_brand(std::string(dice.Pick(kBrands)));
  product.add_tags(absl::AsciiStrToLower(thing.en));
  product.add_tags(absl::AsciiStrToLower(style.en));
  if (dice.Below(10) == 0) product.add_tags("sale");

  const int64_t cost_minor = 100 + dice.Below(4000);
  const int64_t price_minor = (cost_minor * (130 + dice.Below(120)) / 100 + 99) / 100 * 100 - 1;
  const std::string sku = absl::StrFormat("D%07d", index);
  const int colours = static_cast<int>(dice.Below(3));
  if (colours == 0) {
    AddVariant(product, sku, cost_minor, price_minor, {});
    return product;
  }
  const bool sized = dice.Below(3) == 0;
  product.add_options()->set_name("Colour");
  if (sized) product.add_options()->set_name("Size");
  for (int i = 0; i < colours; ++i) {
    const absl::string_view colour = kColours[(index + i) % 6];
    product.mutable_options(0)->add_values(std::string(colour));
    if (!sized) {
      AddVariant(product, absl::StrCat(sku, "-", i), cost_minor, price_minor, {{"Colour", colour}});
      continue;
    }
    for (int size = 0; size < 3; ++size) {
      if (i == 0) product.mutable_options(1)->add_values(std::string(kSizes[size]));
      AddVariant(product, absl::StrCat(sku, "-", i, kSizes[size]), cost_minor, price_minor + 100 * size,
                 {{"Colour", colour}, {"Size", kSizes[size]}});
    }
  }
  return product;
}

}  // namespace storeops
