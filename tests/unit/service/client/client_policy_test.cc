#include "common/service/client/client_policy.h"

#include <gtest/gtest.h>

#include <set>

#include "common/service/client/own_addresses.h"

namespace funnel::service {
namespace {

class ClientPolicyTest : public ::testing::Test {
 protected:
  [[nodiscard]] bool Admits(const std::string& client) const {
    const std::vector<SocketAddress> own{*SocketAddress::FromLiteral("192.0.2.50", 0)};
    return ClientPolicy(service_, &peer_, own).Admit({client, "203.0.113.9:389"}).has_value();
  }

  config::ServiceConfig service_;
  config::PeerConfig peer_;
};

TEST_F(ClientPolicyTest, AdmitsForeignAddressesByDefault) {
  EXPECT_TRUE(Admits("192.0.2.1:1000"));
  EXPECT_TRUE(Admits("[2001:db8::1]:1000"));
}

TEST_F(ClientPolicyTest, RefusesLoopbackAndOwnAddressesByDefault) {
  EXPECT_FALSE(Admits("127.0.0.1:1000"));
  EXPECT_FALSE(Admits("[::1]:1000"));
  EXPECT_FALSE(Admits("[::ffff:127.0.0.1]:1000"));
  EXPECT_FALSE(Admits("192.0.2.50:1000"));
  EXPECT_FALSE(Admits("0.0.0.0:1000"));
  EXPECT_FALSE(Admits("224.0.0.1:1000"));
}

TEST_F(ClientPolicyTest, ListedNetworksDecideAlone) {
  service_.client_networks = {*config::Network::Parse("10.0.0.0/8")};
  peer_.client_networks = {*config::Network::Parse("127.0.0.0/8")};
  EXPECT_TRUE(Admits("10.1.2.3:1000"));
  EXPECT_TRUE(Admits("127.0.0.1:1000"));
  EXPECT_FALSE(Admits("192.0.2.1:1000"));
}

// Its zone names an interface of the listening side.
TEST_F(ClientPolicyTest, PassesALinkLocalAddressWithoutItsZone) {
  const auto told = ClientPolicy(service_, &peer_, {})
                        .Admit({"[fe80::1%no-such-one]:1000", "[fe80::2%no-such-one]:389"});
  ASSERT_TRUE(told);
  EXPECT_EQ(told->client.text(), "[fe80::1]:1000");
  EXPECT_EQ(told->local.text(), "[fe80::2]:389");
  service_.client_networks = {*config::Network::Parse("fe80::/10")};
  EXPECT_TRUE(Admits("[fe80::1%eth0]:1000"));
  service_.client_networks = {*config::Network::Parse("2001:db8::/32")};
  EXPECT_FALSE(Admits("[fe80::1%eth0]:1000"));
}

TEST_F(ClientPolicyTest, RefusesWhatIsNoAddress) {
  EXPECT_FALSE(Admits(""));
  EXPECT_FALSE(Admits("localhost:1000"));
  EXPECT_FALSE(Admits("192.0.2.1"));
  EXPECT_FALSE(Admits("[fe80::1%a/b]:1000"));
}

TEST(OwnAddressesTest, AreTheSameWithoutNetlink) {
  const auto texts = [](const std::vector<SocketAddress>& all) {
    std::set<std::string> out;
    for (const SocketAddress& one : all)
      out.insert(std::string(config::WithoutZone(one.ip_text())));
    return out;
  };
  const auto listed = texts(AddressesWithoutNetlink());
  EXPECT_EQ(listed, texts(OwnAddresses()));
  EXPECT_TRUE(listed.contains("127.0.0.1"));
}

}  // namespace
}  // namespace funnel::service
