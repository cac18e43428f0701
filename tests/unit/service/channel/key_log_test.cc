#include "common/service/channel/key_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/seal/key_schedule.h"
#include "common/service/counters.h"

namespace funnel::service {
namespace {

class KeyLogTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/funnel-keys-XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    for (std::size_t i = 0; i < material_.size(); ++i) material_[i] = static_cast<std::uint8_t>(i);
    service_.name = *ServiceName::Parse("dns");
    service_.key_log_bytes = 4096;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Add(std::uint16_t suite) {
    log_->Add({.suite = suite,
               .enctype = 20,
               .key = material_,
               .channel = ChannelId(0x01020304),
               .epoch = Epoch(7)});
  }
  void Make() {
    log_.emplace(folder_ + "/keys.log", counters_);
    log_->SetLimit(service_);
  }
  [[nodiscard]] std::string Text() const {
    std::ifstream file(folder_ + "/keys.log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
  Bytes material_ = Bytes(seal::kAeadMaterialSize);
  config::ServiceConfig service_;
  metrics::CounterFile counters_ = metrics::CounterFile::InMemory(kCommonTable);
  std::optional<KeyLog> log_;
};

TEST_F(KeyLogTest, HasALineForEachDirection) {
  Make();
  Add(2);
  EXPECT_EQ(
      Text(),
      "# Funnel keys. Whoever reads this can read and forge what the service carries.\n"
      "2 01020304 7 initiator 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f "
      "202122232425262728292a2b\n"
      "2 01020304 7 acceptor 2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b "
      "4c4d4e4f5051525354555657\n");
  EXPECT_EQ(counters_[kKeyLog].value(), 1u);
  EXPECT_EQ(counters_[kKeysNotLogged].value(), 0u);
}

TEST_F(KeyLogTest, IsForItsOwnerAlone) {
  std::ofstream(folder_ + "/keys.log") << "# mine\n";
  std::filesystem::permissions(folder_ + "/keys.log", std::filesystem::perms(0644));
  Make();
  Add(2);
  struct stat about{};
  ASSERT_EQ(stat((folder_ + "/keys.log").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_TRUE(Text().starts_with("# mine\n2 ")) << "it goes on with what is there";
}

TEST_F(KeyLogTest, IsNotThereUnlessConfigured) {
  service_.key_log_bytes = 0;
  Make();
  Add(2);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/keys.log"));
  EXPECT_EQ(counters_[kKeyLog].value(), 0u);
  EXPECT_EQ(counters_[kKeysNotLogged].value(), 0u);
}

TEST_F(KeyLogTest, HasNoneOfSuite1) {
  Make();
  Add(1);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/keys.log"));
}

TEST_F(KeyLogTest, AReloadTurnsItOnAndOff) {
  service_.key_log_bytes = 0;
  Make();
  service_.key_log_bytes = 4096;
  log_->SetLimit(service_);
  Add(2);
  const std::string before = Text();
  EXPECT_NE(before, "");
  service_.key_log_bytes = 0;
  log_->SetLimit(service_);
  Add(4);
  EXPECT_EQ(Text(), before);
  EXPECT_EQ(counters_[kKeyLog].value(), 0u);
}

TEST_F(KeyLogTest, GrowsToItsLimitAndNoFurther) {
  service_.key_log_bytes = 300;
  Make();
  Add(2);
  Add(2);
  EXPECT_LE(Text().size(), 300u);
  EXPECT_TRUE(Text().ends_with("\n")) << "whole lines";
  EXPECT_EQ(counters_[kKeysNotLogged].value(), 3u);
}

TEST_F(KeyLogTest, FollowsNoLink) {
  std::filesystem::create_symlink(folder_ + "/elsewhere", folder_ + "/keys.log");
  Make();
  Add(2);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/elsewhere"));
  EXPECT_EQ(counters_[kKeysNotLogged].value(), 2u);
}

}  // namespace
}  // namespace funnel::service
