#include "services/storeops/import/order_upload.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "google/protobuf/message.h"

namespace storeops {
namespace {

using inventory::v1::ImportOrdersRequest;
using inventory::v1::ImportOrdersResponse;

constexpr char kMethod[] = "storeops.inventory.v1.OrderService/ImportOrders";
constexpr int kMaxProblems = 100;

void AddMoney(const google::type::Money& part, google::type::Money* sum) {
  if (part.currency_code().empty()) return;
  const CurrencyAmount added = ReadMoney(part).value_or(CurrencyAmount());
  *sum = MoneyFromMinor(MinorIn(*sum, added.currency).value_or(0) + added.minor, added.currency);
}

// What the calls share.
class Upload {
 public:
  Upload(Client& client, const std::function<bool(ImportOrdersRequest*)>& next) : client_(client), next_(next) {}

  void RunOne() {
    rpc::PeerCall call;
    call.method = kMethod;
    absl::StatusOr<std::string> answer =
        client_.peer().Upload(std::move(call), [this](std::string* bytes) { return Next(bytes); });
    absl::MutexLock lock(&mutex_);
    ImportOrdersResponse report;
    if (answer.ok() && !report.ParseFromString(*answer)) answer = absl::DataLossError("the report cannot be read");
    status_.Update(answer.status());
    AddReport(report, &sum_);
  }

  absl::StatusOr<ImportOrdersResponse> Result() {
    absl::MutexLock lock(&mutex_);
    RETURN_IF_ERROR(status_);
    return sum_;
  }

 private:
  absl::StatusOr<bool> Next(std::string* bytes) {
    absl::MutexLock lock(&mutex_);
    if (!status_.ok() || done_) return false;
    ImportOrdersRequest request;
    done_ = !next_(&request);
    if (done_) return false;
    *bytes = request.SerializeAsString();
    return true;
  }

  Client& client_;
  const std::function<bool(ImportOrdersRequest*)>& next_;
  absl::Mutex mutex_;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  ImportOrdersResponse sum_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

void AddReport(const ImportOrdersResponse& part, ImportOrdersResponse* sum) {
  const auto* descriptor = part.GetDescriptor();
  const auto* reflection = part.GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (field->is_repeated() || field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_INT64) continue;
    reflection->SetInt64(sum, field, reflection->GetInt64(*sum, field) + reflection->GetInt64(part, field));
  }
  for (const auto& problem : part.problems()) {
    if (sum->problems_size() < kMaxProblems) *sum->add_problems() = problem;
  }
  for (const auto& totals : part.totals()) {
    ImportOrdersResponse::Totals* into = nullptr;
    for (auto& present : *sum->mutable_totals()) {
      if (present.currency() == totals.currency()) into = &present;
    }
    if (into == nullptr) into = sum->add_totals();
    into->set_currency(totals.currency());
    AddMoney(totals.ordered(), into->mutable_ordered());
    AddMoney(totals.cancelled(), into->mutable_cancelled());
    AddMoney(totals.adjusted(), into->mutable_adjusted());
    AddMoney(totals.revenue(), into->mutable_revenue());
  }
}

absl::StatusOr<ImportOrdersResponse> UploadOrders(Client& client, int streams,
                                                  const std::function<bool(ImportOrdersRequest*)>& next) {
  Upload upload(client, next);
  std::vector<std::thread> threads;
  for (int i = 0; i < streams; ++i) threads.emplace_back([&upload] { upload.RunOne(); });
  for (std::thread& thread : threads) thread.join();
  return upload.Result();
}

}  // namespace storeops
