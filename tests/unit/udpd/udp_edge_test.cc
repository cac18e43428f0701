#include "funnel-udpd/udp_edge.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "funnel-udpd/counters.h"
#include "tests/unit/service/two_edges.h"

namespace funnel::udpd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

UniqueFd Bound(const std::string& host, std::uint16_t port = 0) {
  auto address = *SocketAddress::FromLiteral(host, port);
  UniqueFd fd(socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  EXPECT_EQ(bind(fd.get(), address.data(), address.size()), 0) << host;
  return fd;
}

SocketAddress NameOf(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
  return *SocketAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&name), size);
}

void SendTo(int fd, const SocketAddress& to, ByteView bytes) {
  ASSERT_EQ(sendto(fd, bytes.data(), bytes.size(), 0, to.data(), to.size()),
            static_cast<ssize_t>(bytes.size()));
}

std::vector<metrics::CounterDef> Table() {
  std::vector<metrics::CounterDef> table(service::kCommonTable,
                                         service::kCommonTable + service::kCommonCounters);
  table.insert(table.end(), kCounters, kCounters + kCounterCount);
  return table;
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
    int size = 8 << 20;
    setsockopt(backend_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    backend_watch_ = *loop_->AddIo(backend_.get(), EPOLLIN, [this](std::uint32_t) { OnBackend(); });
    near_service_ = Service(config::Role::kListen);
    far_service_ = Service(config::Role::kConnect);
    far_service_.connect.host = "127.0.0.1";
    far_service_.connect.port = NameOf(backend_.get()).port();
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
    auto setup = Setup(config::Role::kConnect);
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
    auto setup = Setup(config::Role::kListen);
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
  metrics::CounterFile near_table_ = metrics::CounterFile::InMemory(Table());
  metrics::CounterFile far_table_ = metrics::CounterFile::InMemory(Table());
  std::unique_ptr<service::Application> near_app_, far_app_;
  std::unique_ptr<service::Edge> near_, far_;
  std::vector<SocketAddress> ports_;
  UniqueFd backend_;
  std::unique_ptr<event::IoWatch> backend_watch_;
  bool answering_ = true;
  std::vector<std::pair<std::string, SocketAddress>> asked_;
};

TEST_F(UdpEdgeTest, CarriesRequestAndAnswer) {
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("question"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].first, "question");
  EXPECT_EQ(client.answers[0].second, ports_[0]);
}

TEST_F(UdpEdgeTest, CarriesEverySize) {
  Start();
  Client client;
  int size = 4 << 20;
  setsockopt(client.fd.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  std::size_t count = 0;
  for (std::size_t bytes : {0, 1, 511, 1300, 1400, 1500, 9000, 16'384, 65'000, 65'507}) {
    std::string text(bytes, 'a');
    for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i % 23);
    SendTo(client.fd.get(), ports_[0], AsBytes(text));
    ASSERT_TRUE(UntilAnswered(client, ++count)) << bytes;
    EXPECT_EQ(client.answers.back().first, text);
  }
}

TEST_F(UdpEdgeTest, EachClientHasAStableSourcePortAtTheBackend) {
  Start();
  Client one, two;
  for (int i = 0; i < 3; ++i) {
    SendTo(one.fd.get(), ports_[0], AsBytes("one"));
    SendTo(two.fd.get(), ports_[0], AsBytes("two"));
  }
  ASSERT_TRUE(UntilAnswered(one, 3));
  ASSERT_TRUE(UntilAnswered(two, 3));
  std::map<std::string, std::set<std::string>> sources;
  for (auto& [text, from] : asked_) sources[text].insert(from.text());
  EXPECT_EQ(sources["one"].size(), 1u);
  EXPECT_EQ(sources["two"].size(), 1u);
  EXPECT_NE(*sources["one"].begin(), *sources["two"].begin());
  EXPECT_EQ(Near(kFlows), 2u);
  EXPECT_EQ(Far(kFlows), 2u);
}

TEST_F(UdpEdgeTest, AnswersLeaveFromTheAddressThatWasAsked) {
  Start({"0.0.0.0", "::1"});
  Client v4("0.0.0.0"), v6("::1");
  auto other = *SocketAddress::FromLiteral("127.0.0.7", ports_[0].port());
  SendTo(v4.fd.get(), other, AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(v4, 1));
  EXPECT_EQ(v4.answers[0].second.text(), other.text());
  SendTo(v6.fd.get(), ports_[1], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(v6, 1));
  EXPECT_EQ(v6.answers[0].second.text(), ports_[1].text());
}

TEST_F(UdpEdgeTest, WildcardSixAnswersFromTheAddressThatWasAsked) {
  Start({"::"});
  Client client("::1");
  auto asked = *SocketAddress::FromLiteral("::1", ports_[0].port());
  SendTo(client.fd.get(), asked, AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].second.text(), asked.text());
}

