#include "tests/unit/funnelctl/run_command.h"

namespace funnel::ctl {
namespace {

class Show : public testing::Test {
 protected:
  Ran Ask(Options options) {
    Ran ran = RunIt(RunShow, options);
    ran.out = Without(dir_, ran.out);
    return ran;
  }
  Options Of(std::vector<std::string> arguments) { return OptionsFor(dir_, arguments); }
  // The line for KEY with each run of blanks made one.
  static std::string Line(const std::string& text, const std::string& key) {
    std::size_t at = text.find("  " + key + ' ');
    if (at == std::string::npos) return "no line";
    std::size_t begin = text.rfind('\n', at) + 1;
    std::string out;
    for (char c : text.substr(begin, text.find('\n', at) - begin)) {
      if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
    }
    return out;
  }

  config::ExampleDir dir_;
};

TEST_F(Show, ReportsFileAndLineOrDefault) {
  Ran ran = Ask(Of({"dns"}));
  EXPECT_EQ(ran.status, kExitOk);
  EXPECT_EQ(Line(ran.out, "protocol"), "[service] protocol udp services.d/dns.ini:2");
  EXPECT_EQ(Line(ran.out, "lifetime"), "[service] lifetime 5s default");
  EXPECT_EQ(Line(ran.out, "target"), "[service] target ns.hoster.net default");
  EXPECT_EQ(Line(ran.out, "edge-user"), "[service] edge-user funnel-u-dns default");
  EXPECT_EQ(Line(ran.out, "stream"), "[service] stream (the next free one) default");
}

TEST_F(Show, LeavesOutWhatTheServiceCannotHave) {
  Ran ran = Ask(Of({"dns"}));
  EXPECT_EQ(Line(ran.out, "max-sessions"), "no line");
  EXPECT_EQ(Line(ran.out, "accept"), "no line");
  EXPECT_EQ(Line(Ask(Of({"ldap"})).out, "max-sessions"), "[service] max-sessions 4096 default");
}

TEST_F(Show, ShowsOverridesAndEachValueOfAList) {
  dir_.Write("services.d/dns.ini.d/10.ini",
             "[service]\nlifetime = 9s\n[listen]\naddress = 127.0.0.1:54\naddress = [::1]:54\n");
  Ran ran = Ask(Of({"dns"}));
  EXPECT_EQ(Line(ran.out, "lifetime"), "[service] lifetime 9s services.d/dns.ini.d/10.ini:2");
  EXPECT_TRUE(Contains(ran.out, "127.0.0.1:54"));
  EXPECT_TRUE(Contains(ran.out, "services.d/dns.ini.d/10.ini:5"));
}

TEST_F(Show, ShowsTheNodeAndPeers) {
  Options node = Of({});
  node.own["--node"] = "";
  EXPECT_EQ(Line(Ask(node).out, "name"), "[node] name branch1.example.net funnel.conf:2");
  Options peer = Of({});
  peer.own["--peer"] = "hoster";
  EXPECT_EQ(Line(Ask(peer).out, "identity"),
            "[peer] identity funnel/branch1.example.net@EXAMPLE.NET default");
  peer.own["--peer"] = "nobody";
  EXPECT_EQ(Ask(peer).status, kExitFailed);
}

TEST_F(Show, GivesJson) {
  Options options = Of({"dns"});
  options.json = true;
  std::string out = Ask(options).out;
  EXPECT_TRUE(Contains(out, "\"of\": \"service\""));
  EXPECT_TRUE(Contains(out, "\"file\": \"services.d/dns.ini\""));
  EXPECT_TRUE(Contains(out, "\"default\": true"));
}

TEST_F(Show, NeedsExactlyOneThingToShow) {
  EXPECT_EQ(Ask(Of({})).status, kExitUsage);
  Options both = Of({"dns"});
  both.own["--node"] = "";
  EXPECT_EQ(Ask(both).status, kExitUsage);
  EXPECT_EQ(Ask(Of({"nothing"})).status, kExitFailed);
}

}  // namespace
}  // namespace funnel::ctl
