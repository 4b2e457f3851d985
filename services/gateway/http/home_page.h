// The page at "/": what this is, and where to go on.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_HOME_PAGE_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_HOME_PAGE_H_

#include "absl/strings/string_view.h"
#include "common/http/server.h"
#include "common/rpc/method_table.h"

namespace storeops::gateway {

// In English and Chinese, without scripts and without anything from elsewhere.
http::Response HomePage(const rpc::MethodTable& table, absl::string_view version);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_HOME_PAGE_H_
