// A pool of backends that have names of one letter, and a clock that the test moves.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/service/backend/backend_pool.h"

namespace funnel::service {

using Change = BackendPool::Change;

class BackendPoolTest : public testing::Test {
 protected:
  void Configure(const std::vector<std::string>& lines) {
    service_.connect_address.clear();
    for (const std::string& line : lines)
      service_.connect_address.push_back(*config::Backend::Parse(line));
    pool_.Configure(service_);
  }
  BackendPool::Use Pick(const std::string& client = "", std::vector<BackendId> tried = {}) {
    return pool_.Pick(client, tried, now_);
  }
  // The host of the next one, whose session ends at once.
  std::string Next(const std::string& client = "") {
    const auto use = Pick(client);
    return use ? use.endpoint().host : "";
  }
  std::string Sequence(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += Next();
    return out;
  }
  std::map<std::string, int> Shares(int count) {
    std::map<std::string, int> out;
    for (int i = 0; i < count; ++i) ++out[Next()];
    return out;
  }
  BackendPool::Use UseOf(const std::string& host) {
    std::vector<BackendId> tried;
    while (true) {
      auto use = Pick("", tried);
      if (!use || use.endpoint().host == host) return use;
      tried.push_back(use.id());
    }
  }
  void BringDown(const std::string& host) {
    const auto use = UseOf(host);
    for (std::uint32_t i = 1; i < service_.down_after; ++i)
      EXPECT_EQ(pool_.OnFailed(use, "refused", now_), Change::kNone);
    EXPECT_EQ(pool_.OnFailed(use, "refused", now_), Change::kWentDown);
  }
  BackendPool::View ViewOf(const std::string& host) {
    std::optional<BackendPool::View> found;
    pool_.Visit(now_, [&](const BackendPool::View& view) {
      if (view.line.endpoint.host == host) found.emplace(view);
    });
    return *found;
  }

  config::ServiceConfig service_;
  BackendPool pool_;
  TimePoint now_{std::chrono::hours(1)};
};

}  // namespace funnel::service
