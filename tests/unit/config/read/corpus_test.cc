// Runs the fuzz target's corpus, and every input that once crashed it, in each test run.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace funnel::config {
namespace {

TEST(ConfigCorpus, EveryInputEndsWell) {
  int inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CONFIG_CORPUS)) {
    SCOPED_TRACE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), 0);
    ++inputs;
  }
  EXPECT_GE(inputs, 5);
}

// Every prefix of a valid configuration: what an interrupted editor leaves.
TEST(ConfigCorpus, EveryTruncationEndsWell) {
  std::ifstream file(std::string(CONFIG_CORPUS) + "/right.txt", std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  ASSERT_GT(text.size(), 1000u);
  for (std::size_t size = 0; size <= text.size(); ++size) {
    EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), size), 0);
  }
}

}  // namespace
}  // namespace funnel::config
