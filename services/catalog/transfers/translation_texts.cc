#include "services/catalog/transfers/translation_texts.h"

#include <algorithm>

namespace storeops::catalog {
namespace {

template <class List>
auto Find(const std::string& language, List& translations) {
  return std::find_if(translations.begin(), translations.end(),
                      [&](const v1::Translation& translation) { return translation.language() == language; });
}

}  // namespace

v1::Translation* MutableTranslation(const std::string& language, Translations* translations) {
  if (const auto found = Find(language, *translations); found != translations->end()) return &*found;
  v1::Translation* translation = translations->Add();
  translation->set_language(language);
  return translation;
}

void MergeTranslation(const StatedTexts& texts, const Translations& from, Translations* translations) {
  const auto stated = Find(texts.language, from);
  const bool any = stated != from.end();
  if (!any && Find(texts.language, *translations) == translations->end()) return;
  v1::Translation* present = MutableTranslation(texts.language, translations);
  if (texts.title) present->set_title(any ? stated->title() : "");
  if (texts.description) present->set_description(any ? stated->description() : "");
  MergeSeo(texts.seo, any ? stated->seo() : v1::Seo::default_instance(), present);
  // What search engines were told before does not keep it; what the file says of that is not lost in silence.
  const bool says_seo = any && stated->has_seo();
  if (present->title().empty() && present->description().empty() && !says_seo) {
    translations->erase(Find(texts.language, *translations));
  }
}

}  // namespace storeops::catalog
