// JSON bodies as the Connect door decodes them. The first byte chooses the request type.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "common/rpc/json.h"
#include "google/longrunning/operations.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"
#include "storeops/operations/v1/operations.pb.h"

namespace {

using google::protobuf::Message;

const Message& TypeFor(uint8_t choice) {
  static const Message* const kTypes[] = {&storeops::catalog::v1::CreateProductRequest::default_instance(),
                                          &storeops::catalog::v1::UpdateProductRequest::default_instance(),
                                          &storeops::catalog::v1::SearchProductsRequest::default_instance(),
                                          &storeops::catalog::v1::BatchCreateProductsRequest::default_instance(),
                                          &storeops::operations::v1::WaitOperationRequest::default_instance(),
                                          &google::longrunning::Operation::default_instance()};
  return *kTypes[choice % std::size(kTypes)];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view json(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::unique_ptr<Message> message(TypeFor(data[0]).New());
  if (!storeops::rpc::JsonToMessage(json, message.get()).ok()) return 0;
  // What was taken can be kept.
  const std::unique_ptr<Message> copy(message->New());
  if (!copy->ParseFromString(message->SerializeAsString())) std::abort();
  return 0;
}
