#include "services/catalog/transfers/file_errors.h"

#include <string>

#include "re2/re2.h"

namespace storeops::catalog {

v1::ImportError FileError(absl::string_view message) {
  static const RE2* const kPlace = new RE2("line ([0-9]+), (?:column|field) ([0-9]+): ");
  v1::ImportError error;
  int64_t line = 0, column = 0;
  re2::StringPiece rest(message.data(), message.size());
  if (RE2::Consume(&rest, *kPlace, &line, &column)) {
    error.set_line(line);
    error.set_column(column);
  }
  error.set_message(std::string(rest.data(), rest.size()));
  return error;
}

v1::ImportError BadByteError(const TextPlace& place) {
  v1::ImportError error;
  error.set_line(place.line);
  error.set_column(place.column);
  error.set_message("this byte is not UTF-8 text");
  return error;
}

}  // namespace storeops::catalog
