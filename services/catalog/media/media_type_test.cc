#include "services/catalog/media/media_type.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::HasSubstr;

std::string Box(const std::string& kind, const std::string& content) {
  const size_t size = content.size() + 8;
  std::string box;
  for (int shift = 24; shift >= 0; shift -= 8) box += static_cast<char>(size >> shift & 0xff);
  return box + kind + content;
}

std::string Ftyp(const std::string& major, const std::string& compatible = "") {
  return Box("ftyp", major + std::string(4, '\0') + compatible);
}

TEST(SniffContentType, GoesByTheBytes) {
  using std::string_literals::operator""s;
  const struct {
    std::string content;
    const char* type;
  } cases[] = {{"\x89PNG\r\n\x1a\n....", "image/png"},
               {"\xff\xd8\xff\xe0", "image/jpeg"},
               {"GIF89a..", "image/gif"},
               {"GIF88a..", "text/plain"},
               {"RIFF\x10\0\0\0WEBPVP8 "s, "image/webp"},
               {"RIFF\x10\0\0\0WAVEfmt "s, "application/x-riff"},
               {"%PDF-1.7\n", "application/pdf"},
               {Ftyp("isom", "iso2avc1mp41"), "video/mp4"},
               {Ftyp("mp42"), "video/mp4"},
               {Ftyp("qt  "), "video/quicktime"},
               {Ftyp("avif", "mif1"), "image/avif"},
               {Ftyp("heic", "mif1"), "image/heic"},
               {Ftyp("M4A "), "audio/mp4"},
               {"<svg xmlns=\"http://www.w3.org/2000/svg\">", "image/svg+xml"},
               {"\xef\xbb\xbf <?xml version=\"1.0\"?><!-- x --><SVG>", "image/svg+xml"},
               {"<?xml version=\"1.0\"?><a/>", "text/xml"},
               {"\n <!DOCTYPE html><html>", "text/html"},
               {"<script>alert(1)</script>", "text/html"},
               {"hello", "text/plain"},
               {"PK\3\4", "application/zip"},
               {"MZ\x90\0"s, "application/x-msdownload"},
               {"\177ELF\2", "application/x-executable"},
               {"#!/bin/sh", "text/x-script"},
               {"BM....", "image/bmp"},
               {"II*\0"s, "image/tiff"},
               {"\0\1\2"s, "application/octet-stream"},
               {"", "application/octet-stream"}};
  for (const auto& c : cases) EXPECT_EQ(SniffContentType(c.content), c.type) << c.content;
}

TEST(CheckDeclaredType, NamesWhatTheContentReallyIs) {
  const struct {
    const char* real;
    const char* declared;
    const char* file_name;
    const char* wrong;  // fields
  } cases[] = {{"image/png", "", "", ""},
               {"image/png", "image/png", "cup.PNG", ""},
               {"image/jpeg", "image/jpg", "cup.jpeg", ""},
               {"image/jpeg", "IMAGE/JPEG; charset=binary", "cup", ""},
               {"image/jpeg", "application/octet-stream", "cup.v2", ""},
               {"image/jpeg", "image/png", "cup.jpg", "header.content_type"},
               {"image/jpeg", "", "cup.png", "header.file_name"},
               {"image/jpeg", "image/png", "cup.png", "header.content_type header.file_name"},
               {"text/html", "image/png", "cup.png", "chunk header.content_type header.file_name"},
               {"image/svg+xml", "image/svg+xml", "cup.svg", "chunk"},
               {"application/zip", "application/pdf", "", "chunk header.content_type"},
               {"video/mp4", "video/mp4", "film.m4v", ""},
               {"application/pdf", "application/pdf", "film.mp4", "header.file_name"}};
  for (const auto& c : cases) {
    std::string wrong;
    for (const auto& violation : CheckDeclaredType(c.real, c.declared, c.file_name)) {
      wrong += (wrong.empty() ? "" : " ") + violation.field;
      EXPECT_THAT(violation.description, HasSubstr(c.real));
    }
    EXPECT_EQ(wrong, c.wrong) << c.real << " " << c.declared << " " << c.file_name;
  }
}

TEST(CheckMp4, WantsAllPartsWhole) {
  const std::string film = Ftyp("isom") + Box("moov", "index") + Box("mdat", std::string(1000, 'x'));
  EXPECT_TRUE(CheckMp4(film).ok());
  for (const size_t size : {film.size() - 1, film.size() - 999, film.size() - 1005}) {
    EXPECT_EQ(CheckMp4(film.substr(0, size)).code(), absl::StatusCode::kInvalidArgument) << size;
  }
  EXPECT_THAT(std::string(CheckMp4(Ftyp("isom") + Box("mdat", "x")).message()), HasSubstr("moov"));
  EXPECT_FALSE(CheckMp4(Ftyp("isom") + std::string("\0\0\0\4moov", 8)).ok()) << "smaller than its head";
  EXPECT_TRUE(CheckMp4(Ftyp("isom") + Box("moov", "") + std::string("\0\0\0\0mdat", 8) + "rest").ok());
  const std::string large = Ftyp("isom") + Box("moov", "") + std::string("\0\0\0\1mdat\0\0\0\0\0\0\0\x14", 16) + "four";
  EXPECT_TRUE(CheckMp4(large).ok());
  EXPECT_FALSE(CheckMp4(large.substr(0, large.size() - 1)).ok());
}

TEST(CheckPdf, WantsItsEnd) {
  EXPECT_TRUE(CheckPdf("%PDF-1.4\n...\n%%EOF\n").ok());
  EXPECT_FALSE(CheckPdf("%PDF-1.4\n...").ok());
  EXPECT_FALSE(CheckPdf("%PDF-1.4\n%%EOF" + std::string(2000, ' ')).ok());
}

}  // namespace
}  // namespace storeops::catalog
