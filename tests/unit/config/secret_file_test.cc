#include "common/config/secret_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/config/temp_dir.h"

namespace funnel::config {
namespace {

class SecretFileTest : public testing::Test {
 protected:
  SecretFileTest() { unsetenv("CREDENTIALS_DIRECTORY"); }
  ~SecretFileTest() override { unsetenv("CREDENTIALS_DIRECTORY"); }

  // What is read, or why nothing is, without the folder's path.
  std::string Read() {
    const auto secret = ReadSecret(kCheckSecretCredential, dir_.Path("secret"));
    if (secret) return std::string(AsText(secret->view()));
    std::string why = secret.error().message;
    if (const auto at = why.find(dir_.path()); at != std::string::npos)
      why.erase(at, dir_.path().size());
    return why;
  }
  std::string ReadAs(std::string_view text) {
    dir_.Write("secret", text);
    return Read();
  }

  TempDir dir_;
};

TEST_F(SecretFileTest, TheFirstLineWithoutBlanksAroundIt) {
  EXPECT_EQ(ReadAs("a b"), "a b");
  EXPECT_EQ(ReadAs(" \ts3cret \r\nmore\n"), "s3cret");
  EXPECT_EQ(ReadAs(std::string(5000, 'x')), std::string(4096, 'x'));
}

TEST_F(SecretFileTest, NothingIsAnError) {
  EXPECT_EQ(Read(), "cannot open /secret: No such file or directory");
  for (const std::string_view text : {"", "\n", " \t\r\nmore"})
    EXPECT_EQ(ReadAs(text), "/secret is empty");
  std::filesystem::remove(dir_.Path("secret"));
  std::filesystem::create_directory(dir_.Path("secret"));
  EXPECT_EQ(Read(), "cannot read /secret: Is a directory");
}

TEST_F(SecretFileTest, WhatTheServiceManagerPassesGoesFirst) {
  dir_.Write("secret", "of the file");
  setenv("CREDENTIALS_DIRECTORY", dir_.Path("passed").c_str(), 1);
  EXPECT_EQ(Read(), "of the file") << "another version's unit passes nothing";
  dir_.Write("passed/check-secret", "passed\n");
  EXPECT_EQ(Read(), "passed");
  dir_.Write("passed/check-secret", "\n");
  EXPECT_EQ(Read(), "/secret was missing or empty at the start");
}

TEST_F(SecretFileTest, APipeHoldsUpNobody) {
  ASSERT_EQ(mkfifo(dir_.Path("secret").c_str(), 0600), 0);
  EXPECT_EQ(Read(), "/secret is empty");
  EXPECT_EQ(FindSecretDoubt(dir_.Path("secret")), dir_.Path("secret") + " is no file");
}

}  // namespace
}  // namespace funnel::config
