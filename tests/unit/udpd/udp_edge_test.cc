#include "tests/unit/udpd/udp_edges.h"

namespace funnel::udpd {
namespace {

TEST_F(UdpEdgeTest, CarriesRequestAndAnswer) {
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("question"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].first, "question");
  EXPECT_EQ(client.answers[0].second, ports_[0]);
}

TEST_F(UdpEdgeTest, CarriesEverySize) {
  Start();
  Client client;
  int size = 4 << 20;
  setsockopt(client.fd.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  std::size_t count = 0;
  for (std::size_t bytes : {0, 1, 511, 1300, 1400, 1500, 9000, 16'384, 65'000, 65'507}) {
    std::string text(bytes, 'a');
    for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i % 23);
    SendTo(client.fd.get(), ports_[0], AsBytes(text));
    ASSERT_TRUE(UntilAnswered(client, ++count)) << bytes;
    EXPECT_EQ(client.answers.back().first, text);
  }
}

TEST_F(UdpEdgeTest, EachClientHasAStableSourcePortAtTheBackend) {
  Start();
  Client one, two;
  for (int i = 0; i < 3; ++i) {
    SendTo(one.fd.get(), ports_[0], AsBytes("one"));
    SendTo(two.fd.get(), ports_[0], AsBytes("two"));
  }
  ASSERT_TRUE(UntilAnswered(one, 3));
  ASSERT_TRUE(UntilAnswered(two, 3));
  std::map<std::string, std::set<std::string>> sources;
  for (auto& [text, from] : asked_) sources[text].insert(from.text());
  EXPECT_EQ(sources["one"].size(), 1u);
  EXPECT_EQ(sources["two"].size(), 1u);
  EXPECT_NE(*sources["one"].begin(), *sources["two"].begin());
  EXPECT_EQ(Near(kFlows), 2u);
  EXPECT_EQ(Far(kFlows), 2u);
}

TEST_F(UdpEdgeTest, AnswersLeaveFromTheAddressThatWasAsked) {
  Start({"0.0.0.0", "::1"});
  Client v4("0.0.0.0"), v6("::1");
  auto other = *SocketAddress::FromLiteral("127.0.0.7", ports_[0].port());
  SendTo(v4.fd.get(), other, AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(v4, 1));
  EXPECT_EQ(v4.answers[0].second.text(), other.text());
  SendTo(v6.fd.get(), ports_[1], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(v6, 1));
  EXPECT_EQ(v6.answers[0].second.text(), ports_[1].text());
}

TEST_F(UdpEdgeTest, WildcardSixAnswersFromTheAddressThatWasAsked) {
  Start({"::"});
  Client client("::1");
  auto asked = *SocketAddress::FromLiteral("::1", ports_[0].port());
  SendTo(client.fd.get(), asked, AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].second.text(), asked.text());
}

TEST_F(UdpEdgeTest, WhatWaitsForTheChannelIsBoundedInBytesToo) {
  near_service_.queue_size_bytes = 100'000;
  StartFar();
  sctpd_->link_up = false;
  StartNear({"127.0.0.1"});
  Settle();
  Client client;
  const Bytes large(30'000);
  for (int i = 0; i < 5; ++i) SendTo(client.fd.get(), ports_[0], large);
  ASSERT_TRUE(Until([&] { return Near(kDatagramsIn) == 5; }));
  EXPECT_EQ(Near(kWaitingDropped), 2u);
}

TEST_F(UdpEdgeTest, KeepsTheNewestDatagramsUntilTheChannelIsUp) {
  near_service_.queue_datagrams = 3;
  StartFar();
  sctpd_->link_up = false;
  StartNear({"127.0.0.1"});
  Settle();
  Client client;
  for (char name : {'1', '2', '3', '4', '5'})
    SendTo(client.fd.get(), ports_[0], AsBytes(std::string(1, name)));
  ASSERT_TRUE(Until([&] { return Near(kDatagramsIn) == 5; }));
  EXPECT_EQ(Near(kWaitingDropped), 2u);
  // The association comes.
  sctpd_->link_up = true;
  sctpd_->Stop();
  sctpd_->Start();
  ASSERT_TRUE(UntilAnswered(client, 3));
  std::set<std::string> texts;
  for (auto& answer : client.answers) texts.insert(answer.first);
  EXPECT_EQ(texts, (std::set<std::string>{"3", "4", "5"}));
}

}  // namespace
}  // namespace funnel::udpd
