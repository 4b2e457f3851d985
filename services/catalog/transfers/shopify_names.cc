#include "services/catalog/transfers/shopify_names.h"

#include <xapian.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/input_text.h"
#include "common/base/signer.h"
#include "common/base/text.h"

namespace storeops::catalog {
namespace {

constexpr size_t kMaxSlug = 190;
constexpr size_t kMaxSku = 64;
constexpr size_t kHashDigits = 6;

bool StandsInSlug(unsigned c) {
  switch (Xapian::Unicode::get_category(c)) {
    case Xapian::Unicode::LOWERCASE_LETTER:
    case Xapian::Unicode::OTHER_LETTER:
    case Xapian::Unicode::NON_SPACING_MARK:
    case Xapian::Unicode::ENCLOSING_MARK:
    case Xapian::Unicode::COMBINING_SPACING_MARK:
    case Xapian::Unicode::DECIMAL_DIGIT_NUMBER:
      return true;
    default:
      return false;
  }
}

std::string HashOf(absl::string_view text) { return HexEncode(Sha256(text)).substr(0, kHashDigits); }

// Different texts for different handles and values.
std::string Joined(absl::string_view handle, const std::vector<std::string>& values) {
  std::string joined(handle);
  for (const std::string& value : values) absl::StrAppend(&joined, absl::string_view("\0", 1), value);
  return joined;
}

std::string WithHash(absl::string_view beginning, absl::string_view hashed) {
  absl::string_view kept = beginning.substr(0, kMaxSku - kHashDigits - 1);
  while (absl::ConsumeSuffix(&kept, "-") || absl::ConsumeSuffix(&kept, " ")) {
  }
  return absl::StrCat(kept, kept.empty() ? "" : "-", HashOf(hashed));
}

// Appends `text`, with hyphens for what is not in the plainest SKUs; false if that says less than the text.
bool AppendPlain(absl::string_view text, std::string* sku) {
  bool exact = true;
  if (!sku->empty()) sku->push_back('-');
  for (const char c : text) {
    const bool plain = absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("-_.", c);
    exact &= plain || c == ' ';
    if (plain) {
      sku->push_back(c);
    } else if (!sku->empty() && sku->back() != '-') {
      sku->push_back('-');
    }
  }
  return exact && !text.empty();
}

}  // namespace

std::string SlugOf(absl::string_view text) {
  std::string slug;
  bool gap = false;
  for (Xapian::Utf8Iterator at(text.data(), text.size()); at != Xapian::Utf8Iterator(); ++at) {
    const unsigned c = Xapian::Unicode::tolower(*at);
    if (!StandsInSlug(c)) {
      gap = true;
      continue;
    }
    if (gap && !slug.empty()) slug += '-';
    gap = false;
    Xapian::Unicode::append_utf8(slug, c);
  }
  NormalizeToNfc(&slug);  // a letter in lower case may have a composed form that it has not in upper case
  if (CountCodePoints(slug).value_or(0) <= kMaxSlug) return slug;
  const std::string cut(TruncateCodePoints(slug, kMaxSlug - kHashDigits - 1));
  return absl::StrCat(absl::StripSuffix(cut, "-"), "-", HashOf(slug));
}

std::string MakeAlternativeHandle(absl::string_view handle, absl::string_view title) {
  const std::string slug = SlugOf(handle);
  if (slug.empty()) return "";
  const absl::string_view kept = TruncateCodePoints(slug, kMaxSlug - kHashDigits - 1);
  return absl::StrCat(absl::StripSuffix(kept, "-"), "-", HashOf(Joined(handle, {std::string(title)})));
}

std::string ReadableTitle(absl::string_view handle) {
  std::string title;
  for (const absl::string_view word : absl::StrSplit(handle, absl::ByAnyChar("-_ "), absl::SkipEmpty())) {
    absl::StrAppend(&title, title.empty() ? "" : " ", word);
  }
  if (title.empty()) return std::string(handle);
  Xapian::Utf8Iterator rest(title.data(), title.size());
  std::string readable;
  Xapian::Unicode::append_utf8(readable, Xapian::Unicode::toupper(*rest));
  ++rest;
  if (rest != Xapian::Utf8Iterator()) readable.append(rest.raw(), rest.left());
  return readable;
}

std::string HandleWithoutSlug(const v1::Product& product) {
  const std::string slug = SlugOf(product.title());
  return SlugOf(absl::StrCat(slug.empty() ? "product" : slug, "-", absl::StripPrefix(product.name(), "products/")));
}

std::string HandleOf(const v1::Product& product) {
  return product.seo().slug().empty() ? HandleWithoutSlug(product) : product.seo().slug();
}

bool IsSku(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxSku && text.front() != ' ' && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string MakeSku(absl::string_view handle, const std::vector<std::string>& values) {
  std::string sku;
  bool exact = AppendPlain(handle, &sku);
  for (const std::string& value : values) exact = AppendPlain(value, &sku) && exact;
  return exact && IsSku(sku) ? sku : WithHash(sku, Joined(handle, values));
}

std::string MakeAlternativeSku(absl::string_view sku, absl::string_view handle,
                               const std::vector<std::string>& values) {
  return WithHash(sku, Joined(handle, values));
}

}  // namespace storeops::catalog
