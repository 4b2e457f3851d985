#include "services/storeops/import/import_retail.h"

#include <gtest/gtest.h>

namespace storeops {
namespace {

// Otherwise every row would be set aside for a price that cannot be read.
TEST(ImportRetail, RefusesWhatIsNoCurrencyBeforeItReadsARow) {
  Client nobody("127.0.0.1:1", {}, "");
  for (const char* currency : {"", "gbp", "pounds"}) {
    const absl::Status status = ImportRetail(nobody, "/no/such/file.csv", currency);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  }
  EXPECT_EQ(ImportRetail(nobody, "/no/such/file.csv", "GBP").code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace storeops
