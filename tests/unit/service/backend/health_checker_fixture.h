// Checks of real sockets, which the test plays.
#pragma once

#include <gtest/gtest.h>

#include "common/service/backend/health_checker.h"
#include "tests/unit/tcpd/test_sockets.h"

namespace funnel::service {

using namespace std::chrono_literals;
using config::HealthCheck;
using tcpd::AcceptFrom;
using tcpd::BoundAddress;

class HealthCheckerTest : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kDeadline{20};

  HealthCheckerTest() {
    service_.check_every = 50ms;
    service_.check_timeout = 50ms;
  }

  void Start(config::Protocol protocol, const std::string& check, const std::string& expect,
             const std::vector<std::string>& backends) {
    service_.protocol = protocol;
    service_.check = *HealthCheck::Parse(check);
    if (!expect.empty()) service_.check_expect = *config::WrittenBytes::Parse(expect);
    service_.connect_address.clear();
    for (const std::string& line : backends)
      service_.connect_address.push_back(*config::Backend::Parse(line));
    pool_.Configure(service_);
    checker_.Configure(pool_, preface_);
  }
  template <typename Condition>
  [[nodiscard]] bool Until(Condition condition) {
    const TimePoint end = Now() + kDeadline;
    while (!condition()) {
      if (Now() > end) return false;
      EXPECT_TRUE(loop_->RunOnce(5ms));
    }
    return true;
  }
  // What the next check says: "passed", or why not.
  std::string Next() {
    said_.clear();
    EXPECT_TRUE(Until([&] { return !said_.empty(); }));
    return said_;
  }
  [[nodiscard]] UniqueFd Accepted(const UniqueFd& listener) {
    UniqueFd fd;
    EXPECT_TRUE(Until([&] {
      fd = AcceptFrom(listener.get());
      return bool(fd);
    }));
    return fd;
  }
  // What comes on FD until it has WHOLE of it.
  [[nodiscard]] bool Gets(const UniqueFd& fd, std::string_view whole) {
    tcpd::Reader reader;
    return Until([&] {
      reader.Poll(fd.get());
      return reader.text == whole;
    });
  }
  static UniqueFd BindDatagram() {
    const SocketAddress address = *SocketAddress::FromLiteral("127.0.0.1", 0);
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(fd.get(), address.data(), address.size()), 0);
    return fd;
  }
  // Receives a datagram and answers with what MAKE makes of it, by the socket BY if there is one.
  template <typename Make>
  void Answer(const UniqueFd& fd, Make make, const UniqueFd* by = nullptr) {
    Bytes asked(512);
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    ssize_t got = -1;
    ASSERT_TRUE(Until([&] {
      size = sizeof from;
      got = recvfrom(fd.get(), asked.data(), asked.size(), 0, reinterpret_cast<sockaddr*>(&from),
                     &size);
      return got >= 0;
    }));
    asked.resize(static_cast<std::size_t>(got));
    const Bytes answer = make(asked);
    ASSERT_EQ(sendto(by != nullptr ? by->get() : fd.get(), answer.data(), answer.size(), 0,
                     reinterpret_cast<const sockaddr*>(&from), size),
              static_cast<ssize_t>(answer.size()));
  }

  std::unique_ptr<event::Loop> loop_ = *event::Loop::Create();
  std::unique_ptr<event::EpollSet> sockets_ = *event::EpollSet::Create(*loop_);
  config::ServiceConfig service_;
  BackendPool pool_;
  Bytes preface_;
  std::string said_;
  std::vector<BackendId> asked_;
  HealthChecker checker_{*loop_, *sockets_, service_,
                         [this](BackendId backend, const Result<>& result) {
                           said_ = result ? "passed" : result.error().message;
                           asked_.push_back(backend);
                         }};
};

}  // namespace funnel::service
