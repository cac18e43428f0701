// funnelctl forward: what it is asked for, and what it says when that cannot be.
#include <sys/socket.h>

#include <filesystem>

#include "funnelctl/forward_spec.h"
#include "tests/unit/funnelctl/fake_daemon.h"
#include "tests/unit/funnelctl/run_command.h"

namespace funnel::ctl {
namespace {

constexpr std::string_view kBegun = R"({"listen":"127.0.0.1:8080","target":"www:443"})";

std::string Parsed(std::string_view text) {
  const auto spec = ParseForwardSpec(text);
  return spec ? spec->listen.text() + " -> " + spec->target : spec.error().message;
}

TEST(ForwardSpec, IsThatOfSsh) {
  EXPECT_EQ(Parsed("8080:www.example.org:443"), "127.0.0.1:8080 -> www.example.org:443");
  EXPECT_EQ(Parsed("localhost:8080:www:443"), "127.0.0.1:8080 -> www:443");
  EXPECT_EQ(Parsed("127.0.0.2:0:192.0.2.1:443"), "127.0.0.2:0 -> 192.0.2.1:443");
  EXPECT_EQ(Parsed("*:8080:www:443"), "[::]:8080 -> www:443");
  EXPECT_EQ(Parsed(":8080:www:443"), "[::]:8080 -> www:443");
  EXPECT_EQ(Parsed("[::1]:8080:[2001:db8::1]:443"), "[::1]:8080 -> [2001:db8::1]:443");
}

TEST(ForwardSpec, IsRefusedWithAReason) {
  EXPECT_EQ(Parsed("udp:5353:ns:53"),
            "udp: only connections (TCP) can be forwarded, not datagrams");
  for (const char* text : {"", "8080", "www:443", "::1:8080:www:443"})
    EXPECT_EQ(Parsed(text),
              "[BIND:]PORT:HOST:PORT is expected, with brackets around an IPv6 address, not " +
                  std::string(text));
  EXPECT_EQ(Parsed("x:www:443"), "a port to listen at is expected (0: any), not 'x'");
  EXPECT_EQ(Parsed("65536:www:443"), "a port to listen at is expected (0: any), not '65536'");
  EXPECT_EQ(Parsed("here:1:www:443"),
            "an address to listen at is expected, such as 127.0.0.1, [::1] or *, not here");
  for (const char* text : {"8080:www:0", "8080:www:x", "8080:w w:443", "8080::443"})
    EXPECT_TRUE(Parsed(text).starts_with("the target: ")) << Parsed(text);
}

class ForwardTest : public testing::Test {
 protected:
  ForwardTest() { std::filesystem::create_directories(dir_.Path("edge/dns")); }
  Ran Forward(const std::string& spec, const std::string& service = "dns") {
    return RunIt(RunForward, OptionsFor(dir_, {service, spec}));
  }
  std::string socket() { return dir_.Path("edge/dns/control.sock"); }

  config::ExampleDir dir_;
};

TEST_F(ForwardTest, LastsUntilTheEdgeEndsIt) {
  FakeDaemon edge(socket(), [](int fd) {
    Reply(fd, kBegun, ipc::ReplyKind::kMore);
    Reply(fd, "the service stops", ipc::ReplyKind::kFailed);
  });
  const Ran ran = Forward("0:www:443");
  EXPECT_EQ(ran.out, "dns: 127.0.0.1:8080 -> www:443, until interrupted\n");
  EXPECT_EQ(ran.err, "funnelctl: dns: the service stops\n");
  EXPECT_EQ(ran.status, kExitFailed);
}

TEST_F(ForwardTest, PassesOnWhyTheEdgeRefuses) {
  FakeDaemon edge(socket(), [](int fd) {
    Reply(fd, "uid 1000 is not in the group funnel-admin", ipc::ReplyKind::kFailed);
  });
  const Ran ran = Forward("0:www:443");
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "funnelctl: dns: uid 1000 is not in the group funnel-admin\n");
}

TEST_F(ForwardTest, AnswersThatAreNoneAreNoReasonToWait) {
  FakeDaemon edge(socket(), [](int fd) { Reply(fd, "[]", ipc::ReplyKind::kMore); });
  EXPECT_EQ(Forward("0:www:443").status, kExitFailed);
}

TEST_F(ForwardTest, SaysWhichPortIsInUse) {
  FakeDaemon edge(socket(), [](int) {});
  const auto taken = ListenForForward(*SocketAddress::FromLiteral("127.0.0.1", 0));
  ASSERT_TRUE(taken);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(getsockname(taken->get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const Ran ran = Forward(port + ":www:443");
  EXPECT_EQ(ran.err,
            "funnelctl: cannot listen at 127.0.0.1:" + port + ": Address already in use\n");
  EXPECT_EQ(ran.status, kExitFailed);
}

TEST_F(ForwardTest, SaysWhyThereIsNoEdge) {
  EXPECT_EQ(Forward("0:www:443", "nothing").err, "funnelctl: nothing: there is no such service\n");
  EXPECT_EQ(Forward("0:www:443").err,
            "funnelctl: dns: protocol = udp, and a forward needs socks\n");
  dir_.Write("services.d/web.ini",
             "[service]\nprotocol = socks\npeer = hoster\n[listen]\naddress = 127.0.0.1:1080\n"
             "[security]\nidentity = web/branch1.example.net@EXAMPLE.NET\n"
             "expect = web/ns.hoster.net@EXAMPLE.NET\n");
  EXPECT_TRUE(Contains(Forward("0:www:443", "web").err, "web: does not run: "));
}

TEST_F(ForwardTest, WrongUsageIsToldApart) {
  EXPECT_EQ(Forward("udp:1:www:443").status, kExitUsage);
  EXPECT_EQ(Forward("0:www:443", "funnel-sctpd").status, kExitUsage);
}

TEST_F(ForwardTest, SessionsShowForwards) {
  FakeDaemon edge(socket(), [](int fd) {
    Reply(fd,
          R"({"service":"dns","sessions_total":0,"sessions":[],"forwards":[{"listen":"[::1]:80",)"
          R"("target":"www:443","uid":1000,"age_ms":185000,"connections":1}]})",
          ipc::ReplyKind::kLast);
  });
  const Ran ran = RunIt(RunSessions, OptionsFor(dir_, {"dns"}));
  EXPECT_EQ(ran.out,
            "dns: 0 sessions\n  forward [::1]:80 -> www:443: uid 1000, for 3 min 5 s, 1 "
            "connection\n");
}

}  // namespace
}  // namespace funnel::ctl
