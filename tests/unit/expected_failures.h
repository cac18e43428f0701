// Tests of faults that are not corrected yet: they run, and they must fail. One that passes fails
// the run, so that the list stays true; so does a name that no test has.
//
//   namespace { funnel::test::ExpectedFailures owed({{"EngineTest.Something", "why"}}); }
//
// at the top of one file of a test program. In the program's report such a test has passed, with a
// property "expected_failure" that holds the reason; run-tests counts them separately. In such a
// test EXPECT and ASSERT work as always, but HasFatalFailure() returns false.
#pragma once

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace funnel::test {

class ExpectedFailures {
 public:
  using Table = std::map<std::string, std::string>;  // "Suite.Name", and why it fails

  explicit ExpectedFailures(const Table& table) {
    testing::UnitTest::GetInstance()->listeners().Append(new Listener(table));  // owns it
  }

 private:
  class Listener : public testing::EmptyTestEventListener {
   public:
    explicit Listener(const Table& table) : table_(table) {}

    void OnTestStart(const testing::TestInfo& test) override {
      if (!table_.contains(NameOf(test))) return;
      results_ = std::make_unique<testing::TestPartResultArray>();
      reporter_.emplace(testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS,
                        results_.get());
    }
    void OnTestEnd(const testing::TestInfo& test) override {
      if (!reporter_) return;
      reporter_.reset();
      const std::string& why = table_.at(NameOf(test));
      bool skipped = false, failed = false;
      for (int i = 0; i < results_->size(); ++i) {
        const testing::TestPartResult& result = results_->GetTestPartResult(i);
        skipped = skipped || result.skipped();
        if (result.failed() && !std::exchange(failed, true))
          std::printf("[ EXPECTED ] %s fails: %s\n%s\n", NameOf(test).c_str(), why.c_str(),
                      result.message());
      }
      if (failed)
        testing::Test::RecordProperty("expected_failure", why);
      else if (!skipped)
        ADD_FAILURE() << "expected to fail (" << why << "), but it passed: take it off the list";
    }
    // A whole run finds the names that no test has.
    void OnTestProgramEnd(const testing::UnitTest& tests) override {
      for (const auto& [name, why] : table_)
        if (!IsTest(tests, name)) {
          std::printf("%s: listed as an expected failure, and there is no such test\n",
                      name.c_str());
          std::_Exit(1);
        }
    }

   private:
    static std::string NameOf(const testing::TestInfo& test) {
      return std::string(test.test_suite_name()) + "." + test.name();
    }
    static bool IsTest(const testing::UnitTest& tests, const std::string& name) {
      for (int i = 0; i < tests.total_test_suite_count(); ++i) {
        const testing::TestSuite& suite = *tests.GetTestSuite(i);
        for (int j = 0; j < suite.total_test_count(); ++j)
          if (NameOf(*suite.GetTestInfo(j)) == name) return true;
      }
      return false;
    }

    const Table table_;
    std::unique_ptr<testing::TestPartResultArray> results_;
    std::optional<testing::ScopedFakeTestPartResultReporter> reporter_;
  };
};

}  // namespace funnel::test
