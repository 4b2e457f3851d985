#include "common/base/pch.h"
#include "common/module/module.h"
