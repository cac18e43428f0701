// funnelctl top in a terminal, with daemons that an attacker has taken over.
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "common/metrics/layout.h"
#include "funnelctl/command.h"
#include "tests/unit/config/example.h"
#include "tests/unit/funnelctl/fake_daemon.h"
#include "tests/unit/funnelctl/status/example_status.h"

namespace funnel::ctl {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMostOfAll = ~std::uint64_t{0};
constexpr auto kGiveUp = 20s;
// Orders to the terminal: its title; a line feed; what an 8-bit terminal takes for ESC [.
constexpr std::string_view kOrders =
    "\x1b]0;owned\a\nforged\x9b"
    "2J";
constexpr std::string_view kOrdersInJson = "\\u001b]0;owned\\u0007\\nforged\\u009b2J";

std::string Replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

class TopTerminal : public testing::Test {
 protected:
  ~TopTerminal() override {
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

  // The counter file of dns's edge, which has sent that many bytes.
  void WriteCounters(std::uint64_t sent) {
    metrics::Header header{};
    std::memcpy(header.magic, metrics::kMagic, sizeof header.magic);
    header.version = metrics::kVersion;
    header.entry_count = 2;
    header.pid = header.started = header.starts = header.beat = kMostOfAll;
    std::strcpy(header.daemon, "funnel-udpd@dns");  // the reader of the file refuses other names
    metrics::Entry entries[2]{};
    std::strcpy(entries[0].name, "payload_bytes_sent");
    std::strcpy(entries[1].name, "flows");
    entries[0].value = sent;
    entries[1].value = kMostOfAll;
    std::string file(reinterpret_cast<const char*>(&header), sizeof header);
    file.append(reinterpret_cast<const char*>(entries), sizeof entries);
    for (const std::string& name : {std::string("funnel-udpd@dns"), std::string(kOrders)})
      dir_.Write("counters/" + name, file);
  }

  void Start() {
    // Runs the program itself: a fork of this process would have its locks, and no threads.
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() /
                                "../../../funnelctl/funnelctl";
    ASSERT_EQ(access(program.c_str(), X_OK), 0) << program << " is to be built as well";
    winsize size{.ws_row = 40, .ws_col = 150, .ws_xpixel = 0, .ws_ypixel = 0};
    int terminal = -1;
    child_ = forkpty(&terminal, nullptr, nullptr, &size);
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      setenv("TERM", "xterm", 1);
      // It looks again when it gets the key for that.
      execl(program.c_str(), "funnelctl", "--config", dir_.path().c_str(), "--run",
            dir_.path().c_str(), "top", "--interval", "1h", nullptr);
      _exit(127);
    }
    terminal_.reset(terminal);
  }

  // Reads its output until TEXT appears.
  bool Shows(std::string_view text) {
    const TimePoint until = Now() + kGiveUp;
    while (shown_.find(text) == std::string::npos) {
      pollfd wait{terminal_.get(), POLLIN, 0};
      if (poll(&wait, 1, 100) < 0 || Now() > until) return false;
      char buffer[4096];
      const ssize_t got = wait.revents != 0 ? read(terminal_.get(), buffer, sizeof buffer) : 0;
      if (got < 0) return false;
      shown_.append(buffer, static_cast<std::size_t>(got));
    }
    return true;
  }
  void Press(char key) {
    shown_.clear();
    ASSERT_EQ(write(terminal_.get(), &key, 1), 1);
  }
  // Everything in its output must be something that top, or curses, prints by itself.
  void RequireHarmless() {
    EXPECT_EQ(shown_.find("\x1b]"), std::string::npos) << shown_;
    for (const char c : shown_)
      EXPECT_TRUE(c == '\x1b' || c == '\r' || c == '\n' || c == '\b' || c == '\x0e' ||
                  c == '\x0f' || (c >= ' ' && c <= '~'))
          << static_cast<int>(c);
  }

  config::ExampleDir dir_;
  std::string shown_;
  UniqueFd terminal_;
  pid_t child_ = -1;
};

TEST_F(TopTerminal, NeitherNamesNorFiguresReachItAsTheyCome) {
  std::string sctpd = kSctpdJson;
  for (const char* text : {"\"up\"", "\"waiting\"", "\"no answer\"", "\"192.0.2.1:9899\"",
                           "\"refused\"", "\"branch1.example.net\""})
    sctpd = Replaced(sctpd, text, "\"" + std::string(kOrdersInJson) + "\"");
  // The greatest numbers that exist, twice for one service.
  for (const char* figure : {"\"queued_bytes\": 0", "\"channels\": 2"})
    sctpd = Replaced(sctpd, figure, Replaced(figure, ": ", ": 922337203685477580"));
  sctpd = Replaced(sctpd, "{\"service\": \"ldap\", \"peer\": \"hoster\", \"stream\"",
                   "{\"service\": \"dns\", \"queued_bytes\": 9223372036854775807, \"stream\"");
  sctpd = Replaced(sctpd, "\"srtt_ms\": 12.5", "\"srtt_ms\": 1e300");
  FakeDaemon first(dir_.Path("sctpd.sock"),
                   [&](int fd) { Reply(fd, sctpd, ipc::ReplyKind::kLast); });
  FakeDaemon second(dir_.Path("authd.sock"), [](int fd) {
    Reply(fd, "says " + std::string(kOrders), ipc::ReplyKind::kFailed);
  });
  std::filesystem::create_directory(dir_.Path("counters"));
  WriteCounters(0);

  Start();
  ASSERT_TRUE(Shows("says \\x1b]0;owned\\x07\\x0aforged\\x9b2J")) << shown_;
  ASSERT_TRUE(Shows("is not connected (\\x1b]0;owned")) << shown_;
  ASSERT_TRUE(Shows("TiB")) << shown_;
  RequireHarmless();
  WriteCounters(kMostOfAll);
  const std::pair<char, std::string_view> presses[] = {
      {' ', "TiB"}, {'s', "traffic"}, {'s', "sessions"}, {'s', "dropped"}};
  for (const auto& [key, expected] : presses) {
    Press(key);
    ASSERT_TRUE(Shows(expected)) << key << ": " << shown_;
    RequireHarmless();
  }

  Press('q');
  int status = -1;
  while (Shows("nothing of that kind")) continue;
  ASSERT_EQ(waitpid(child_, &status, 0), child_);
  child_ = -1;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == kExitOk) << status;
}

}  // namespace
}  // namespace funnel::ctl
