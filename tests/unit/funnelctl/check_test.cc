#include <gtest/gtest.h>

#include "funnelctl/command.h"
#include "tests/unit/config/example.h"

namespace funnel::ctl {
namespace {

struct Ran {
  int status;
  std::string out;
};

Ran Capture(int (*command)(const config::Options&), const config::Options& options) {
  testing::internal::CaptureStdout();
  int status = command(options);
  return {status, testing::internal::GetCapturedStdout()};
}

config::Options At(const config::ExampleDir& dir) {
  config::Options options;
  options.config_dir = dir.path();
  options.defaults_dir = "";
  options.run_dir = dir.path();
  return options;
}

TEST(Check, SaysThatAllIsRight) {
  config::ExampleDir dir;
  Ran ran = Capture(RunCheck, At(dir));
  EXPECT_EQ(ran.status, kExitOk);
  EXPECT_EQ(ran.out, dir.path() + ": no mistakes (node branch1.example.net, 1 peer, 2 services)\n");
}

TEST(Check, TellsFileAndLineAndFails) {
  config::ExampleDir dir;
  dir.Write("services.d/dns.ini", config::Replace(config::kListenText, "127.0.0.1:53", "nowhere"));
  dir.Write("funnel.conf", "[node]\nname = x\nnaem = y\n");
  Ran ran = Capture(RunCheck, At(dir));
  EXPECT_EQ(ran.status, kExitFailed);
  EXPECT_EQ(ran.out,
            dir.Path("funnel.conf") + ":3: unknown key naem in [node] (did you mean name?)\n" +
                dir.Path("services.d/dns.ini") +
                ":5: address: bad address nowhere: the port is missing (host:port, [v6]:port)\n");
}

TEST(Check, GivesJson) {
  config::ExampleDir dir;
  config::Options options = At(dir);
  options.json = true;
  EXPECT_EQ(Capture(RunCheck, options).out, "[]\n");
  dir.Write("funnel.conf", "[node]\nname = \"x\"\n");
  EXPECT_EQ(Capture(RunCheck, options).out, "[{\"file\": \"" + dir.Path("funnel.conf") +
                                                "\", \"line\": 2, \"text\": \"name: a node's name, "
                                                "written as a host name is expected, not "
                                                "\\u0022x\\u0022\"}]\n");
}

TEST(Status, FailsWhereNobodyAnswers) {
  config::ExampleDir dir;
  Ran ran = Capture(RunStatus, At(dir));
  EXPECT_EQ(ran.status, kExitFailed);
  EXPECT_NE(ran.out.find("funnel-sctpd does not answer: there is no control socket"),
            std::string::npos);
}

TEST(HelpConfig, NamesEverySection) {
  std::string out = Capture(RunHelpConfig, {}).out;
  for (const char* section : {"[node]", "[kerberos]", "[sctp]", "[peer]", "[service]", "[listen]",
                              "[connect]", "[relay]", "[security]"}) {
    EXPECT_NE(out.find(std::string("\n") + section + "\n"), std::string::npos) << section;
  }
  EXPECT_NE(out.find("default: 100ms; range: 10ms to 10s"), std::string::npos);
}

}  // namespace
}  // namespace funnel::ctl
