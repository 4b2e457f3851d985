// Creates that wait at the same time share a transaction; each of them must end as if it had been alone.
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/base/worker_pool.h"
#include "gmock/gmock.h"
#include "tests/support/resource_fixture.h"

namespace storeops {
namespace {

using ::testing::HasSubstr;

using namespace storeops::catalog::v1;  // NOLINT: the messages of one API

constexpr int kCallers = 12;

class ResourceCommitGroupTest : public testing::ResourceFixture {
 protected:
  // The create titled "hold" keeps the others waiting for a moment, so that they become a group.
  void SetUp() override {
    ResourceFixture::SetUp();
    resource::Hooks hooks;
    hooks.before_write = [this](resource::Write&, const google::protobuf::Message*,
                                google::protobuf::Message* after) -> absl::Status {
      if (static_cast<Product*>(after)->title() == "hold") {
        if (!held_.HasBeenNotified()) held_.Notify();
        go_on_.WaitForNotificationWithTimeout(absl::Milliseconds(80));
      }
      return absl::OkStatus();
    };
    Open(hooks);
  }

  void Open(const resource::Hooks& hooks) {
    ResourceFixture::Open(hooks);
    table_ = std::make_unique<rpc::MethodTable>();
    products_->Bind(table_->AddService("storeops.catalog.v1.ProductService"));
  }

  // By turns as from the network, and in the caller's thread.
  absl::StatusOr<Product> Create(const Product& product, rpc::Call call = MakeCall()) {
    if (++calls_ % 3 == 0) return ResourceFixture::Create(product, call);
    CreateRequest request;
    *request.mutable_product() = product;
    absl::Notification ended;
    absl::StatusOr<rpc::Reply> reply = absl::UnknownError("no answer");
    rpc::ReplyCallback done = [&](absl::StatusOr<rpc::Reply> answer) {
      reply = std::move(answer);
      ended.Notify();
    };
    call.method = table_->Find("storeops.catalog.v1.ProductService/CreateProduct");
    const absl::Status taken = call.method->join(call, request, workers_, std::move(done));
    if (!taken.ok()) return taken;
    ended.WaitForNotification();
    if (!reply.ok() && call.replay.has_value()) reply = replays_.AnswerAfter(call, reply.status());
    if (!reply.ok()) return reply.status();
    Product response;
    const absl::Status status = reply->ToMessage(&response);
    if (!status.ok()) return status;
    return response;
  }

  // Runs `body(0)` to `body(kCallers - 1)` at the same time behind a create that is held up.
  void InOneGroup(const std::function<void(int)>& body) {
    std::thread holder([this] { EXPECT_TRUE(Create(MakeProduct("hold", "HOLD")).ok()); });
    held_.WaitForNotification();
    testing::InParallel(kCallers, body);
    holder.join();
  }

  static rpc::Call CallOf(int caller) {
    rpc::Call call = MakeCall();
    call.principal.name = absl::StrCat("users/", 100 + caller);
    call.trace.trace_id = absl::StrCat(std::string(30, 'a'), 10 + caller);
    call.trace.span_id = std::string(16, 'b');
    return call;
  }

