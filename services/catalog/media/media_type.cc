#include "services/catalog/media/media_type.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace storeops::catalog {
namespace {

using absl::string_view;

constexpr char kUnknown[] = "application/octet-stream";
constexpr size_t kLooked = 512;
constexpr int kMaxBoxes = 10'000;

struct Magic {
  size_t offset;
  string_view bytes;
  const char* type;
};

// Longer ones before those that they begin with.
const Magic kMagics[] = {
    {0, string_view("\x89PNG\r\n\x1a\n", 8), "image/png"},
    {0, string_view("\xff\xd8\xff", 3), "image/jpeg"},
    {0, "GIF87a", "image/gif"},
    {0, "GIF89a", "image/gif"},
    {0, "%PDF-", "application/pdf"},
    {0, "BM", "image/bmp"},
    {0, string_view("II*\0", 4), "image/tiff"},
    {0, string_view("MM\0*", 4), "image/tiff"},
    {0, string_view("\0\0\1\0", 4), "image/x-icon"},
    {0, string_view("PK\3\4", 4), "application/zip"},
    {0, string_view("\x1f\x8b", 2), "application/gzip"},
    {0, string_view("\x28\xb5\x2f\xfd", 4), "application/zstd"},
    {0, string_view("7z\xbc\xaf\x27\x1c", 6), "application/x-7z-compressed"},
    {0, "Rar!", "application/vnd.rar"},
    {0, "\177ELF", "application/x-executable"},
    {0, "MZ", "application/x-msdownload"},
    {0, "#!", "text/x-script"},
    {0, string_view("\x1a\x45\xdf\xa3", 4), "video/webm"},
    {0, "OggS", "application/ogg"},
    {0, "ID3", "audio/mpeg"},
    {0, "8BPS", "image/vnd.adobe.photoshop"},
    {0, "%!PS", "application/postscript"},
};

struct Ending {
  string_view ending;
  string_view type;
};
const Ending kEndings[] = {
    {"png", "image/png"},   {"jpg", "image/jpeg"},      {"jpeg", "image/jpeg"},     {"jpe", "image/jpeg"},
    {"jfif", "image/jpeg"}, {"gif", "image/gif"},       {"webp", "image/webp"},     {"pdf", "application/pdf"},
    {"mp4", "video/mp4"},   {"m4v", "video/mp4"},       {"svg", "image/svg+xml"},   {"svgz", "image/svg+xml"},
    {"html", "text/html"},  {"htm", "text/html"},       {"xhtml", "text/html"},     {"js", "text/javascript"},
    {"bmp", "image/bmp"},   {"tif", "image/tiff"},      {"tiff", "image/tiff"},     {"ico", "image/x-icon"},
    {"heic", "image/heic"}, {"heif", "image/heic"},     {"avif", "image/avif"},     {"mov", "video/quicktime"},
    {"webm", "video/webm"}, {"zip", "application/zip"}, {"gz", "application/gzip"}, {"exe", "application/x-msdownload"},
    {"txt", "text/plain"},  {"csv", "text/plain"},      {"xml", "text/xml"},        {"json", "text/plain"},
};

uint64_t BigEndian(string_view bytes) {
  uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

// Of an ISO base media file, by its major brand and those that it is compatible with.
std::string TypeOfBrands(string_view content) {
  const size_t size = std::min<size_t>(BigEndian(content.substr(0, 4)), content.size());
  for (size_t at = 8; at + 4 <= size; at += at == 8 ? 8 : 4) {
    const string_view brand = content.substr(at, 4);
    if (absl::StartsWith(brand, "avi")) return "image/avif";
    if (brand == "heic" || brand == "heix" || brand == "mif1" || brand == "msf1" || brand == "hevc")
      return "image/heic";
    if (brand == "qt  ") return "video/quicktime";
    if (absl::StartsWith(brand, "iso") || absl::StartsWith(brand, "mp4") || brand == "avc1" || brand == "M4V " ||
        brand == "M4VP" || brand == "MSNV" || brand == "dash") {
      return "video/mp4";
    }
    if (brand == "M4A " || brand == "M4B ") return "audio/mp4";
  }
  return "application/mp4";
}

std::string TypeOfText(string_view text) {
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  const std::string lower = absl::AsciiStrToLower(absl::StripLeadingAsciiWhitespace(text));
  if (absl::StrContains(lower, "<svg")) return "image/svg+xml";
  for (const char* tag : {"<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<img", "<a ", "<div"}) {
    if (absl::StartsWith(lower, tag)) return "text/html";
  }
  if (absl::StartsWith(lower, "<?xml")) return "text/xml";
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 32 || c == '\n' || c == '\r' || c == '\t' || c == '\f';
  });
  return plain && !text.empty() ? "text/plain" : kUnknown;
}

