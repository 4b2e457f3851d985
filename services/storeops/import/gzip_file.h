// A file read as a stream, gzip-compressed or plain.
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_GZIP_FILE_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_GZIP_FILE_H_

#include <zlib.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace storeops {

class GzipFile {
 public:
  static absl::StatusOr<GzipFile> Open(const std::string& path);

  // As CsvReader::Source wants it. DATA_LOSS if the compressed data are damaged or cut off.
  absl::StatusOr<size_t> Read(char* buffer, size_t size);

  // Of the file as it lies on disk, for a progress bar.
  int64_t bytes_read() const;
  int64_t bytes_total() const { return bytes_total_; }

 private:
  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };
  GzipFile(std::string path, gzFile_s* file, int64_t bytes)
      : path_(std::move(path)), file_(file), bytes_total_(bytes) {}

  std::string path_;
  std::unique_ptr<gzFile_s, Close> file_;
  int64_t bytes_total_;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_GZIP_FILE_H_
