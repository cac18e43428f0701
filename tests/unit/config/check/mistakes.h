// An example configuration with one part replaced, and the mistakes that are found in it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/config/example.h"

namespace funnel::config {

class MistakesTest : public testing::Test {
 protected:
  // The mistakes if dns.ini contains TEXT.
  std::string Dns(std::string_view text) {
    dir_.Write("services.d/dns.ini", text);
    return dir_.Reported();
  }
  std::string DnsWith(std::string_view from, std::string_view to) {
    return Dns(Replace(kListenText, from, to));
  }
  std::string LdapWith(std::string_view from, std::string_view to) {
    dir_.Write("services.d/ldap.ini", Replace(kConnectText, from, to));
    return dir_.Reported();
  }
  std::string NodeWith(std::string_view more) {
    dir_.Write("funnel.conf", std::string(kNodeText) + std::string(more));
    return dir_.Reported();
  }
  std::string PeerWith(std::string_view from, std::string_view to) {
    dir_.Write("peers.d/hoster.ini", Replace(kPeerText, from, to));
    return dir_.Reported();
  }

  ExampleDir dir_;
};

}  // namespace funnel::config
