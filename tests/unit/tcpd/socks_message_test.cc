#include "funnel-tcpd/socks/socks_message.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace funnel::tcpd {
namespace {

using namespace std::string_view_literals;

Bytes Raw(std::string_view bytes) {
  const ByteView view = AsBytes(bytes);
  return {view.begin(), view.end()};
}

// A request with the given command and address, to port 443.
Bytes Request(std::uint8_t type, std::string_view address, std::uint8_t command = 1,
              std::string_view port = std::string_view("\x01\xbb", 2)) {
  Bytes out{5, command, 0, type};
  for (const std::string_view part : {address, port})
    for (const char byte : part) out.push_back(static_cast<std::uint8_t>(byte));
  return out;
}
Bytes NameRequest(const std::string& name) {
  return Request(3, static_cast<char>(name.size()) + name);
}

// "host:port", or the reply as a number.
std::string Read(ByteView bytes) {
  const auto request = ReadSocksRequest(bytes);
  if (!request) return request.error().message;
  if (request->more > 0) return "more " + std::to_string(request->more);
  if (request->reply != SocksReply::kSucceeded)
    return "reply " + std::to_string(static_cast<int>(request->reply));
  return request->target.text();
}

TEST(SocksMessage, TheGreetingOffersMethods) {
  const auto fits = [](std::string_view bytes) { return ReadSocksGreeting(Raw(bytes))->fits; };
  EXPECT_TRUE(fits(std::string_view("\5\1\0", 3)));
  EXPECT_TRUE(fits(std::string_view("\5\3\2\1\0", 5)));
  EXPECT_FALSE(fits("\5\1\2"));
  EXPECT_FALSE(fits(std::string_view("\5\0", 2)));
  EXPECT_EQ(SocksMethod({.fits = true}), (Bytes{5, 0}));
  EXPECT_EQ(SocksMethod({.fits = false}), (Bytes{5, 0xff}));
}

TEST(SocksMessage, AGreetingIsReadPieceByPieceAndNoFurther) {
  EXPECT_EQ(ReadSocksGreeting({})->more, 2u);
  EXPECT_EQ(ReadSocksGreeting(Raw("\5"))->more, 1u);
  EXPECT_EQ(ReadSocksGreeting(Raw("\5\2"))->more, 2u);
  EXPECT_EQ(ReadSocksGreeting(Raw("\5\2\2"))->more, 1u);
}

TEST(SocksMessage, WhatIsNotVersion5IsAnError) {
  EXPECT_EQ(ReadSocksGreeting(Raw("\4\1\1")).error().message, "it is of version 4 of SOCKS, not 5");
  EXPECT_EQ(ReadSocksGreeting(Raw("GET / HTTP/1.1")).error().message, "it is not SOCKS");
  EXPECT_FALSE(ReadSocksRequest(Raw("\4\1")));
}

TEST(SocksMessage, ATargetIsAnAddressOrAName) {
  EXPECT_EQ(Read(Request(1, "\xc0\0\2\1"sv)), "192.0.2.1:443");
  EXPECT_EQ(Read(Request(4, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"sv)), "[2001:db8::1]:443");
  EXPECT_EQ(Read(NameRequest("www.example.org")), "www.example.org:443");
  EXPECT_EQ(Read(NameRequest("192.0.2.1")), "192.0.2.1:443");
  EXPECT_EQ(Read(NameRequest("2001:db8::1")), "[2001:db8::1]:443");
  EXPECT_EQ(Read(NameRequest(std::string(253, 'a'))), std::string(253, 'a') + ":443");
}

TEST(SocksMessage, ARequestIsReadPieceByPieceAndNoFurther) {
  for (const Bytes& whole : {Request(1, "\xc0\0\2\1"sv), NameRequest("www.example.org"),
                             Request(4, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"sv)}) {
    std::size_t taken = 0;
    for (auto request = ReadSocksRequest({}); request->more > 0;) {
      taken += request->more;
      ASSERT_LE(taken, whole.size());
      request = ReadSocksRequest(ByteView(whole).first(taken));
      ASSERT_TRUE(request);
    }
    EXPECT_EQ(taken, whole.size());
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_EQ(Read(ByteView(whole).first(size)).substr(0, 5), "more ") << size;
  }
}

TEST(SocksMessage, WhatCannotBeMetIsRefusedWithItsReply) {
  EXPECT_EQ(Read(Request(1, "\xc0\0\2\1"sv, 2)), "reply 7");  // BIND
  EXPECT_EQ(Read(Request(1, "\xc0\0\2\1"sv, 3)), "reply 7");  // UDP ASSOCIATE
  EXPECT_EQ(Read(Request(1, "\xc0\0\2\1"sv, 0)), "reply 7");
  EXPECT_EQ(Read(Request(2, "\xc0\0\2\1"sv)), "reply 8");
  EXPECT_EQ(Read(Request(1, "\xc0\0\2\1"sv, 1, "\0\0"sv)), "reply 1");
  for (const std::string name : {"", "a b", "-x.example", "a..b", "fe80::1%eth0", "a\nb"})
    EXPECT_EQ(Read(NameRequest(name)), "reply 4") << EscapeForLog(name);
  EXPECT_EQ(Read(NameRequest(std::string(254, 'a'))), "reply 4");
  Bytes reserved = Request(1, "\xc0\0\2\1"sv);
  reserved[2] = 1;
  EXPECT_EQ(Read(reserved), "reply 1");
}

TEST(SocksMessage, TheReplyHasTheBoundAddress) {
  EXPECT_EQ(SocksReplyMessage(SocksReply::kRefused), (Bytes{5, 5, 0, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(SocksReplyMessage(SocksReply::kSucceeded, *SocketAddress::FromLiteral("10.0.0.5", 258)),
            (Bytes{5, 0, 0, 1, 10, 0, 0, 5, 1, 2}));
  EXPECT_EQ(SocksReplyMessage(SocksReply::kSucceeded, *SocketAddress::FromLiteral("::1", 258)),
            (Bytes{5, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2}));
}

TEST(SocksMessage, EachEndHasItsReply) {
  EXPECT_EQ(SocksReplyFor(wire::EndCode::kNotAllowed), SocksReply::kNotAllowed);
  EXPECT_EQ(SocksReplyFor(wire::EndCode::kNetworkUnreachable), SocksReply::kNetworkUnreachable);
  EXPECT_EQ(SocksReplyFor(wire::EndCode::kHostUnreachable), SocksReply::kHostUnreachable);
  EXPECT_EQ(SocksReplyFor(wire::EndCode::kRefused), SocksReply::kRefused);
  EXPECT_EQ(SocksReplyFor(wire::EndCode::kTruncated), SocksReply::kFailure);
}

}  // namespace
}  // namespace funnel::tcpd