std::string Normalized(string_view declared) {
  const std::string type = absl::AsciiStrToLower(absl::StripAsciiWhitespace(declared.substr(0, declared.find(';'))));
  if (type == "image/jpg" || type == "image/pjpeg") return "image/jpeg";
  if (type == "image/x-png") return "image/png";
  if (type == "application/x-pdf") return "application/pdf";
  return type;
}

// By the ending of the name; empty: it promises nothing.
string_view PromisedType(string_view file_name) {
  const size_t dot = file_name.rfind('.');
  if (dot == string_view::npos) return "";
  const std::string ending = absl::AsciiStrToLower(file_name.substr(dot + 1));
  const auto* found = std::find_if(std::begin(kEndings), std::end(kEndings),
                                   [&](const Ending& known) { return known.ending == ending; });
  return found == std::end(kEndings) ? string_view() : found->type;
}

}  // namespace

std::string SniffContentType(string_view content) {
  for (const Magic& magic : kMagics) {
    if (content.size() >= magic.offset + magic.bytes.size() &&
        content.substr(magic.offset, magic.bytes.size()) == magic.bytes) {
      return magic.type;
    }
  }
  if (content.size() >= 12 && content.substr(0, 4) == "RIFF") {
    return content.substr(8, 4) == "WEBP" ? "image/webp" : "application/x-riff";
  }
  if (content.size() >= 12 && content.substr(4, 4) == "ftyp") return TypeOfBrands(content);
  return TypeOfText(content.substr(0, kLooked));
}

bool IsPicture(string_view type) {
  return type == "image/png" || type == "image/jpeg" || type == "image/gif" || type == "image/webp";
}

bool IsTakenType(string_view type) { return IsPicture(type) || type == "application/pdf" || type == "video/mp4"; }

std::vector<FieldViolation> CheckDeclaredType(string_view real_type, string_view declared_type, string_view file_name) {
  std::vector<FieldViolation> violations;
  if (!IsTakenType(real_type)) {
    violations.push_back({"chunk", absl::StrCat("the content is ", real_type,
                                                "; image/png, image/jpeg, image/gif, image/webp, application/pdf and "
                                                "video/mp4 are taken")});
  }
  const std::string declared = Normalized(declared_type);
  if (!declared.empty() && declared != kUnknown && declared != real_type) {
    violations.push_back({"header.content_type", absl::StrCat("says ", declared, ", but the content is ", real_type)});
  }
  const string_view promised = PromisedType(file_name);
  if (!promised.empty() && promised != real_type) {
    violations.push_back(
        {"header.file_name", absl::StrCat("ends as ", promised, " does, but the content is ", real_type)});
  }
  return violations;
}

absl::Status BrokenMedia(string_view what) { return WithReason(InvalidField("chunk", what), "MEDIA_BROKEN"); }

absl::Status CheckMp4(string_view content) {
  bool has_index = false;
  size_t at = 0;
  for (int boxes = 0; at < content.size(); ++boxes) {
    if (boxes == kMaxBoxes) return BrokenMedia("the video has too many parts");
    if (content.size() - at < 8) return BrokenMedia("the video ends within the head of a part");
    uint64_t size = BigEndian(content.substr(at, 4));
    const string_view kind = content.substr(at + 4, 4);
    uint64_t head = 8;
    if (size == 1 && content.size() - at >= 16) {
      size = BigEndian(content.substr(at + 8, 8));
      head = 16;
    }
    if (size == 0) size = content.size() - at;  // to the end of the file
    if (size < head) return BrokenMedia("a part of the video is smaller than its head");
    if (size > content.size() - at) {
      return BrokenMedia(absl::StrCat("the video is cut off: its part \"", absl::CHexEscape(kind), "\" should have ",
                                      size, " bytes and has ", content.size() - at));
    }
    has_index |= kind == "moov";
    at += size;
  }
  return has_index ? absl::OkStatus() : BrokenMedia("the video has no index (moov)");
}

absl::Status CheckPdf(string_view content) {
  const string_view end = content.substr(content.size() - std::min<size_t>(content.size(), 1024));
  return absl::StrContains(end, "%%EOF") ? absl::OkStatus() : BrokenMedia("the document is cut off: it has no %%EOF");
}

}  // namespace storeops::catalog
