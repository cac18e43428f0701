// Two nodes and a realm: the branch listens, the hoster connects to the backends.
#pragma once

#include <sys/prctl.h>

#include "tests/unit/authd/test_node.h"
#include "tests/unit/authd/users.h"
#include "tests/unit/gss/test_realm.h"

namespace funnel::authd::test {

class TwoNodes : public testing::Test {
 protected:
  explicit TwoNodes(const std::string& more_kerberos = "",
                    const ::funnel::test::TestRealm::Options& realm = {})
      : realm_(realm), loop_(event::Loop::Create().value()) {
    LayOwnNames();
    realm_.Add({client_, server_, ldap_client_, ldap_server_, branch_, hoster_});
    branch_node_ = std::make_unique<Node>(
        *loop_, realm_.folder(), "branch.test",
        realm_.Keytab("branch.keytab", {client_, ldap_client_, branch_}), more_kerberos);
    hoster_node_ = std::make_unique<Node>(
        *loop_, realm_.folder(), "hoster.test",
        realm_.Keytab("hoster.keytab", {server_, ldap_server_, hoster_}), more_kerberos);
    branch_node_->Configure("peers.d/hoster.ini", "[peer]\nnode = hoster.test\nprincipal = " +
                                                      hoster_ + "\nconnect = 192.0.2.1\n");
    hoster_node_->Configure("peers.d/branch.ini",
                            "[peer]\nnode = branch.test\nprincipal = " + branch_ + "\n");
    branch_node_->Configure("services.d/dns.ini", ListenIni("53", client_, server_));
    hoster_node_->Configure("services.d/dns.ini", ConnectIni("5300", server_, client_));
    branch_node_->Configure("services.d/ldap.ini", ListenIni("389", ldap_client_, ldap_server_));
    hoster_node_->Configure("services.d/ldap.ini",
                            ConnectIni("3890", ldap_server_, realm_.At("ldap/other")));
  }
  void StartBoth() {
    branch_node_->Start();
    hoster_node_->Start();
  }

  // One user plays all edges here. But two services must not have the same user, so each port has
  // its own name for that user (users.h).
  static std::string EdgeUser(const std::string& port = "53") {
    return "edge-user = " + OwnName(port) + "\n";
  }
  static std::string ListenIni(const std::string& port, const std::string& identity,
                               const std::string& expect) {
    return "[service]\nprotocol = udp\npeer = hoster\n" + EdgeUser(port) +
           "[listen]\naddress = 127.0.0.1:" + port + "\n[security]\nidentity = " + identity +
           "\nexpect = " + expect + "\n";
  }
  static std::string ConnectIni(const std::string& port, const std::string& identity,
                                const std::string& accept) {
    return "[service]\nprotocol = udp\n" + EdgeUser(port) +
           "[connect]\naddress = 127.0.0.1:" + port + "\n[security]\nidentity = " + identity +
           "\naccept = " + accept + "\n";
  }
  static ServiceName Service(const std::string& name) { return *ServiceName::Parse(name); }

  ::funnel::test::TestRealm realm_;
  std::unique_ptr<event::Loop> loop_;
  const std::string client_ = realm_.At("dns/branch.test"), server_ = realm_.At("dns/hoster.test"),
                    ldap_client_ = realm_.At("ldap/branch.test"),
                    ldap_server_ = realm_.At("ldap/hoster.test"),
                    branch_ = realm_.At("funnel/branch.test"),
                    hoster_ = realm_.At("funnel/hoster.test");
  std::unique_ptr<Node> branch_node_, hoster_node_;
};

// It starts before the members of a fixture are made, so that these may be clients.
class TwoRunningNodes : public TwoNodes {
 protected:
  TwoRunningNodes() { StartBoth(); }
};

}  // namespace funnel::authd::test
