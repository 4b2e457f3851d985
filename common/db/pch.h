#include "common/base/errors.h"
#include "common/base/pch.h"
#include "common/db/database.h"
