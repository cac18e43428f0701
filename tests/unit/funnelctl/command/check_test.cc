#include "tests/unit/funnelctl/run_command.h"

namespace funnel::ctl {
namespace {

TEST(Check, SaysThatAllIsRight) {
  config::ExampleDir dir;
  Ran ran = RunIt(RunCheck, OptionsFor(dir));
  EXPECT_EQ(ran.status, kExitOk);
  EXPECT_EQ(ran.out, dir.path() + ": no mistakes (node branch1.example.net, 1 peer, 2 services)\n");
}

TEST(Check, ReportsFileAndLineAndFails) {
  config::ExampleDir dir;
  dir.Write("services.d/dns.ini", config::Replace(config::kListenText, "127.0.0.1:53", "nowhere"));
  dir.Write("funnel.conf", "[node]\nname = x\nnaem = y\n");
  Ran ran = RunIt(RunCheck, OptionsFor(dir));
  EXPECT_EQ(ran.status, kExitFailed);
  EXPECT_EQ(ran.out,
            dir.Path("funnel.conf") + ":3: unknown key naem in [node] (did you mean name?)\n" +
                dir.Path("services.d/dns.ini") +
                ":5: address: bad address nowhere: the port is missing (host:port, [v6]:port)\n");
}

TEST(Check, GivesJson) {
  config::ExampleDir dir;
  Options options = OptionsFor(dir);
  options.json = true;
  EXPECT_EQ(RunIt(RunCheck, options).out, "[]\n");
  dir.Write("funnel.conf", "[node]\nname = \"x\"\n");
  EXPECT_EQ(RunIt(RunCheck, options).out,
            "[{\"file\": \"" + dir.Path("funnel.conf") +
                "\", \"line\": 2, \"severity\": \"mistake\", "
                "\"text\": \"name: a value stands without quotes\"}]\n");
}

TEST(Check, WarnsOfWhatNothingReadsAndSucceeds) {
  config::ExampleDir dir;
  dir.Write("services.d/web.conf", config::kConnectText);
  Options options = OptionsFor(dir);
  Ran ran = RunIt(RunCheck, options);
  EXPECT_EQ(ran.status, kExitOk);
  EXPECT_TRUE(Contains(ran.out, dir.Path("services.d/web.conf") + ": warning: is not read: "));
  EXPECT_TRUE(Contains(ran.out, ": no mistakes (node "));
  options.json = true;
  ran = RunIt(RunCheck, options);
  EXPECT_EQ(ran.status, kExitOk);
  EXPECT_TRUE(Contains(ran.out, "\"line\": 0, \"severity\": \"warning\", \"text\": \"is not read"));
}

TEST(Check, KnowsUsersByWhoTheyAre) {
  config::ExampleDir dir;
  auto with = [&](const std::string& dns, const std::string& ldap) {
    dir.Write("services.d/dns.ini.d/u.ini", "[service]\nedge-user = " + dns + "\n");
    dir.Write("services.d/ldap.ini.d/u.ini", "[service]\nedge-user = " + ldap + "\n");
    return RunIt(RunCheck, OptionsFor(dir));
  };
  EXPECT_EQ(with("daemon", "bin").status, kExitOk);
  Ran ran = with("daemon", "1");
  EXPECT_EQ(ran.status, kExitFailed);
  EXPECT_TRUE(Contains(ran.out, "edge-user: 1 is uid 1 and service dns's already")) << ran.out;
}

TEST(Status, SaysThatNothingIsKnownWhereNobodyAnswers) {
  config::ExampleDir dir;
  Ran ran = RunIt(RunStatus, OptionsFor(dir));
  EXPECT_EQ(ran.status, kExitUnknown);
  EXPECT_NE(ran.out.find("funnel-sctpd does not answer: there is no control socket"),
            std::string::npos);
}

TEST(HelpConfig, NamesEverySection) {
  std::string out = RunIt(RunHelpConfig, {}).out;
  for (const char* section : {"[node]", "[kerberos]", "[sctp]", "[peer]", "[service]", "[listen]",
                              "[connect]", "[relay]", "[security]"}) {
    EXPECT_NE(out.find(std::string("\n") + section + "\n"), std::string::npos) << section;
  }
  EXPECT_NE(out.find("default: 100ms; range: 20ms to 10s; at most rto-initial"), std::string::npos);
}

TEST(Check, OneServiceDoesNotMindTheOthers) {
  config::ExampleDir dir;
  dir.Write("services.d/ldap.ini", "[service]\n");
  dir.Write("peers.d/other.ini", "[pear]\n");
  Options options = OptionsFor(dir);
  options.own["--service"] = "dns";
  Ran ran = RunIt(RunCheck, options);
  EXPECT_EQ(ran.status, kExitOk);
  EXPECT_EQ(ran.out, dir.path() + ": no mistakes in service dns\n");
  dir.Write("peers.d/hoster.ini", "[pear]\n");
  EXPECT_TRUE(Contains(RunIt(RunCheck, options).out, "hoster.ini:1: unknown section [pear]"));
}

TEST(Check, OneServiceMustBeThere) {
  config::ExampleDir dir;
  Options options = OptionsFor(dir);
  options.own["--service"] = "dsn";
  Ran ran = RunIt(RunCheck, options);
  EXPECT_EQ(ran.status, kExitFailed);
  EXPECT_EQ(ran.out,
            dir.Path("services.d/dsn.ini") + ": the file is missing: there is no such service\n");
}

TEST(Check, LooksBelowARoot) {
  config::ExampleDir dir;
  Options options = OptionsFor(dir);
  options.config_dir = "/etc/funnel";
  options.own["--root"] = dir.path() + "/";
  EXPECT_TRUE(Contains(RunIt(RunCheck, options).out,
                       dir.Path("etc/funnel/funnel.conf") + ": the file is missing"));
  std::filesystem::create_directories(dir.Path("etc"));
  std::filesystem::create_directory_symlink(dir.path(), dir.Path("etc/funnel"));
  EXPECT_EQ(RunIt(RunCheck, options).status, kExitOk);
}

}  // namespace
}  // namespace funnel::ctl
