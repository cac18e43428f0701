#include "common/service/load_module.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace funnel::service {
namespace {

config::ServiceConfig Service(const std::string& module) {
  config::ServiceConfig service;
  service.name = *ServiceName::Parse("test");
  service.module = module;
  return service;
}

TEST(LoadServiceModule, LoadsWhatTheServiceNames) {
  if (geteuid() != 0) GTEST_SKIP() << "modules are root's";
  const auto loaded = LoadServiceModule(Service("dns"), MODULES);
  ASSERT_TRUE(loaded);
  ASSERT_TRUE(*loaded);
  EXPECT_STREQ((*loaded)->module().name, "dns");
}

TEST(LoadServiceModule, DoesWithoutOneThatIsMissing) {
  const auto loaded = LoadServiceModule(Service("nowhere"), MODULES);
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(*loaded);
}

TEST(LoadServiceModule, FailsWithoutOneThatIsRequired) {
  config::ServiceConfig service = Service("nowhere");
  service.module_required = true;
  const auto loaded = LoadServiceModule(service, MODULES);
  ASSERT_FALSE(loaded);
  EXPECT_TRUE(loaded.error().message.starts_with("module nowhere is required: "));
}

TEST(LoadServiceModule, FailsWithAnOptionThatARequiredOneDoesNotKnow) {
  if (geteuid() != 0) GTEST_SKIP() << "modules are root's";
  config::ServiceConfig service = Service("dns");
  service.module_option = {"colour=red"};
  const auto without = LoadServiceModule(service, MODULES);
  ASSERT_TRUE(without);
  EXPECT_FALSE(*without);
  service.module_required = true;
  const auto required = LoadServiceModule(service, MODULES);
  ASSERT_FALSE(required);
  EXPECT_EQ(required.error().message, "module dns is required: module dns has no option colour");
}

TEST(LoadServiceModule, HasNothingToDoForAServiceWithoutModule) {
  for (const char* module : {"", "none"}) {
    const auto loaded = LoadServiceModule(Service(module), MODULES);
    ASSERT_TRUE(loaded);
    EXPECT_FALSE(*loaded);
  }
}

}  // namespace
}  // namespace funnel::service
