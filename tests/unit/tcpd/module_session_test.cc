// Sessions of a service with a module.
#include "tests/unit/module/toy_module.h"
#include "tests/unit/tcpd/tunnel_fixture.h"

namespace funnel::tcpd {
namespace {

using module::Toy;

constexpr SessionId kFirst{0};

std::string Text(const Bytes& bytes) { return std::string(AsText(bytes)); }

class ModuleSessionTest : public TunnelTest {
 protected:
  ModuleSessionTest() {
    module_ = &module::kToyModule;
    // Practically for ever, in tests that do not wait for it.
    service_.module_hold = std::chrono::hours(1);
  }
  [[nodiscard]] bool ReachesBackend(const std::string& text) {
    return ReadsText(backend_end_, at_backend_, text);
  }
};

TEST_F(ModuleSessionTest, SendsMessagesByTheirOrderBothWays) {
  Start();
  ConnectBoth();
  const std::string asked = Text(Toy('k', 'a')) + Text(Toy('k', 'b')) + Text(Toy('k', 'a'));
  SendText(client_, asked);
  EXPECT_TRUE(ReachesBackend(asked));
  EXPECT_EQ(client_channel_.Sent(kFirst), "free(21) ");
  const std::string answer = Text(Toy('b', 'x')) + Text(Toy('f', 'y'));
  SendText(backend_end_, answer);
  EXPECT_TRUE(ReadsText(client_, at_client_, answer));
  EXPECT_EQ(server_channel_.Sent(kFirst), "after-all(7) follows0(7) ");
  EXPECT_EQ(AtClient(kBytesToChannel), asked.size());
  EXPECT_EQ(AtClient(kModuleFallbacks), 0u);
}

TEST_F(ModuleSessionTest, SaysWhatEachMessageIs) {
  Start();
  ConnectBoth();
  const std::string asked = Text(Toy('k', 'a')) + Text(Toy('b', 'b'));
  SendText(client_, asked);
  EXPECT_TRUE(ReachesBackend(asked));
  EXPECT_EQ(client_channel_.Labels(kFirst), "0: toy 97\n1: toy 98\n");
}

TEST_F(ModuleSessionTest, WaitsForTheRestOfAMessage) {
  Start();
  ConnectBoth();
  const std::string message = Text(Toy('k', 'a', 10));
  SendText(client_, message.substr(0, 9));
  EXPECT_TRUE(Until([&] { return AtClient(kBytesToChannel) == 9; }));
  EXPECT_EQ(client_channel_.Sent(kFirst), "");
  SendText(client_, message.substr(9));
  EXPECT_TRUE(ReachesBackend(message));
  EXPECT_EQ(client_channel_.Sent(kFirst), "free(14) ");
}

TEST_F(ModuleSessionTest, HoldsAnUnfinishedMessageForALimitedTime) {
  service_.module_hold = std::chrono::milliseconds(20);
  Start();
  ConnectBoth();
  const std::string message = Text(Toy('k', 'a', 10));
  SendText(client_, message.substr(0, 9));
  EXPECT_TRUE(ReachesBackend(message.substr(0, 9)));
  EXPECT_EQ(client_channel_.Sent(kFirst), "free(9)+ ");
  SendText(client_, message.substr(9) + Text(Toy('k', 'a')));
  EXPECT_TRUE(ReachesBackend(message + Text(Toy('k', 'a'))));
  EXPECT_EQ(client_channel_.Sent(kFirst), "free(9)+ ordered(5) follows1(7) ");
}

TEST_F(ModuleSessionTest, HoldsNothingWithoutTimeForIt) {
  service_.module_hold = std::chrono::milliseconds(0);
  Start();
  ConnectBoth();
  SendText(client_, Text(Toy('k', 'a')).substr(0, 2));
  EXPECT_TRUE(ReachesBackend(Text(Toy('k', 'a')).substr(0, 2)));
  EXPECT_EQ(client_channel_.Sent(kFirst), "after-all(2)+ ");
}

TEST_F(ModuleSessionTest, GoesOnAsBytesWhenItIsNotTheProtocol) {
  Start();
  ConnectBoth();
  SendText(client_, Text(Toy('k', 'a')) + "GET / HTTP/1.1");
  EXPECT_TRUE(ReachesBackend(Text(Toy('k', 'a')) + "GET / HTTP/1.1"));
  EXPECT_EQ(client_channel_.Sent(kFirst), "free(7) bytes(14) ");
  EXPECT_EQ(AtClient(kModuleFallbacks), 1u);
  // The far edge was shown the same, and answers in order.
  EXPECT_EQ(AtServer(kModuleFallbacks), 1u);
  SendText(backend_end_, Text(Toy('k', 'a')));
  EXPECT_TRUE(ReadsText(client_, at_client_, Text(Toy('k', 'a'))));
  EXPECT_EQ(server_channel_.Sent(kFirst), "");
  EXPECT_EQ(AtClient(kModuleFallbacks) + AtServer(kModuleFallbacks), 2u);
  EXPECT_EQ(AtClient(kModuleResets), 0u);
}

TEST_F(ModuleSessionTest, SendsWhatItHeldWhenAnAnswerIsNotTheProtocol) {
  Start();
  ConnectBoth();
  const std::string half = Text(Toy('k', 'a', 10)).substr(0, 9);
  SendText(client_, half);
  EXPECT_TRUE(Until([&] { return AtClient(kBytesToChannel) == half.size(); }));
  SendText(backend_end_, "HTTP/1.1 400 what");
  EXPECT_TRUE(ReadsText(client_, at_client_, "HTTP/1.1 400 what"));
  EXPECT_TRUE(ReachesBackend(half));
  EXPECT_EQ(client_channel_.Sent(kFirst), "bytes(9) ");
}

TEST_F(ModuleSessionTest, ResetsWhatIsNotTheProtocolIfItIsStrict) {
  service_.module_strict = true;
  Start();
  ConnectBoth();
  SendText(client_, "GET / HTTP/1.1");
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kReset));
  EXPECT_EQ(at_backend_.text, "");
  EXPECT_EQ(AtClient(kModuleResets), 1u);
  EXPECT_EQ(AtClient(kModuleFallbacks), 0u);
  EXPECT_EQ(client_pump_->size(), 0u);
}

