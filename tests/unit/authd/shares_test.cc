// One client takes its share of everything that authd limits; the others are still served.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/ipc/authd_messages.h"
#include "tests/unit/authd/two_nodes.h"

namespace funnel::authd {
namespace {

using test::TestClient;

constexpr int kMaxContexts = 16;

class SharesTest : public test::TwoNodes {
 protected:
  SharesTest() : TwoNodes("max-contexts = " + std::to_string(kMaxContexts) + "\n") { StartBoth(); }

  void Announce(TestClient& edge, const std::string& service) {
    const bool dns = service == "dns";
    edge.Send(ipc::Announce{.request = 1,
                            .service = Service(service),
                            .role = 0,
                            .local_principal = dns ? client_ : ldap_client_,
                            .peer_principal = dns ? server_ : ldap_server_,
                            .exporter = Secret(32)});
  }
  // Whether the next answer is of this type; the only other answer may be Failed with kBusy.
  template <typename Message>
  bool Got(TestClient& client) {
    const std::size_t at = read_++;
    if (!test::RunUntil(*loop_, [&] { return client.packets().size() > at; })) return false;
    if (ipc::Parse<Message>(client.packets()[at])) return true;
    auto failed = ipc::Parse<ipc::Failed>(client.packets()[at]);
    EXPECT_TRUE(failed && failed->code == ipc::FailureCode::kBusy);
    return false;
  }
  std::size_t read_ = 0;
};

TEST_F(SharesTest, AnEdgeThatAnnouncesWithoutEndLeavesContextsToOthers) {
  TestClient greedy = branch_node_->Connect(), other = branch_node_->Connect();
  int got = 0;
  for (int i = 0; i < 2 * kMaxContexts; ++i) {
    Announce(greedy, "dns");
    got += Got<ipc::Announced>(greedy);
  }
  EXPECT_EQ(got, kMaxContexts / 2);
  EXPECT_EQ(branch_node_->Count(kBusy), static_cast<std::size_t>(kMaxContexts * 3 / 2));
  for (int i = 0; i < kMaxContexts / 4; ++i) {
    Announce(other, "ldap");
    EXPECT_NE(other.Receive<ipc::Announced>().context, 0u) << i;
  }
  // What the client gives back it can get again.
  EXPECT_EQ(branch_node_->Count(kContexts), static_cast<std::size_t>(kMaxContexts * 3 / 4));
}

TEST_F(SharesTest, AnEdgeThatBeginsHandshakesWithoutEndLeavesThemToOthers) {
  TestClient greedy = branch_node_->Connect(), other = branch_node_->Connect();
  int got = 0;
  for (std::size_t i = 0; i < InitiateHandshakes::kMaxPending / 2 + 10; ++i) {
    greedy.Send(ipc::Initiate{.request = 1, .service = Service("dns")});
    got += Got<ipc::Opening>(greedy);
  }
  EXPECT_EQ(got, static_cast<int>(InitiateHandshakes::kMaxPending / 2));
  EXPECT_EQ(branch_node_->Count(kBusy), 10u);
  other.Send(ipc::Initiate{.request = 1, .service = Service("ldap")});
  EXPECT_FALSE(other.Receive<ipc::Opening>().open_body.empty());
}

TEST(ClaimShares, OneServiceLeavesClaimsToOthers) {
  Claims claims(std::chrono::seconds(10));
  claims.set_services(3);
  const auto put = [&](const char* service) {
    AcceptedContext context;
    context.service = *ServiceName::Parse(service);
    return claims.Put(std::move(context), Now()).has_value();
  };
  std::size_t taken = 0;
  while (put("dns")) ++taken;
  EXPECT_EQ(taken, Claims::kMaxClaims / 2);
  EXPECT_FALSE(claims.HasRoom(*ServiceName::Parse("dns")));
  EXPECT_TRUE(put("ldap"));
  EXPECT_EQ(claims.Expire(Now() + std::chrono::seconds(11)), taken + 1);
  EXPECT_TRUE(put("dns"));
}

// Connections of many users at once; they stay until the end.
class Crowd {
 public:
  Crowd(const std::string& path, int users, int connections) {
    for (int user = 0; user < users; ++user) {
      const pid_t child = ::fork();
      if (child != 0) {
        children_.push_back(child);
        continue;
      }
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      path.copy(address.sun_path, sizeof address.sun_path - 1);
      const auto uid = static_cast<uid_t>(100000 + user);
      if (::setresuid(uid, uid, uid) != 0) ::_exit(1);
      for (int i = 0; i < connections; ++i) {
        const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
        ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
      }
      ::pause();
    }
  }
  ~Crowd() {
    for (const pid_t child : children_) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
  }

 private:
  std::vector<pid_t> children_;
};

TEST_F(SharesTest, ManyUsersLeavePlacesToRootAndTheServices) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  std::filesystem::permissions(realm_.folder(), std::filesystem::perms(0755));
  std::filesystem::permissions(branch_node_->socket(), std::filesystem::perms(0666));
  constexpr int kUsers = 20;
  Crowd crowd(branch_node_->socket(), kUsers, static_cast<int>(Server::kMaxClientsOfOneUid));
  ASSERT_TRUE(test::RunUntil(*loop_, [&] {
    return branch_node_->Count(kClients) + branch_node_->Count(kClientsRejected) >=
           kUsers * Server::kMaxClientsOfOneUid;
  }));
  EXPECT_LT(branch_node_->Count(kClients), Server::kMaxClients);
  TestClient edge = branch_node_->Connect();
  edge.Send(ipc::Initiate{.request = 1, .service = Service("ldap")});
  EXPECT_FALSE(edge.Receive<ipc::Opening>().open_body.empty());
}

}  // namespace
}  // namespace funnel::authd