TEST_F(UdpEdgeTest, KeepsTheNewestDatagramsUntilTheChannelIsUp) {
  near_service_.queue_datagrams = 3;
  StartFar();
  sctpd_->link_up = false;
  StartNear({"127.0.0.1"});
  Settle();
  Client client;
  for (char name : {'1', '2', '3', '4', '5'})
    SendTo(client.fd.get(), ports_[0], AsBytes(std::string(1, name)));
  ASSERT_TRUE(Until([&] { return Near(kDatagramsIn) == 5; }));
  EXPECT_EQ(Near(kWaitingDropped), 2u);
  // The association comes.
  sctpd_->link_up = true;
  sctpd_->Stop();
  sctpd_->Start();
  ASSERT_TRUE(UntilAnswered(client, 3));
  std::set<std::string> texts;
  for (auto& answer : client.answers) texts.insert(answer.first);
  EXPECT_EQ(texts, (std::set<std::string>{"3", "4", "5"}));
}

TEST_F(UdpEdgeTest, FlowsAndBackendSocketsSurviveSctpd) {
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("before"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  sctpd_->Stop();
  ASSERT_TRUE(Until([&] { return near_->channel_count() == 0 && far_->channel_count() == 0; }));
  sctpd_->Start();
  ASSERT_TRUE(UntilUp());
  // Even what the backend says first gets through: the flow is announced again.
  ASSERT_TRUE(Until([&] { return Far(kFlowsAnnouncedAgain) == 1; }));
  SendTo(backend_.get(), asked_[0].second, AsBytes("unasked"));
  ASSERT_TRUE(UntilAnswered(client, 2));
  EXPECT_EQ(client.answers[1].first, "unasked");
  SendTo(client.fd.get(), ports_[0], AsBytes("after"));
  ASSERT_TRUE(UntilAnswered(client, 3));
  EXPECT_EQ(asked_[0].second, asked_[1].second);
  EXPECT_EQ(Far(kFlowsTotal), 1u);
}

TEST_F(UdpEdgeTest, SuppressesResendsUntilAnAnswer) {
  near_service_.suppress_resends = true;
  answering_ = false;
  Start();
  Client client;
  for (int i = 0; i < 3; ++i) SendTo(client.fd.get(), ports_[0], AsBytes("again"));
  SendTo(client.fd.get(), ports_[0], AsBytes("other"));
  ASSERT_TRUE(Until([&] { return asked_.size() == 2; }));
  EXPECT_EQ(Near(kResendsSuppressed), 2u);
  SendTo(backend_.get(), asked_[0].second, AsBytes("answer"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  SendTo(client.fd.get(), ports_[0], AsBytes("again"));
  ASSERT_TRUE(Until([&] { return asked_.size() == 3; }));
}

TEST_F(UdpEdgeTest, ResendsPassWhereTheServiceDoesNotSuppressThem) {
  Start();
  Client client;
  for (int i = 0; i < 3; ++i) SendTo(client.fd.get(), ports_[0], AsBytes("again"));
  ASSERT_TRUE(UntilAnswered(client, 3));
}

TEST_F(UdpEdgeTest, IdleFlowsEndOnBothSides) {
  near_service_.idle_timeout = milliseconds(50);
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  ASSERT_TRUE(Until([&] { return Near(kFlows) == 0 && Far(kFlows) == 0; }));
  EXPECT_EQ(Near(kFlowsExpired), 1u);
  // And a new one begins.
  SendTo(client.fd.get(), ports_[0], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(client, 2));
}

TEST_F(UdpEdgeTest, TheFarSidesIdleTimeoutDoesNotLoseTheClient) {
  far_service_.idle_timeout = milliseconds(50);
  far_service_.lifetime = milliseconds(0);
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  ASSERT_TRUE(Until([&] { return Far(kFlows) == 0; }));
  Settle();  // the near side has heard of it
  SendTo(client.fd.get(), ports_[0], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(client, 2));
}

TEST_F(UdpEdgeTest, RefusesFlowsAboveItsLimit) {
  near_service_.max_flows = 2;
  Start();
  Client one, two, three;
  SendTo(one.fd.get(), ports_[0], AsBytes("1"));
  SendTo(two.fd.get(), ports_[0], AsBytes("2"));
  ASSERT_TRUE(UntilAnswered(one, 1));
  ASSERT_TRUE(UntilAnswered(two, 1));
  SendTo(three.fd.get(), ports_[0], AsBytes("3"));
  ASSERT_TRUE(Until([&] { return Near(kFlowsOverLimit) == 1; }));
  EXPECT_EQ(Near(kFlows), 2u);
}

TEST_F(UdpEdgeTest, ABackendThatIsNotThereIsCountedAndComesBack) {
  Start();
  std::uint16_t port = far_service_.connect.port;
  backend_watch_.reset();
  backend_.reset();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kBackendRefused) >= 1; }));
  backend_ = Bound("127.0.0.1", port);
  backend_watch_ = *loop_->AddIo(backend_.get(), EPOLLIN, [this](std::uint32_t) { OnBackend(); });
  SendTo(client.fd.get(), ports_[0], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].first, "y");
}

