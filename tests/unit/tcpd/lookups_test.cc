#include "funnel-tcpd/socks/lookups.h"

#include <map>

#include "tests/unit/net/fake_names.h"
#include "tests/unit/tcpd/loop_fixture.h"

namespace funnel::tcpd {
namespace {

class LookupsTest : public LoopTest {
 protected:
  // PEER looks NAME up, as number ID.
  void Ask(Lookups::Id id, const std::string& peer, const std::string& name, std::size_t most = 4) {
    lookups_.Start(id, peer, {.host = name, .port = 1, .unix_path = {}}, most,
                   [this, id](const net::Resolver::Answer& answer) {
                     answered_[id] = answer && !answer->empty();
                   });
  }
  [[nodiscard]] bool UntilAnswered(std::size_t so_many) {
    return Until([&] { return answered_.size() == so_many; });
  }

  Lookups lookups_{*loop_};
  std::map<Lookups::Id, bool> answered_;
};

TEST_F(LookupsTest, NamesThatNobodyAnswersHoldUpOneOwnPeerOnly) {
  net::HoldFakeName("slow.example");
  net::SetFakeName("quick.example", {"192.0.2.1"});
  for (Lookups::Id id = 1; id <= 8; ++id) Ask(id, "a", "slow.example");
  Ask(9, "a", "quick.example");
  Ask(10, "b", "quick.example");
  Ask(11, "b", "quick.example");
  EXPECT_TRUE(UntilAnswered(2));
  EXPECT_TRUE(answered_[10] && answered_[11]) << "b has its share while a waits for its names";

  net::SetFakeName("slow.example", {"192.0.2.2"});
  EXPECT_TRUE(UntilAnswered(11));
  for (const auto& [id, found] : answered_) EXPECT_TRUE(found) << id;
}

TEST_F(LookupsTest, OneThatWasForgottenIsNotAnswered) {
  net::HoldFakeName("slow.example");
  for (Lookups::Id id = 1; id <= 4; ++id) Ask(id, "a", "slow.example", /*most=*/2);
  lookups_.Forget(1);  // it runs
  lookups_.Forget(3);  // it waits
  lookups_.Forget(99);
  net::SetFakeName("slow.example", {"192.0.2.2"});
  EXPECT_TRUE(UntilAnswered(2));
  EXPECT_TRUE(answered_.contains(2) && answered_.contains(4));
}

TEST_F(LookupsTest, OneAtATimeIsEnoughForAll) {
  net::SetFakeName("quick.example", {"192.0.2.1"});
  for (Lookups::Id id = 1; id <= 6; ++id)
    Ask(id, id % 2 == 0 ? "a" : "b", "quick.example", /*most=*/1);
  EXPECT_TRUE(UntilAnswered(6));
}

}  // namespace
}  // namespace funnel::tcpd
