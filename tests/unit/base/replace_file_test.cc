#include "common/base/replace_file.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace {

// What was done to the disk, in order.
std::vector<std::string>& Steps() {
  static std::vector<std::string> steps;
  return steps;
}

}  // namespace

// Replaces the library's.
extern "C" int fsync(int fd) {
  struct stat about{};
  ::fstat(fd, &about);
  Steps().emplace_back(S_ISDIR(about.st_mode) ? "flush folder" : "flush file");
  return 0;
}
extern "C" int rename(const char* from, const char* to) noexcept {
  Steps().emplace_back("rename");
  auto* real = reinterpret_cast<int (*)(const char*, const char*)>(::dlsym(RTLD_NEXT, "rename"));
  return real(from, to);
}

namespace funnel {
namespace {

class ReplaceFileTest : public testing::Test {
 protected:
  ReplaceFileTest() { EXPECT_NE(::mkdtemp(folder_.data()), nullptr); }
  ~ReplaceFileTest() override { std::filesystem::remove_all(folder_); }
  std::string Content() {
    std::ostringstream text;
    text << std::ifstream(path()).rdbuf();
    return text.str();
  }
  [[nodiscard]] std::string path() const { return folder_ + "/number"; }
  std::string folder_ = testing::TempDir() + "/funnel-file-XXXXXX";
};

TEST_F(ReplaceFileTest, IsOnTheDiskBeforeItTakesThePlaceOfTheOneBefore) {
  ASSERT_TRUE(ReplaceFile(path(), "1\n"));
  Steps().clear();
  ASSERT_TRUE(ReplaceFile(path(), "22\n"));
  EXPECT_EQ(Content(), "22\n");
  EXPECT_EQ(Steps(), (std::vector<std::string>{"flush file", "rename", "flush folder"}));
  EXPECT_FALSE(std::filesystem::exists(path() + ".new"));
}

TEST_F(ReplaceFileTest, LeavesTheOneBeforeWhereItCannot) {
  ASSERT_TRUE(ReplaceFile(path(), "1\n"));
  std::filesystem::create_directory(path() + ".new");
  EXPECT_FALSE(ReplaceFile(path(), "2\n"));
  EXPECT_EQ(Content(), "1\n");
  EXPECT_FALSE(ReplaceFile(folder_ + "/no/folder", "2\n"));
}

}  // namespace
}  // namespace funnel