TEST_F(ModuleSessionTest, ResetsAnAnswerThatIsNotTheProtocolIfItIsStrict) {
  service_.module_strict = true;
  Start();
  ConnectBoth();
  SendText(client_, Text(Toy('k', 'a')));
  EXPECT_TRUE(ReachesBackend(Text(Toy('k', 'a'))));
  SendText(backend_end_, "HTTP/1.1 400 what");
  EXPECT_TRUE(ReadsUntil(client_, at_client_, ReadState::kReset));
  EXPECT_EQ(AtServer(kModuleResets), 1u);
}

TEST_F(ModuleSessionTest, EndsInOrderInTheMiddleOfAMessage) {
  Start();
  ConnectBoth();
  const std::string text = Text(Toy('k', 'a')) + Text(Toy('k', 'b', 10)).substr(0, 9);
  SendText(client_, text);
  shutdown(client_.get(), SHUT_WR);
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kEnd));
  EXPECT_EQ(at_backend_.text, text);
  EXPECT_EQ(client_channel_.Sent(kFirst), "free(7) after-all(9) ");
  EXPECT_EQ(AtClient(kModuleFallbacks), 0u);
  SendText(backend_end_, Text(Toy('k', 'c')));
  EXPECT_TRUE(ReadsText(client_, at_client_, Text(Toy('k', 'c'))));
}

TEST_F(ModuleSessionTest, EndsInOrderBehindAPieceThatWasReleased) {
  service_.module_hold = std::chrono::milliseconds(1);
  Start();
  ConnectBoth();
  const std::string half = Text(Toy('k', 'a', 10)).substr(0, 9);
  SendText(client_, half);
  EXPECT_TRUE(ReachesBackend(half));
  shutdown(client_.get(), SHUT_WR);
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kEnd));
  EXPECT_EQ(client_channel_.Sent(kFirst), "free(9)+ ordered(0) ");
}

TEST_F(ModuleSessionTest, DeliversWhatWasSentBeforeAReset) {
  Start();
  ConnectBoth();
  const std::string text = Text(Toy('k', 'a')) + Text(Toy('k', 'b', 10)).substr(0, 9);
  SendText(client_, text);
  const linger reset{1, 0};
  setsockopt(client_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  client_.reset();
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kReset));
  EXPECT_EQ(at_backend_.text, text);
}

TEST_F(ModuleSessionTest, BecomesAStreamWhenTheModuleSaysSo) {
  Start();
  ConnectBoth();
  const std::string begin = Text(Toy('k', 'a')) + Text(Toy('s', 0, 0));
  SendText(client_, begin);
  EXPECT_TRUE(ReachesBackend(begin));
  SendText(client_, "anything at all");
  EXPECT_TRUE(ReachesBackend(begin + "anything at all"));
  // From there on it goes directly into the channel.
  EXPECT_EQ(client_channel_.Sent(kFirst), "free(7) bytes(4) ");
  std::string module;
  client_pump_->Visit([&](SessionPump::View&& view) { module = view.module; });
  EXPECT_EQ(module, "toy: bytes");
  server_pump_->Visit([&](SessionPump::View&& view) { module = view.module; });
  EXPECT_EQ(module, "toy");
  EXPECT_EQ(AtClient(kModuleFallbacks), 0u);
}

// More than channel and sockets can hold: the sender waits for the reader, and nothing is lost.
TEST_F(ModuleSessionTest, WaitsForASlowReader) {
  Start();
  ConnectBoth();
  std::string text;
  for (int i = 0; text.size() < 6'000'000; ++i)
    text += Text(Toy(i % 7 == 0 ? 'b' : 'k', static_cast<char>('a' + i % 20), 20'000));
  std::size_t sent = 0;
  ASSERT_TRUE(Until([&] {
    const ssize_t count =
        send(client_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) sent += static_cast<std::size_t>(count);
    if (sent > 1'000'000) at_backend_.Poll(backend_end_.get());
    return sent == text.size();
  }));
  shutdown(client_.get(), SHUT_WR);
  EXPECT_TRUE(ReadsUntil(backend_end_, at_backend_, ReadState::kEnd));
  EXPECT_TRUE(at_backend_.text == text) << at_backend_.text.size();
}

TEST_F(ModuleSessionTest, KeepsSessionsApart) {
  Start();
  UniqueFd first = ConnectTo(client_address_), second = ConnectTo(client_address_);
  SendText(first, "no toy at all");
  SendText(second, Text(Toy('k', 'a')));
  EXPECT_TRUE(Until([&] {
    return client_channel_.Sent(SessionId{0}) + client_channel_.Sent(SessionId{1}) ==
           "bytes(13) free(7) ";
  }));
  EXPECT_EQ(AtClient(kModuleFallbacks), 1u);
}

}  // namespace
}  // namespace funnel::tcpd
