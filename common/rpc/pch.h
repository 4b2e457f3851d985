#include "common/base/errors.h"
#include "common/base/pch.h"
#include "common/rpc/method_table.h"
