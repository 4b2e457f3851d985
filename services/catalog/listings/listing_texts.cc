#include "services/catalog/listings/listing_texts.h"

#include "absl/strings/str_replace.h"

namespace storeops::catalog {
namespace {

using v1::ListingIssue;

// $0 is the subject.
struct Texts {
  ListingIssue::Code code;
  const char* message_en;
  const char* message_zh;
  const char* remedy_en;
  const char* remedy_zh;
};

constexpr Texts kTexts[] = {
    {ListingIssue::NO_PRICE, "No variant has a price.", "没有任何规格设置价格。",
     "Set the price of at least one variant.", "请至少为一个规格设置价格。"},
    {ListingIssue::MISSING_ATTRIBUTE, "The attribute \"$0\" has no value.", "属性“$0”没有填写。",
     "Give \"$0\" a value: the product's type demands it.", "请填写“$0”：该商品类型要求此属性。"},
    {ListingIssue::PRICE_BELOW_COST, "$0 costs the shop more than its price.", "$0 的成本高于售价。",
     "Raise the price or correct the cost.", "请提高售价或更正成本。"},
    {ListingIssue::NO_IMAGE, "There is no image.", "没有图片。", "Add at least one image of the product.",
     "请至少添加一张商品图片。"},
    {ListingIssue::THIN_DESCRIPTION, "The description ($0) says too little.", "描述（$0）过于简略。",
     "Say what it is made of, how large it is and what it is for.", "请说明材质、尺寸和用途。"},
    {ListingIssue::MISSING_LANGUAGE, "There is no text in the language $0.", "缺少语言 $0 的文本。",
     "Add a translation for $0.", "请添加 $0 的翻译。"},
    {ListingIssue::SIMILAR_TITLE, "$0 has a title of the same words.", "$0 的标题用词相同。",
     "Say in the title what sets this product apart, or make it a variant of the other.",
     "请在标题中写明区别，或将其合并为对方的一个规格。"},
    {ListingIssue::DUPLICATE_BARCODE, "$0 has the same barcode.", "$0 使用了相同的条码。",
     "Correct the barcode of one of the two.", "请更正其中一个商品的条码。"},
    {ListingIssue::TITLE_IN_CAPITALS, "The title is written in capitals.", "标题全部为大写字母。",
     "Write it in normal letters: marketplaces refuse capitals.", "请使用正常大小写：平台会拒绝全大写标题。"},
    {ListingIssue::TITLE_TOO_LONG, "The title has more than 150 characters.", "标题超过 150 个字符。",
     "Shorten it: lists and marketplaces cut it off.", "请缩短标题：列表和平台会截断过长的标题。"},
    {ListingIssue::NO_CATEGORY, "It is filed in no category.", "未归入任何类目。", "Choose at least one category.",
     "请至少选择一个类目。"},
    {ListingIssue::NO_BRAND, "It has no brand.", "没有品牌。", "Name the brand or the maker.", "请填写品牌或制造商。"},
    {ListingIssue::UNREADABLE_IMAGE, "The content of $0 is missing or cut off.", "$0 的内容缺失或不完整。",
     "Upload the image again, or take it off the product.", "请重新上传图片，或将其从商品中移除。"},
    {ListingIssue::MISSING_SEO, "There is no $0 for search engines.", "缺少供搜索引擎使用的 $0。", "Fill in seo.$0.",
     "请填写 seo.$0。"},
};

std::string Fill(absl::string_view text, absl::string_view subject) {
  return absl::StrReplaceAll(text, {{"$0", subject}});
}

}  // namespace

ListingIssue MakeIssue(ListingIssue::Code code, ListingIssue::Severity severity, int points_lost,
                       absl::string_view field, absl::string_view subject) {
  ListingIssue issue;
  issue.set_code(code);
  issue.set_severity(severity);
  issue.set_points_lost(points_lost);
  issue.set_field(std::string(field));
  for (const Texts& texts : kTexts) {
    if (texts.code != code) continue;
    issue.mutable_message()->set_en(Fill(texts.message_en, subject));
    issue.mutable_message()->set_zh(Fill(texts.message_zh, subject));
    issue.mutable_remedy()->set_en(Fill(texts.remedy_en, subject));
    issue.mutable_remedy()->set_zh(Fill(texts.remedy_zh, subject));
  }
  return issue;
}

}  // namespace storeops::catalog
