#include "common/command/control_message.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "common/command/control_reader.h"

namespace funnel::command {
namespace {

// Each message once, as it goes over the wire.
std::vector<std::pair<ControlMessage, Bytes>> Samples() {
  const Start start{{"--server", "", "a b"}};
  const InputEnd end{0x0102030405060708};
  const Signal signal{SIGINT};
  const Refused refused{"no arguments"};
  const Status status{Status::How::kSignalled, 15, 1 << 20, 7};
  const Terminal terminal{{50, 132}, "xterm-256color"};
  const Resize resize{{24, 80}};
  return {{start, *SerializeStart(start)}, {end, Serialize(end)},
          {signal, Serialize(signal)},     {refused, Serialize(refused)},
          {status, Serialize(status)},     {terminal, Serialize(terminal)},
          {resize, Serialize(resize)},     {HasTerminal{}, Serialize(HasTerminal{})}};
}

TEST(ControlMessage, RoundTrips) {
  ControlReader reader;
  for (const auto& [message, bytes] : Samples()) {
    reader.Add(bytes);
    ControlMessage got;
    const auto whole = reader.Next(got);
    ASSERT_TRUE(whole && *whole);
    EXPECT_TRUE(got == message);
    EXPECT_FALSE(*reader.Next(got));
  }
}

TEST(ControlMessage, WaitsForTheRestOfOne) {
  for (const auto& [message, bytes] : Samples()) {
    ControlReader reader;
    ControlMessage got;
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
      reader.Add(ByteView(bytes).subspan(i, 1));
      ASSERT_FALSE(*reader.Next(got));
    }
    reader.Add(ByteView(bytes).last(1));
    EXPECT_TRUE(*reader.Next(got));
    EXPECT_TRUE(got == message);
  }
}

TEST(ControlMessage, RejectsFieldsThatAreCutShortOrTooLong) {
  for (const auto& [message, bytes] : Samples()) {
    // Any text is a refusal.
    if (std::holds_alternative<Refused>(message)) continue;
    const ByteView fields = ByteView(bytes).subspan(kControlHeader);
    // What remains of a terminal's type is one, too.
    if (!fields.empty() && !std::holds_alternative<Terminal>(message)) {
      EXPECT_FALSE(ParseControl(bytes[0], fields.first(fields.size() - 1)));
    }
    Bytes longer(fields.begin(), fields.end());
    longer.push_back(0);
    EXPECT_FALSE(ParseControl(bytes[0], longer));
  }
}

TEST(ControlMessage, ATerminalsTypeIsAWord) {
  EXPECT_TRUE(IsTerminalType("screen.xterm-256color"));
  for (const std::string& type : {std::string(), std::string("a b"), std::string("../x"),
                                  std::string("x\n"), std::string(kMaxTerminalType + 1, 'x')})
    EXPECT_FALSE(IsTerminalType(type)) << type;
  const std::uint8_t kTerminalType = 6;
  EXPECT_FALSE(ParseControl(kTerminalType, Bytes{0, 24, 0}));
  EXPECT_FALSE(ParseControl(kTerminalType, Bytes{0, 24, 0, 80}));
  EXPECT_FALSE(ParseControl(kTerminalType, Bytes{0, 24, 0, 80, '/'}));
  EXPECT_TRUE(ParseControl(kTerminalType, Bytes{0, 24, 0, 80, 'x'}));
}

TEST(ControlMessage, SkipsOnlyWhatMayBeSkipped) {
  EXPECT_TRUE(std::holds_alternative<Skipped>(*ParseControl(kFirstSkippableType, {})));
  EXPECT_FALSE(ParseControl(kFirstSkippableType - 1, {}));
  EXPECT_FALSE(ParseControl(0, {}));
}

TEST(ControlMessage, PassesOnNoSignalThatWouldNotBeHeard) {
  const std::uint8_t kill[] = {SIGKILL}, stop[] = {SIGSTOP}, interrupt[] = {SIGINT};
  constexpr std::uint8_t kSignalType = 3;
  EXPECT_FALSE(ParseControl(kSignalType, kill));
  EXPECT_FALSE(ParseControl(kSignalType, stop));
  EXPECT_TRUE(ParseControl(kSignalType, interrupt));
}

TEST(ControlMessage, ArgumentsHaveNoZeroAndALimit) {
  EXPECT_FALSE(SerializeStart({{std::string(kMaxControlBody, 'x')}}));
  const Bytes zero = {0, 1, 0};
  EXPECT_FALSE(ParseControl(1, zero));
}

TEST(ControlMessage, CutsALongRefusal) {
  EXPECT_LT(Serialize(Refused{std::string(100000, 'x')}).size(), 2000u);
}

}  // namespace
}  // namespace funnel::command
