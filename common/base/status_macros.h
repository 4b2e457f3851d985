// Early return on an error status.
#ifndef STOREOPS_COMMON_BASE_STATUS_MACROS_H_
#define STOREOPS_COMMON_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define STOREOPS_CONCAT_INNER(a, b) a##b
#define STOREOPS_CONCAT(a, b) STOREOPS_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expression) STOREOPS_RETURN_IF_ERROR(STOREOPS_CONCAT(status_, __LINE__), expression)
#define STOREOPS_RETURN_IF_ERROR(status, expression)                     \
  do {                                                                   \
    if (absl::Status status = (expression); !status.ok()) return status; \
  } while (false)

// ASSIGN_OR_RETURN(auto value, StatusOrExpression());
#define ASSIGN_OR_RETURN(target, expression) \
  STOREOPS_ASSIGN_OR_RETURN(STOREOPS_CONCAT(status_or_, __LINE__), target, expression)
#define STOREOPS_ASSIGN_OR_RETURN(result, target, expression) \
  auto result = (expression);                                 \
  if (!result.ok()) return std::move(result).status();        \
  target = *std::move(result)

#endif  // STOREOPS_COMMON_BASE_STATUS_MACROS_H_
