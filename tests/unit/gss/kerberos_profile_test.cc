#include "common/gss/kerberos_profile.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "tests/unit/gss/test_realm.h"

namespace funnel::gss {
namespace {

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class ProfileTest : public testing::Test {
 protected:
  ProfileTest() { ::unsetenv("KRB5RCACHENAME"); }
  test::TestRealm realm_;
};

TEST_F(ProfileTest, LeavesTheAdministratorsEnctypesAlone) {
  const std::string before = ::getenv("KRB5_CONFIG");
  ASSERT_TRUE(PrepareProfile(realm_.folder() + "/."));
  EXPECT_EQ(::getenv("KRB5_CONFIG"), realm_.folder() + "/./krb5.conf:" + before);
  EXPECT_EQ(Read(realm_.folder() + "/./krb5.conf").find("permitted_enctypes"), std::string::npos);
}

TEST_F(ProfileTest, PrefersSha2WhereNothingIsSaid) {
  const std::string admin = realm_.Path("plain.conf");
  std::ofstream(admin) << "[libdefaults]\n default_realm = UNIT.TEST\n";
  ::setenv("KRB5_CONFIG", admin.c_str(), 1);
  ASSERT_TRUE(PrepareProfile(realm_.folder()));
  const std::string layer = Read(realm_.Path("krb5.conf"));
  EXPECT_NE(layer.find("permitted_enctypes = aes256-cts-hmac-sha384-192"), std::string::npos);
  EXPECT_NE(layer.find("dns_canonicalize_hostname = false"), std::string::npos);
  EXPECT_EQ(::getenv("KRB5RCACHENAME"), "file2:" + realm_.Path("replay-cache"));
}

TEST_F(ProfileTest, GoesOnWhereItCannotWrite) {
  auto prepared = PrepareProfile("/nonexistent");
  ASSERT_TRUE(prepared) << prepared.error().message;
  const std::string files = ::getenv("KRB5_CONFIG");
  EXPECT_TRUE(files.starts_with("/proc/self/fd/")) << files;
  const std::string layer = Read(files.substr(0, files.find(':')));
  EXPECT_NE(layer.find("dns_canonicalize_hostname = false"), std::string::npos);
}

}  // namespace
}  // namespace funnel::gss
