// What a file really is, by its own bytes, against what it is said to be.
#ifndef STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_TYPE_H_
#define STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_TYPE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/errors.h"

namespace storeops::catalog {

// The media type of content by how it begins (512 bytes tell), also of many that are not taken: "image/svg+xml",
// "text/html", "application/zip"... "application/octet-stream" if nothing fits.
std::string SniffContentType(absl::string_view content);

// image/png, image/jpeg, image/gif, image/webp, application/pdf, video/mp4.
bool IsTakenType(absl::string_view type);
bool IsPicture(absl::string_view type);

// What is wrong with content of this real type: the type is not taken, or `declared_type` ("" and
// "application/octet-stream" say nothing) or the ending of `file_name` say otherwise. Fields "header.content_type",
// "header.file_name".
std::vector<FieldViolation> CheckDeclaredType(absl::string_view real_type, absl::string_view declared_type,
                                              absl::string_view file_name);

// INVALID_ARGUMENT with reason MEDIA_BROKEN if an MP4 or a PDF does not hold together from its beginning to its end.
absl::Status CheckMp4(absl::string_view content);
absl::Status CheckPdf(absl::string_view content);

// INVALID_ARGUMENT for field "chunk", with reason MEDIA_BROKEN.
absl::Status BrokenMedia(absl::string_view what);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_TYPE_H_
