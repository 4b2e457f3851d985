// Precompiled for test_support and, by REUSE_FROM, for every program under integration/, conformance/ and e2e/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bench/pch.h"
