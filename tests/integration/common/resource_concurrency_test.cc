// Many writers at once: nothing is lost, nothing is there twice, and what belongs together commits together.
#include <atomic>
#include <set>

#include "gmock/gmock.h"
#include "tests/support/resource_fixture.h"

namespace storeops {
namespace {

using ::testing::HasSubstr;

using namespace storeops::catalog::v1;  // NOLINT: the messages of one API

constexpr int kWriters = 12;

using ResourceConcurrencyTest = testing::ResourceFixture;

TEST_F(ResourceConcurrencyTest, NoUpdateIsLost) {
  const Product product = *Create(MakeProduct("0", "A"));
  constexpr int kEach = 8;
  testing::InParallel(kWriters, [&](int) {
    for (int done = 0; done < kEach;) {
      Product change = *Get(product.name());
      change.set_title(absl::StrCat(std::stoi(change.title()) + 1));
      const auto updated = Update(change, {"title"});
      if (updated.ok()) {
        ++done;
      } else {
        ASSERT_EQ(updated.status().code(), absl::StatusCode::kAborted) << updated.status();
      }
    }
  });
  const Product last = *Get(product.name());
  EXPECT_EQ(last.title(), absl::StrCat(kWriters * kEach));
  EXPECT_EQ(last.etag(), absl::StrCat(kWriters * kEach + 1));
  EXPECT_EQ(Count("history"), kWriters * kEach + 1);
}

TEST_F(ResourceConcurrencyTest, UpdatesOfDifferentFieldsDoNotUndoEachOther) {
  const Product product = *Create(MakeProduct("T", "A"));
  testing::InParallel(3, [&](int writer) {
    for (int i = 1; i <= 20; ++i) {
      Product change;
      change.set_name(product.name());
      const char* field = writer == 0 ? "title" : writer == 1 ? "brand" : "description";
      if (writer == 0) change.set_title(absl::StrCat("title ", i));
      if (writer == 1) change.set_brand(absl::StrCat("brand ", i));
      if (writer == 2) change.set_description(absl::StrCat("description ", i));
      const auto updated = Update(change, {field});
      ASSERT_TRUE(updated.ok()) << updated.status();
    }
  });
  const Product last = *Get(product.name());
  EXPECT_EQ(last.title(), "title 20");
  EXPECT_EQ(last.brand(), "brand 20");
  EXPECT_EQ(last.description(), "description 20");
  EXPECT_EQ(last.etag(), "61");
}

TEST_F(ResourceConcurrencyTest, OneOfManyGetsAUniqueKey) {
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> winners{0};
    testing::InParallel(kWriters, [&](int writer) {
      const auto created = Create(MakeProduct(absl::StrCat("T", writer), absl::StrCat("SKU-", round)));
      if (created.ok()) {
        ++winners;
      } else {
        EXPECT_EQ(created.status().code(), absl::StatusCode::kAlreadyExists) << created.status();
      }
    });
    EXPECT_EQ(winners, 1);
  }
  EXPECT_EQ(Count("products"), 10);
  EXPECT_EQ(Count("resource_keys"), 10);
}

TEST_F(ResourceConcurrencyTest, BatchesThatOverlapAreWholeOrNot) {
  std::atomic<int> winners{0};
  testing::InParallel(8, [&](int writer) {
    BatchCreateProductsRequest request;
    // Every batch has SKUs of its neighbours, in an order of its own.
    for (int i = 0; i < 20; ++i) {
      const int sku = writer % 2 == 0 ? i : 19 - i;
      *request.add_requests()->mutable_product() = MakeProduct(absl::StrCat("W", writer), absl::StrCat("S", sku));
    }
    BatchCreateProductsResponse response;
    const absl::Status status = products_->BatchCreate(MakeCall(), request, &response);
    if (status.ok()) {
      ++winners;
    } else {
      EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
    }
  });
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(Count("products"), 20);
  const std::vector<std::string> titles = ListTitles("");
  EXPECT_EQ(std::set<std::string>(titles.begin(), titles.end()).size(), 1u);
}

TEST_F(ResourceConcurrencyTest, BatchUpdatesInOppositeOrdersAllSucceed) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Create(MakeProduct("T", absl::StrCat("S", i))).ok());
  testing::InParallel(8, [&](int writer) {
    BatchUpdateProductsRequest request;
    for (int i = 0; i < 20; ++i) {
      Product change;
      change.set_name(absl::StrCat("products/", writer % 2 == 0 ? i + 1 : 20 - i));
      change.set_brand(absl::StrCat("W", writer));
      *request.add_requests()->mutable_product() = change;
    }
    BatchUpdateProductsResponse response;
    const absl::Status status = products_->BatchUpdate(MakeCall(), request, &response);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(response.products_size(), 20);
  });
  std::set<std::string> brands;
  for (int i = 1; i <= 20; ++i) {
    const Product product = *Get(absl::StrCat("products/", i));
    brands.insert(product.brand());
    EXPECT_EQ(product.etag(), "9");
  }
  EXPECT_EQ(brands.size(), 1u) << "batches do not interleave";
}