std::size_t ResidentBytes() {
  std::ifstream status("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  status >> total >> resident;
  return resident * static_cast<std::size_t>(getpagesize());
}

// Both edges and the stand-ins in one process. All clients speak at once.
TEST_F(UdpEdgeTest, TenThousandFlowsAtOnceAreAllAnswered) {
  constexpr std::size_t kClients = 10'000;
  Start();
  int size = 32 << 20;
  setsockopt(backend_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  Settle();
  std::size_t before = ResidentBytes();
  // One socket each would need as many descriptors again: sources are addresses of 127/8.
  std::vector<Client> clients;
  for (std::size_t i = 0; i < 100; ++i) clients.emplace_back("0.0.0.0");
  std::size_t sent = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    for (Client& client : clients) {
      auto source = htonl(0x7F010000u + static_cast<unsigned>(i) + 1);
      in_pktinfo info{};
      memcpy(&info.ipi_spec_dst, &source, 4);
      alignas(cmsghdr) char control[CMSG_SPACE(sizeof info)] = {};
      char byte = 'q';
      iovec piece{&byte, 1};
      msghdr message{};
      message.msg_name = const_cast<sockaddr*>(ports_[0].data());
      message.msg_namelen = ports_[0].size();
      message.msg_iov = &piece;
      message.msg_iovlen = 1;
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* c = CMSG_FIRSTHDR(&message);
      c->cmsg_level = IPPROTO_IP;
      c->cmsg_type = IP_PKTINFO;
      c->cmsg_len = CMSG_LEN(sizeof info);
      memcpy(CMSG_DATA(c), &info, sizeof info);
      ASSERT_EQ(sendmsg(client.fd.get(), &message, 0), 1);
      // The receive buffer of an unprivileged socket holds a few hundred.
      if (++sent % 200 == 0) {
        ASSERT_TRUE(Until([&] { return Near(kDatagramsIn) == sent; }));
      }
    }
  }
  std::size_t answered = 0;
  EXPECT_TRUE(Until([&] {
    answered = 0;
    for (Client& client : clients) {
      client.Take();
      answered += client.answers.size();
    }
    return answered == kClients;
  })) << answered;
  EXPECT_EQ(Near(kFlows), kClients);
  EXPECT_EQ(Far(kFlows), kClients);
  std::size_t per_flow = (ResidentBytes() - before) / kClients;
  RecordProperty("bytes_per_flow_both_sides", static_cast<int>(per_flow));
  std::cout << "both sides together, a flow: " << per_flow << " bytes\n";
#if !defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(per_flow, 2 * 4096u);
#endif
}

}  // namespace
}  // namespace funnel::udpd
