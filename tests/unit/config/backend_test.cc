#include "common/config/backend.h"

#include <gtest/gtest.h>

namespace funnel::config {
namespace {

TEST(Backend, AnAddressAloneIsWhatItWas) {
  const auto backend = Backend::Parse("[2001:db8::1]:53");
  ASSERT_TRUE(backend);
  EXPECT_EQ(backend->endpoint.host, "2001:db8::1");
  EXPECT_EQ(backend->endpoint.port, 53);
  EXPECT_EQ(backend->weight, 1u);
  EXPECT_FALSE(backend->backup);
  EXPECT_EQ(backend->text(), "[2001:db8::1]:53");
}

TEST(Backend, TakesAWeightAndBackupInAnyOrder) {
  for (const char* text : {"a.test:1 weight=7 backup", "a.test:1 \t backup  weight=7"}) {
    const auto backend = Backend::Parse(text);
    ASSERT_TRUE(backend) << text;
    EXPECT_EQ(backend->weight, 7u);
    EXPECT_TRUE(backend->backup);
    EXPECT_EQ(backend->text(), "a.test:1 weight=7 backup");
  }
}

TEST(Backend, AUnixPathMayHaveBlanks) {
  EXPECT_EQ(Backend::Parse("unix:/run/a b c")->endpoint.unix_path, "/run/a b c");
  const auto weighted = Backend::Parse("unix:/run/a b weight=2");
  EXPECT_EQ(weighted->endpoint.unix_path, "/run/a b");
  EXPECT_EQ(weighted->weight, 2u);
}

TEST(Backend, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"a.test:1 weight=0", "a.test:1 weight=101", "a.test:1 weight=", "a.test:1 weight=2x",
        "a.test:1 weight=1 weight=2", "a.test:1 backup backup", "a.test:1 wieght=2", "backup",
        "weight=2", "", "a.test:1 b.test:1", "a.test backup"})
    EXPECT_FALSE(Backend::Parse(text)) << text;
  EXPECT_TRUE(Backend::Parse("a.test:1 weight=100"));
}

TEST(Backend, SeveralAreNamedByTheirAddresses) {
  const Backend all[] = {*Backend::Parse("a.test:1 weight=2"), *Backend::Parse("unix:/b backup")};
  EXPECT_EQ(BackendsText(all), "a.test:1, unix:/b");
}

}  // namespace
}  // namespace funnel::config
