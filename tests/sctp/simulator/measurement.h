// What measures how well the congestion law does: minutes of virtual time, thirty times slower with
// sanitizers, which find no more in it than in the other tests of the same code.
#pragma once

#include <gtest/gtest.h>

namespace sctp::testing {

class Measurement : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "it measures, which sanitizers make thirty times slower";
#endif
  }
};

}  // namespace sctp::testing