TEST_F(ResourceConcurrencyTest, OneRequestIdMakesOneRowAndOneAnswer) {
  for (int round = 0; round < 5; ++round) {
    const std::string id = absl::StrCat("request-", round);
    std::vector<std::string> answers(kWriters);
    testing::InParallel(kWriters, [&](int writer) {
      const auto created = Create(MakeProduct("T", absl::StrCat("S", round)), MakeCall(id, "body"));
      ASSERT_TRUE(created.ok()) << created.status();
      answers[writer] = created->SerializeAsString();
    });
    EXPECT_EQ(std::set<std::string>(answers.begin(), answers.end()).size(), 1u);
  }
  EXPECT_EQ(Count("products"), 5);
  EXPECT_EQ(Count("replays"), 5);
  EXPECT_EQ(Count("change_log"), 5);
}

TEST_F(ResourceConcurrencyTest, UpdatesWithOneRequestIdHappenOnce) {
  const Product product = *Create(MakeProduct("T", "A"));
  std::vector<std::string> answers(kWriters);
  testing::InParallel(kWriters, [&](int writer) {
    Product change = product;  // with its etag: only one of the repetitions could pass by itself
    change.set_title("New");
    const auto updated = Update(change, {"title"}, MakeCall("r", "body"));
    ASSERT_TRUE(updated.ok()) << updated.status();
    answers[writer] = updated->SerializeAsString();
  });
  EXPECT_EQ(std::set<std::string>(answers.begin(), answers.end()).size(), 1u);
  EXPECT_EQ(Get(product.name())->etag(), "2");
}

TEST_F(ResourceConcurrencyTest, ARequestIdWithAnotherBodyIsRefused) {
  ASSERT_TRUE(Create(MakeProduct("T", "A"), MakeCall("r", "one")).ok());
  const absl::Status reused = Create(MakeProduct("T", "B"), MakeCall("r", "two")).status();
  EXPECT_EQ(reused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(testing::Reason(reused), "REQUEST_ID_REUSED");
  EXPECT_THAT(testing::FieldsOf(reused), HasSubstr("request_id: "));
  EXPECT_EQ(Count("products"), 1);
  EXPECT_EQ(Count("resource_keys"), 1);
}

TEST_F(ResourceConcurrencyTest, AFailedWriteLeavesNoAnswer) {
  const rpc::Call call = MakeCall("r", "one");
  EXPECT_FALSE(Create(MakeProduct("", "A"), call).ok());
  EXPECT_EQ(Count("replays"), 0);
  EXPECT_TRUE(Create(MakeProduct("T", "A"), call).ok()) << "the id may be used for what then succeeds";
}

TEST_F(ResourceConcurrencyTest, OldAnswersArePruned) {
  resource::DatabaseReplayStore replays(database());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Create(MakeProduct("T", absl::StrCat(i)), MakeCall(absl::StrCat("r", i), "b")).ok());
    clock_.Advance(absl::Hours(1));
  }
  EXPECT_EQ(*replays.Prune(clock_.Now() - absl::Hours(3), 1, Soon()), 1);
  EXPECT_EQ(*replays.Prune(clock_.Now() - absl::Hours(3), 100, Soon()), 1);
  EXPECT_EQ(Count("replays"), 3);
}

