// What is wrong with a file, and where.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_FILE_ERRORS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_FILE_ERRORS_H_

#include "absl/strings/string_view.h"
#include "common/base/csv.h"
#include "storeops/catalog/v1/transfer.pb.h"

namespace storeops::catalog {

// Of a reader's message, "line 3, column 5: what" or "line 1, field 2: what", as its parts.
v1::ImportError FileError(absl::string_view message);

// A byte that is not UTF-8 text.
v1::ImportError BadByteError(const TextPlace& place);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_FILE_ERRORS_H_