  std::unique_ptr<rpc::MethodTable> table_;
  WorkerPool workers_{{.threads = 4, .queue_limit = 1000}};
  std::atomic<int> calls_{0};
  absl::Notification held_, go_on_;
};

TEST_F(ResourceCommitGroupTest, CallsWithAndWithoutThreadsAreServedAlike) {
  InOneGroup([&](int caller) {
    for (int i = 0; i < 20; ++i) {
      const std::string sku = absl::StrCat("S", caller, "-", i);
      const auto created = Create(MakeProduct("T", sku), CallOf(caller));
      ASSERT_TRUE(created.ok()) << created.status();
      EXPECT_EQ(created->variants(0).sku(), sku);
      EXPECT_EQ(Get(created->name())->DebugString(), created->DebugString());
    }
  });
  EXPECT_EQ(Count("products"), 1 + 20 * kCallers);
}

TEST_F(ResourceCommitGroupTest, EachKeepsItsOwnCallerTraceHistoryAndChange) {
  std::vector<Product> created(kCallers);
  InOneGroup([&](int caller) {
    const auto product = Create(MakeProduct(absl::StrCat("T", caller), absl::StrCat("S", caller)), CallOf(caller));
    ASSERT_TRUE(product.ok()) << product.status();
    created[caller] = *product;
  });
  std::set<std::string> names;
  for (int caller = 0; caller < kCallers; ++caller) {
    const Product& product = created[caller];
    EXPECT_TRUE(names.insert(product.name()).second);
    EXPECT_EQ(Get(product.name())->DebugString(), product.DebugString());
    EXPECT_EQ(product.title(), absl::StrCat("T", caller));
    const auto outbox = database().Query(
        Soon(), "SELECT actor, traceparent, resource FROM change_log WHERE subject = ?", {product.name()});
    ASSERT_EQ(outbox->size(), 1u);
    EXPECT_EQ(outbox->Text(0, 0), CallOf(caller).principal.name);
    EXPECT_THAT(outbox->Text(0, 1), HasSubstr(CallOf(caller).trace.trace_id));
    EXPECT_EQ(outbox->Text(0, 2), product.SerializeAsString());
    const auto history = database().Query(Soon(), "SELECT actor, fields FROM history WHERE resource_id = ?",
                                          {std::stoi(product.name().substr(9))});
    ASSERT_EQ(history->size(), 1u);
    EXPECT_EQ(history->Text(0, 0), CallOf(caller).principal.name);
    EXPECT_THAT(history->Text(0, 1), HasSubstr(absl::StrCat("\"T", caller, "\"")));
  }
}

TEST_F(ResourceCommitGroupTest, TheBadOnesGetTheirOwnErrorsAndTheOthersSucceed) {
  ASSERT_TRUE(Create(MakeProduct("T", "TAKEN")).ok());
  ASSERT_TRUE(Create(MakeProduct("T", "OTHER"), MakeCall("used", "one")).ok());
  InOneGroup([&](int caller) {
    const std::string title = caller == 3 ? "" : "T";
    const std::string sku = caller == 5 ? "TAKEN" : absl::StrCat("S", caller);
    const absl::Status status =
        Create(MakeProduct(title, sku), caller == 7 ? MakeCall("used", "two") : CallOf(caller)).status();
    if (caller == 3) {
      EXPECT_EQ(testing::FieldsOf(status), "product.title: is required");
    } else if (caller == 5) {
      EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
      EXPECT_THAT(std::string(status.message()), HasSubstr("product.variants[0].sku: \"TAKEN\" is taken by products/"));
    } else if (caller == 7) {
      EXPECT_EQ(testing::Reason(status), "REQUEST_ID_REUSED");
    } else {
      EXPECT_TRUE(status.ok()) << status;
    }
  });
  const int64_t expected = 2 + 1 + kCallers - 3;
  for (const char* table : {"products", "resource_keys", "history", "change_log"})
    EXPECT_EQ(Count(table), expected) << table;
  EXPECT_EQ(Count("replays"), 1);
}

TEST_F(ResourceCommitGroupTest, OneOfThoseWhoWantTheSameKeyGetsIt) {
  std::atomic<int> winners{0};
  InOneGroup([&](int caller) {
    const auto created = Create(MakeProduct("T", caller < 4 ? "SAME" : absl::StrCat("S", caller)));
    if (caller >= 4) {
      EXPECT_TRUE(created.ok()) << created.status();
    } else if (created.ok()) {
      ++winners;
    } else {
      EXPECT_THAT(std::string(created.status().message()),
                  HasSubstr("product.variants[0].sku: \"SAME\" is taken by products/"));
    }
  });
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(Count("products"), 1 + 1 + kCallers - 4);
}

TEST_F(ResourceCommitGroupTest, TwinsInOneGroupMakeOneRowAndGetOneAnswer) {
  std::vector<std::string> answers(kCallers);
  InOneGroup([&](int caller) {
    const auto created = Create(MakeProduct("T", absl::StrCat("S", caller / 2)),
                                MakeCall(absl::StrCat("request-", caller / 2), absl::StrCat("body ", caller / 2)));
    ASSERT_TRUE(created.ok()) << created.status();
    answers[caller] = created->SerializeAsString();
  });
  for (int caller = 0; caller < kCallers; caller += 2) EXPECT_EQ(answers[caller], answers[caller + 1]);
  for (const char* table : {"products", "history", "change_log"}) EXPECT_EQ(Count(table), 1 + kCallers / 2) << table;
  EXPECT_EQ(Count("replays"), kCallers / 2);
}

TEST_F(ResourceCommitGroupTest, AShortDeadlineIsItsOwnersOnly) {
  std::atomic<int> created{0};
  InOneGroup([&](int caller) {
    rpc::Call call = CallOf(caller);
    if (caller % 3 == 0) call.deadline = absl::Now() + absl::Milliseconds(caller);
    const absl::Status status = Create(MakeProduct("T", absl::StrCat("S", caller)), call).status();
    if (caller % 3 != 0) EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
    created += status.ok();
  });
  EXPECT_LT(created, kCallers) << "the first had no time at all";
  EXPECT_EQ(Count("products"), 1 + created);
}

TEST_F(ResourceCommitGroupTest, AHookThatLooksAtTheDatabaseSeesWhatThoseBeforeItWrote) {
  // At most three products: only creates one after the other can keep this.
  ASSERT_TRUE(database().Execute(Soon(), "CREATE TABLE gate (id INT PRIMARY KEY, places INT NOT NULL)").ok());
  ASSERT_TRUE(database().Execute(Soon(), "INSERT INTO gate VALUES (1, 3)").ok());
  resource::Hooks hooks;
  hooks.before_write = [](resource::Write& write, const google::protobuf::Message*,
                          google::protobuf::Message*) -> absl::Status {
    const auto places = write.session().Query("SELECT places FROM gate WHERE id = 1 FOR UPDATE");
    if (!places.ok()) return places.status();
    const auto products = write.session().Query("SELECT COUNT(*) FROM products");
    if (!products.ok()) return products.status();
    if (products->Int(0, 0) >= places->Int(0, 0)) return PreconditionFailed("FULL", "products", "no place is left");
    return absl::OkStatus();
  };
  Open(hooks);
  std::atomic<int> refused{0};
  testing::InParallel(kCallers, [&](int caller) {
    const absl::Status status = Create(MakeProduct("T", absl::StrCat("S", caller))).status();
    if (status.ok()) return;
    ++refused;
    EXPECT_EQ(testing::Reason(status), "FULL") << status;
  });
  EXPECT_EQ(refused, kCallers - 3);
  EXPECT_EQ(Count("products"), 3);
}

TEST_F(ResourceCommitGroupTest, OnlyCreatesThatNeedTheSessionGetATransactionForThemselves) {
  std::atomic<int> waiting{0};
  resource::Hooks hooks;
  hooks.create_uses_session = [](const google::protobuf::Message& sent) {
    return static_cast<const Product&>(sent).title() == "alone";
  };
  hooks.before_write = [&](resource::Write& write, const google::protobuf::Message*,
                           google::protobuf::Message* after) -> absl::Status {
    const std::string& title = static_cast<Product*>(after)->title();
    if (title == "alone") return write.session().Query("SELECT COUNT(*) FROM products").status();
    if (title == "hold") {
      held_.Notify();
      const absl::Time end = Soon();
      while (waiting < kCallers && absl::Now() < end) std::this_thread::yield();
      return absl::OkStatus();
    }
    return absl::OkStatus();
  };
  Open(hooks);
  ASSERT_TRUE(Create(MakeProduct("alone", "ALONE")).ok());
  std::thread holder([this] { EXPECT_TRUE(Create(MakeProduct("hold", "HOLD")).ok()); });
  held_.WaitForNotification();
  testing::InParallel(kCallers, [&](int caller) {
    ++waiting;
    EXPECT_TRUE(Create(MakeProduct("T", absl::StrCat("S", caller))).ok());
  });
  holder.join();
  EXPECT_EQ(Count("products"), 2 + kCallers);
  EXPECT_LT(Count("outbox_groups"), 2 + kCallers) << "one for each transaction";
}

TEST_F(ResourceCommitGroupTest, ConnectionsThatBreakMidwayLoseAndDoubleNothing) {
  std::atomic<bool> stop{false};
  std::thread killer([&] {
    while (!stop) {
      const auto others = database().Query(
          Soon(), "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND db = DATABASE()");
      for (size_t row = 0; others.ok() && row < others->size(); ++row) {
        (void)database().Execute(Soon(), absl::StrCat("KILL ", others->Int(row, 0)));  // it may have gone by itself
      }
    }
  });
  std::vector<std::map<std::string, std::string>> acknowledged(kCallers);
  testing::InParallel(kCallers, [&](int caller) {
    for (int i = 0; i < 10; ++i) {
      const std::string sku = absl::StrCat("S", caller, "-", i);
      const rpc::Call call = MakeCall(sku, sku);
      while (true) {
        const auto created = Create(MakeProduct("T", sku), call);
        if (!created.ok()) {
          ASSERT_LT(absl::Now(), call.deadline) << created.status();
          continue;
        }
        acknowledged[caller][sku] = created->name();
        break;
      }
    }
  });
  stop = true;
  killer.join();
  for (const auto& skus : acknowledged) {
    for (const auto& [sku, name] : skus) EXPECT_EQ(Get(name)->variants(0).sku(), sku);
  }
  for (const char* table : {"products", "resource_keys", "history", "change_log", "replays"}) {
    EXPECT_EQ(Count(table), kCallers * 10) << table;
  }
}

}  // namespace
}  // namespace storeops
