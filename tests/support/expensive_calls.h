// Many expensive calls of one caller over gRPC, and a lock that keeps them under way.
#ifndef STOREOPS_TESTS_SUPPORT_EXPENSIVE_CALLS_H_
#define STOREOPS_TESTS_SUPPORT_EXPENSIVE_CALLS_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/db/database.h"
#include "common/rpc/peer.h"
#include "google/protobuf/message.h"
#include "google/rpc/error_details.pb.h"
#include "tests/support/service_process.h"

namespace storeops::testing {

// Locks a table against everybody, readers too, until its end.
class TableLock {
 public:
  TableLock(db::Database& of, const std::string& table) : database_(OneConnection(of)) {
    thread_ = std::thread([this, table] {
      const absl::Status status = database_.WithSession(Soon(), [&](db::Session& session) -> absl::Status {
        absl::Status locked = session.Execute(absl::StrCat("LOCK TABLES ", table, " WRITE")).status();
        held_.Notify();
        if (!locked.ok()) return locked;
        released_.WaitForNotification();
        return session.Execute("UNLOCK TABLES").status();
      });
      EXPECT_TRUE(status.ok()) << status;
    });
    held_.WaitForNotification();
  }
  ~TableLock() { Release(); }
  void Release() {
    if (!thread_.joinable()) return;
    released_.Notify();
    thread_.join();
  }

 private:
  static absl::Time Soon() { return absl::Now() + absl::Minutes(2); }
  static db::Options OneConnection(db::Database& of) {
    db::Options options = of.options();
    options.max_connections = 1;
    options.statement_limit = absl::Minutes(2);
    return options;
  }

  db::Database database_;
  absl::Notification held_, released_;
  std::thread thread_;
};

// A caller of a process over gRPC.
class WireCaller {
 public:
  WireCaller(ServiceProcess& process, const std::string& address, const std::string& name)
      : process_(process), name_(name), peer_(rpc::MakeRemotePeer(address, {}, &process.tokens())) {}

  absl::Status Call(const std::string& method, const google::protobuf::Message& request,
                    google::protobuf::Message* response) {
    rpc::PeerCall call = process_.MakeCall(method);
    call.principal = {name_, "", {"*"}};
    call.deadline = absl::Now() + absl::Minutes(1);
    return peer_->CallBlocking(std::move(call), request, response);
  }

 private:
  ServiceProcess& process_;
  const std::string name_;
  std::unique_ptr<rpc::Peer> peer_;
};

// Calls at the same time, whose ends are counted.
class ManyCalls {
 public:
  ManyCalls(WireCaller& caller, int count, const std::string& method, const google::protobuf::Message& request,
            const google::protobuf::Message& response) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, &caller, method, &request, &response] {
        const std::unique_ptr<google::protobuf::Message> answer(response.New());
        const absl::Status status = caller.Call(method, request, answer.get());
        absl::MutexLock lock(&mutex_);
        ended_.push_back(status);
      });
    }
  }
  ~ManyCalls() { Join(); }

  // The first so many that ended.
  std::vector<absl::Status> AwaitEnded(size_t count) {
    const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return ended_.size() >= count; };
    absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(50))) << ended_.size();
    return ended_;
  }
  // All, at their end.
  std::vector<absl::Status> Join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    absl::MutexLock lock(&mutex_);
    return ended_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

// Refused for the number of expensive calls that its caller has waiting already.
inline void ExpectSurplus(const absl::Status& status, const std::string& caller) {
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(Reason(status), "TOO_MANY_EXPENSIVE_CALLS");
  google::rpc::RetryInfo retry;
  EXPECT_TRUE(GetDetail(status, &retry) && retry.retry_delay().seconds() > 0);
  google::rpc::QuotaFailure quota;
  ASSERT_TRUE(GetDetail(status, &quota));
  EXPECT_EQ(quota.violations(0).subject(), caller);
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_EXPENSIVE_CALLS_H_
