// A daemon that was taken over answers funnelctl, which root runs.
#include <filesystem>

#include "funnelctl/daemons.h"
#include "funnelctl/json.h"
#include "funnelctl/status/status_model.h"
#include "tests/unit/funnelctl/fake_daemon.h"
#include "tests/unit/funnelctl/run_command.h"

namespace funnel::ctl {
namespace {

constexpr char kEscape[] = "\\u001b[2J\\u009b31m\\nforged: line\\u0007";

class HostileAnswersTest : public testing::Test {
 protected:
  HostileAnswersTest() { std::filesystem::create_directories(dir_.Path("edge/dns")); }

  // Runs COMMAND while the edge of dns answers with JSON, in pieces; the output must be safe for a
  // terminal.
  Ran Answered(int (*command)(const Options&), const std::string& json,
               std::vector<std::string> arguments = {"dns"}, const std::string& option = {}) {
    const std::string path = dir_.Path("edge/dns/control.sock");
    std::filesystem::remove(path);
    FakeDaemon edge(path, [json](int fd) {
      for (std::size_t at = 0; at < json.size(); at += ipc::CommandReply::kPieceSize)
        Reply(fd, std::string_view(json).substr(at, ipc::CommandReply::kPieceSize),
              ipc::ReplyKind::kMore);
      Reply(fd, "", ipc::ReplyKind::kLast);
    });
    Options options = OptionsFor(dir_, std::move(arguments));
    if (option == "--json") options.json = true;
    if (option == "--wait") options.own["--wait"] = "";
    if (option == "--count") options.own["--count"] = "1";
    Ran ran = RunIt(command, options);
    for (const char c : ran.out + ran.err)
      EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << static_cast<int>(c) << " in " << ran.out;
    return ran;
  }

  TempDir dir_;
};

TEST_F(HostileAnswersTest, DeepAnswersAreRefused) {
  const std::string deep(2'000'000, '[');
  for (auto* command : {RunChannels, RunSessions}) {
    const Ran ran = Answered(command, deep, {});
    EXPECT_EQ(ran.status, kExitFailed);
    EXPECT_TRUE(Contains(ran.err, "too deep")) << ran.err;
  }
  EXPECT_TRUE(Contains(Answered(RunPing, deep, {"dns"}, "--count").out, "too deep"));
  EXPECT_TRUE(Contains(Answered(RunReload, deep, {"dns"}, "--wait").err, "too deep"));
  EXPECT_FALSE(ParseAnswer("{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}"));
  EXPECT_FALSE(ParseSctpdStatus("{\"a\":" + deep));
  EXPECT_FALSE(RequireBoundedJson("[" + std::string(kMaxJsonValues, ',') + "]"));
  EXPECT_TRUE(RequireBoundedJson("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[\"}"));
}

TEST_F(HostileAnswersTest, ValuesOfAnyOtherTypeAreNoReasonToEnd) {
  const char* const values[] = {
      "null", "true", "-1", "1e300", "\"x\"", "[]", "{}", "[[1],null]", "18446744073709551615"};
  const char* const keys[] = {"draining",       "ok",      "sessions",      "channels",
                              "sessions_total", "closed",  "rtt_ms",        "peer",
                              "mistakes",       "changed", "needs_restart", "service"};

  for (const std::string value : values) {
    std::string object = "{";
    for (const std::string key : keys)
      object += (object.size() > 1 ? ",\"" : "\"") + key + "\":" + value;
    object += "}";

    for (const std::string& answer :
         {value, object, "{\"sessions\":[" + object + "," + value + "]}",
          "{\"channels\":[" + value + "," + object + "]}", "{\"mistakes\":[" + value + "]}",
          "{\"ok\":1,\"changed\":[" + value + "," + object + "]}"}) {
      for (auto* command : {RunChannels, RunSessions}) {
        (void)Answered(command, answer, {});
        (void)Answered(command, answer, {}, "--json");
      }
      (void)Answered(RunPing, answer, {"dns"}, "--count");
      (void)Answered(RunReload, answer, {"dns"}, "--wait");
      (void)Answered(RunClose, answer);
      (void)Answered(RunDrain, answer);
    }
  }
}

TEST_F(HostileAnswersTest, NoTerminalTakesOrdersFromThem) {
  const std::string text = std::string("\"") + kEscape + "\"";
  const std::string session =
      "{\"id\":" + text + ",\"client\":" + text + ",\"state\":" + text + "}";
  (void)Answered(RunSessions, "{\"service\":" + text + ",\"sessions\":[" + session + "]}", {});
  (void)Answered(RunBackends,
                 "{\"service\":" + text + ",\"backends\":[{\"address\":" + text +
                     ",\"state\":" + text + ",\"error\":" + text + "}]}",
                 {});
  (void)Answered(RunChannels,
                 "{\"service\":" + text + ",\"channels\":[{\"peer\":" + text +
                     ",\"local_principal\":" + text + ",\"enctype\":" + text + "}]}",
                 {});
  (void)Answered(RunPing, "{\"rtt_ms\":1,\"peer\":" + text + "}", {"dns"}, "--count");
  (void)Answered(RunReload,
                 "{\"ok\":true,\"changed\":[{\"file\":" + text + ",\"section\":" + text +
                     ",\"key\":" + text + ",\"after\":" + text +
                     "}],\"needs_restart\":[{\"key\":" + text + ",\"command\":" + text + "}]}",
                 {"dns"}, "--wait");
  // A trace is lines of text, printed as they come.
  const Ran traced = Answered(RunTrace, "one\x1b[2J\x9b\ntwo\a\n");
  EXPECT_EQ(traced.out, "one\\x1b[2J\\x9b\ntwo\\x07\n");
}

}  // namespace
}  // namespace funnel::ctl
