#include "funnel-tcpd/accept/proxy_reader.h"

#include <gtest/gtest.h>

#include "common/service/client/proxy_header.h"

namespace funnel::tcpd {
namespace {

SocketAddress Address(std::string_view host, std::uint16_t port) {
  return *SocketAddress::FromLiteral(host, port);
}

// Gives the reader what it asks for out of STREAM, as its owner does; TAKEN is how much that was.
Result<ProxyProgress> ReadFrom(std::string_view stream, std::size_t& taken) {
  taken = 0;
  for (;;) {
    const ProxyProgress progress = TRY(ReadProxyHeader(AsBytes(stream.substr(0, taken))));
    if (progress.more == 0) return progress;
    if (taken + progress.more > stream.size()) return Fail("cut off");
    taken += progress.more;
  }
}

// What is wrong with STREAM.
std::string FaultOf(std::string_view stream) {
  std::size_t taken = 0;
  const auto read = ReadFrom(stream, taken);
  return read ? "none" : read.error().message;
}

// A header of version 2: what is behind the signature.
std::string Binary(std::string_view rest) {
  return std::string("\r\n\r\n\0\r\nQUIT\n", 12).append(rest);
}

// Reads HEADER, which ends before REST, and takes nothing of that.
std::optional<ProxyAddresses> AddressesIn(std::string_view header, std::string_view rest) {
  std::size_t taken = 0;
  const auto read = ReadFrom(std::string(header).append(rest), taken);
  EXPECT_TRUE(read) << read.error().message;
  EXPECT_EQ(taken, header.size());
  return read ? read->addresses : std::nullopt;
}

class ProxyReaderTest : public testing::TestWithParam<std::string_view> {};

TEST_P(ProxyReaderTest, ReadsWhatTheWriterWritesAndNoByteMore) {
  const std::pair<SocketAddress, SocketAddress> pairs[] = {
      {Address("192.0.2.1", 4660), Address("198.51.100.7", 389)},
      {Address("2001:db8::1", 1), Address("2001:db8::2", 65535)},
      {Address("255.255.255.255", 65535), Address("0.0.0.0", 0)}};
  for (const auto& [client, local] : pairs) {
    const ProxyAddresses expected{client, local};
    EXPECT_EQ(AddressesIn(AsText(service::ProxyHeaderV1(client, local)), GetParam()), expected);
    const service::ProxyOrigin origin{.principal = "a/b@C", .node = "b", .service = "ldap"};
    EXPECT_EQ(AddressesIn(AsText(service::ProxyHeaderV2(client, local, nullptr)), GetParam()),
              expected);
    EXPECT_EQ(AddressesIn(AsText(service::ProxyHeaderV2(client, local, &origin)), GetParam()),
              expected);
  }
}

TEST_P(ProxyReaderTest, TheRealAddressesCountWhereNoneIsSaid) {
  for (const std::string& header :
       {std::string("PROXY UNKNOWN\r\n"), std::string("PROXY UNKNOWN ffff::1 x\r\n"),
        Binary({"\x20\x00\x00\x00", 4}), Binary({"\x20\x11\x00\x01!", 5}),
        Binary({"\x21\x00\x00\x03"
                "abc",
                7}),
        Binary({"\x21\x12\x00\x00", 4}), Binary({"\x21\x31\x00\x00", 4})})
    EXPECT_EQ(AddressesIn(header, GetParam()), std::nullopt) << header;
}

INSTANTIATE_TEST_SUITE_P(Before, ProxyReaderTest,
                         testing::Values("", "\n", "\r\n", "GET / HTTP/1.1\r\n", "PROXY "));

TEST(ProxyReaderFaultsTest, SaysWhyItIsNone) {
  EXPECT_EQ(FaultOf("GET / HTTP/1.1\r\n"), "it does not begin as one");
  EXPECT_EQ(FaultOf("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n   "), "its line does not end in CR LF");
  EXPECT_EQ(FaultOf("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\rx  "), "its line does not end in CR LF");
  EXPECT_EQ(FaultOf("PROXY \r.........."), "its line does not end in CR LF");
  EXPECT_EQ(FaultOf("PROXY UNKNOWN" + std::string(200, ' ')), "its line has no end");
  EXPECT_EQ(FaultOf("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n"), "its line has not all its words");
  EXPECT_EQ(FaultOf("PROXY TCP4  5.6.7.8 1 2 3\r\n"), "its line has not all its words");
  EXPECT_EQ(FaultOf("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n"),
            "its line has more words than it should");
  EXPECT_EQ(FaultOf("PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n"), "its line is neither for TCP4 nor TCP6");
  EXPECT_EQ(FaultOf("PROXY UNKNOWNS 1.2.3.4 5.6.7.8 1 2\r\n"),
            "its line is neither for TCP4 nor TCP6");
}

TEST(ProxyReaderFaultsTest, AddressesArePlain) {
  for (const std::string_view words :
       {"TCP4 1.2.3 5.6.7.8 1 2", "TCP4 ::1 5.6.7.8 1 2", "TCP6 1.2.3.4 ::1 1 2",
        "TCP6 fe80::1%lo ::1 1 2", "TCP4 1.2.3.4 5.6.7.8 65536 2", "TCP4 1.2.3.4 5.6.7.8 -1 2",
        "TCP4 1.2.3.4 5.6.7.8 01 2", "TCP4 1.2.3.4 5.6.7.8 1 2x", "TCP4 1.2.3.04 5.6.7.8 1 2",
        "TCP4 localhost 5.6.7.8 1 2"})
    EXPECT_EQ(FaultOf("PROXY " + std::string(words) + "\r\n"),
              "an address or a port of its line is none")
        << words;
  const std::string zero("PROXY TCP4 1.2.3.4\0x 5.6.7.8 1 2\r\n", 35);
  EXPECT_EQ(FaultOf(zero), "an address or a port of its line is none");
}

TEST(ProxyReaderFaultsTest, SaysWhatIsWrongWithABinaryOne) {
  EXPECT_EQ(FaultOf(Binary({"\x11\x11\x00\x00", 4})), "its version is not 2");
  EXPECT_EQ(FaultOf(Binary({"\x22\x11\x00\x00", 4})), "its command is unknown");
  EXPECT_EQ(FaultOf(Binary({"\x21\x11\xff\xff", 4})), "it is longer than any balancer writes");
  EXPECT_EQ(FaultOf(Binary({"\x21\x11\x00\x01!", 5})), "its addresses are cut off");
  EXPECT_EQ(FaultOf(Binary({"\x21\x41\x00\x00", 4})), "its address family is unknown");
  EXPECT_EQ(FaultOf(Binary({"\x21\x13\x00\x00", 4})), "its address family is unknown");
}

TEST(ProxyReaderFaultsTest, WantsAllOfIt) {
  const auto client = Address("2001:db8::1", 1), local = Address("2001:db8::2", 2);
  for (const Bytes& whole :
       {service::ProxyHeaderV1(client, local), service::ProxyHeaderV2(client, local, nullptr)}) {
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_EQ(FaultOf(AsText(ByteView(whole).first(size))), "cut off") << size;
  }
}

}  // namespace
}  // namespace funnel::tcpd
