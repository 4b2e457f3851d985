#include "services/inventory/stock/stock_watch.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

StockLevel Level(const std::string& sku, int64_t location_id, int64_t version) {
  StockLevel level;
  level.key = {sku, location_id};
  level.version = version;
  return level;
}

changes::Batch Feed(const std::vector<StockLevel>& levels) {
  changes::Batch batch;
  for (const StockLevel& level : levels) {
    changes::Change& change = batch.changes.emplace_back();
    change.set_subject(absl::StrCat(level.key.sku, "@", level.key.location_id));
    change.set_resource(ToMessage(level).SerializeAsString());
  }
  return batch;
}

// "SKU version, ..." in the order of SKUs.
std::string Said(const v1::WatchStockResponse& response) {
  std::set<std::string> said;
  for (const auto& level : response.levels()) said.insert(absl::StrCat(level.sku(), " ", level.version()));
  return absl::StrJoin(said, ", ");
}

TEST(StockWatchTest, TheFeedBringsNothingOlderThanTheFirstLevels) {
  StockWatch watch({"A", "B"}, 0);
  EXPECT_EQ(Said(watch.First({Level("A", 1, 3)})), "A 3");
  EXPECT_EQ(Said(watch.Changed(Feed({Level("A", 1, 2), Level("A", 1, 3)}))), "");
  EXPECT_EQ(Said(watch.Changed(Feed({Level("A", 1, 3), Level("A", 1, 4), Level("A", 1, 5)}))), "A 5");
  EXPECT_EQ(Said(watch.Changed(Feed({Level("B", 1, 1), Level("A", 2, 1)}))), "A 1, B 1") << "levels that are new";
}

TEST(StockWatchTest, OnlyWhatIsWatched) {
  const auto changes = Feed({Level("A", 1, 1), Level("B", 2, 2), Level("C", 1, 3)});
  const struct {
    std::set<std::string> skus;
    int64_t location_id;
    const char* said;
  } cases[] = {{{}, 0, "A 1, B 2, C 3"}, {{}, 1, "A 1, C 3"}, {{"A", "B"}, 0, "A 1, B 2"}, {{"A", "B"}, 2, "B 2"}};
  for (const auto& c : cases) EXPECT_EQ(Said(StockWatch(c.skus, c.location_id).Changed(changes)), c.said);
}

}  // namespace
}  // namespace storeops::inventory