TEST_F(ResourceConcurrencyTest, HistoryAndOutboxCommitWithTheChangeOrNotAtAll) {
  // Each step of the transaction is made to fail in turn; the last table has to take everything before with it.
  for (const char* table : {"resource_keys", "history", "change_log", "replays"}) {
    ASSERT_TRUE(database().Execute(Soon(), absl::StrCat("RENAME TABLE ", table, " TO hidden")).ok());
    EXPECT_FALSE(Create(MakeProduct("T", "A"), MakeCall("r", "b")).ok()) << table;
    ASSERT_TRUE(database().Execute(Soon(), absl::StrCat("RENAME TABLE hidden TO ", table)).ok());
    for (const char* other : {"products", "resource_keys", "history", "change_log", "replays"}) {
      EXPECT_EQ(Count(other), 0) << other << " after a failure at " << table;
    }
  }
  EXPECT_TRUE(Create(MakeProduct("T", "A"), MakeCall("r", "b")).ok());
}

TEST_F(ResourceConcurrencyTest, AConnectionThatBreaksBeforeTheCommitLeavesNothing) {
  rpc::Call call = MakeCall("r", "b");
  Product response;
  bool after_commit = false;
  const absl::Status status = resource::RunWrite(store_, call, &response, [&](resource::Write& write) -> absl::Status {
    const auto inserted = products_->Insert(write, std::make_unique<Product>(MakeProduct("T", "A")));
    if (!inserted.ok()) return inserted.status();
    write.AfterCommit([&] { after_commit = true; });
    const auto id = write.session().Query("SELECT CONNECTION_ID()", {});
    if (!id.ok()) return id.status();
    return database().Execute(Soon(), absl::StrCat("KILL ", id->Int(0, 0))).status();
  });
  EXPECT_FALSE(status.ok());
  EXPECT_FALSE(after_commit);
  for (const char* table : {"products", "resource_keys", "history", "change_log", "replays"})
    EXPECT_EQ(Count(table), 0);
}

TEST_F(ResourceConcurrencyTest, InsertAndReplaceByHandTakeTheirIdsWithoutASecondConnection) {
  db::Options options = test_database_.options();
  options.max_connections = 2;
  db::Database narrow(options);
  changes::Feed feed(narrow, "catalog", {});
  resource::IdAllocator ids(narrow);
  const resource::Store store{narrow, feed, clock_, ids};
  auto opened = resource::Resource::Open(store, tokens_, Product::default_instance());
  ASSERT_TRUE(opened.ok()) << opened.status();
  testing::InParallel(kWriters, [&](int writer) {
    for (int i = 0; i < 10; ++i) {
      Product response;
      const absl::Status status =
          resource::RunWrite(store, MakeCall(), &response, [&](resource::Write& write) -> absl::Status {
            auto created =
                (*opened)->Insert(write, std::make_unique<Product>(MakeProduct("T", absl::StrCat(writer, "-", i))));
            if (!created.ok()) return created.status();
            auto after = std::make_unique<Product>(static_cast<const Product&>(*created->message));
            after->set_brand("by hand");
            auto replaced = (*opened)->Replace(write, *created, std::move(after));
            if (!replaced.ok()) return replaced.status();
            response = static_cast<const Product&>(*replaced->message);
            return absl::OkStatus();
          });
      ASSERT_TRUE(status.ok()) << status;
      EXPECT_EQ(response.etag(), "2");
    }
  });
  EXPECT_EQ(Count("products"), kWriters * 10);
  EXPECT_EQ(Count("history"), kWriters * 20);
}

TEST_F(ResourceConcurrencyTest, IdsAreNeverGivenTwice) {
  // Two processes, each with its own blocks.
  resource::IdAllocator other(database());
  std::vector<std::vector<int64_t>> taken(kWriters);
  testing::InParallel(kWriters, [&](int writer) {
    for (int i = 0; i < 30; ++i) {
      const auto ids = (writer % 2 == 0 ? ids_ : other).Take("thing", 1 + (i * 7) % 40, Soon());
      ASSERT_TRUE(ids.ok()) << ids.status();
      EXPECT_TRUE(std::is_sorted(ids->begin(), ids->end()));
      taken[writer].insert(taken[writer].end(), ids->begin(), ids->end());
    }
  });
  std::set<int64_t> distinct;
  size_t all = 0;
  for (const auto& ids : taken) {
    distinct.insert(ids.begin(), ids.end());
    all += ids.size();
  }
  EXPECT_EQ(distinct.size(), all);
  EXPECT_FALSE(ids_.Take("thing", 10'001, Soon()).ok());
  EXPECT_EQ(ids_.Take("thing", 10'000, Soon())->size(), 10'000u);
}

}  // namespace
}  // namespace storeops
