// Two funnel-udpd in one process, with everything between them played by the test (two_edges.h),
// and real UDP sockets at both ends: clients here, a backend that echoes there.
#pragma once

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "funnel-udpd/counters.h"
#include "funnel-udpd/udp_edge.h"
#include "tests/unit/service/two_edges.h"

namespace funnel::udpd {
using std::chrono::milliseconds;
using std::chrono::seconds;

inline UniqueFd Bound(const std::string& host, std::uint16_t port = 0) {
  auto address = *SocketAddress::FromLiteral(host, port);
  UniqueFd fd(socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  EXPECT_EQ(bind(fd.get(), address.data(), address.size()), 0) << host;
  return fd;
}

inline SocketAddress NameOf(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
  return *SocketAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&name), size);
}

inline void SendTo(int fd, const SocketAddress& to, ByteView bytes) {
  ASSERT_EQ(sendto(fd, bytes.data(), bytes.size(), 0, to.data(), to.size()),
            static_cast<ssize_t>(bytes.size()));
}

// A client with one socket.
struct Client {
  UniqueFd fd;
  std::vector<std::pair<std::string, SocketAddress>> answers;

  explicit Client(const std::string& host = "127.0.0.1") : fd(Bound(host)) {}
  void Take() {
    std::string bytes(70'000, '\0');
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    ssize_t got;
    while ((got = recvfrom(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                           reinterpret_cast<sockaddr*>(&from), &size)) >= 0) {
      answers.emplace_back(bytes.substr(0, static_cast<std::size_t>(got)),
                           *SocketAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&from), size));
      size = sizeof from;
    }
  }
};

class UdpEdgeTest : public service::TwoEdgesTest {
 protected:
  void SetUp() override {
    TwoEdgesTest::SetUp();
    backend_ = Bound("127.0.0.1");
    int size = 32 << 20;
    setsockopt(backend_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(backend_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);  // as root
    backend_watch_ = *loop_->AddIo(backend_.get(), EPOLLIN, [this](std::uint32_t) { OnBackend(); });
    near_service_ = Service(config::Role::kListen);
    far_service_ = Service(config::Role::kConnect);
    far_service_.connect_address.resize(1);
    far_service_.connect_address[0].endpoint.host = "127.0.0.1";
    far_service_.connect_address[0].endpoint.port = NameOf(backend_.get()).port();
  }
  void TearDown() override {
    near_.reset();
    far_.reset();
    near_app_.reset();
    far_app_.reset();
    backend_watch_.reset();
    TwoEdgesTest::TearDown();
  }

  void StartFar() {
    event::ListenFds none(std::vector<event::ListenFds::Named>{});
    service::EdgeEnvironment environment{*loop_, far_service_, configuration_, none, far_table_};
    far_app_ = std::move(*UdpEdge::Make(environment));
    auto setup = MakeSetup(config::Role::kConnect);
    setup.service = far_service_;
    far_ = std::make_unique<service::Edge>(*loop_, std::move(setup), *far_app_, far_table_);
    ASSERT_TRUE(far_->StartConnecting(service::ListenAt(folder_ + "/dns.sock")));
  }
  void StartNear(std::vector<std::string> hosts) {
    std::vector<event::ListenFds::Named> sockets;
    for (auto& host : hosts) {
      sockets.push_back({"listen", Bound(host)});
      ports_.push_back(NameOf(sockets.back().fd.get()));
    }
    event::ListenFds passed(std::move(sockets));
    service::EdgeEnvironment environment{*loop_, near_service_, configuration_, passed,
                                         near_table_};
    near_app_ = std::move(*UdpEdge::Make(environment));
    auto setup = MakeSetup(config::Role::kListen);
    setup.service = near_service_;
    near_ = std::make_unique<service::Edge>(*loop_, std::move(setup), *near_app_, near_table_);
    ASSERT_TRUE(near_->StartListening());
  }
  void Start(std::vector<std::string> hosts = {"127.0.0.1"}) {
    StartFar();
    StartNear(std::move(hosts));
    ASSERT_TRUE(UntilUp());
  }
  [[nodiscard]] bool UntilUp() {
    return Until([this] { return near_->channel_count() == 1 && far_->channel_count() == 1; });
  }
  [[nodiscard]] bool UntilAnswered(Client& client, std::size_t count) {
    return Until([&] {
      client.Take();
      return client.answers.size() >= count;
    });
  }
  std::uint64_t Near(CounterIndex index) {
    return near_table_[std::size_t{service::kCommonCounters} + index].value();
  }
  std::uint64_t Far(CounterIndex index) {
    return far_table_[std::size_t{service::kCommonCounters} + index].value();
  }

  std::uint64_t Near(service::Counter index) { return near_table_[index].value(); }
  std::uint64_t Far(service::Counter index) { return far_table_[index].value(); }

  void OnBackend() {
    std::string bytes(70'000, '\0');
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    ssize_t got;
    while ((got = recvfrom(backend_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                           reinterpret_cast<sockaddr*>(&from), &size)) >= 0) {
      auto address = *SocketAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&from), size);
      std::string text = bytes.substr(0, static_cast<std::size_t>(got));
      asked_.emplace_back(text, address);
      if (answering_) SendTo(backend_.get(), address, AsBytes(text));
      size = sizeof from;
    }
  }

  config::Configuration configuration_;
  config::ServiceConfig near_service_, far_service_;
  metrics::CounterFile near_table_ = metrics::CounterFile::InMemory(service::WholeTable(kCounters));
  metrics::CounterFile far_table_ = metrics::CounterFile::InMemory(service::WholeTable(kCounters));
  std::unique_ptr<service::Application> near_app_, far_app_;
  std::unique_ptr<service::Edge> near_, far_;
  std::vector<SocketAddress> ports_;
  UniqueFd backend_;
  std::unique_ptr<event::IoWatch> backend_watch_;
  bool answering_ = true;
  std::vector<std::pair<std::string, SocketAddress>> asked_;
};

}  // namespace funnel::udpd
