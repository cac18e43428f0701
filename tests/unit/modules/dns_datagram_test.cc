// What the dns module says about messages over UDP.
#include <gtest/gtest.h>

#include "tests/unit/modules/datagram_under_test.h"

namespace funnel::module {
namespace {

struct Query {
  std::uint16_t id = 17;
  std::uint16_t flags = 0x0100;
  std::string name = std::string(
      "\x07"
      "example"
      "\x04"
      "test"
      "\0",
      14);
  std::uint16_t type = 1;
  bool edns = true;
  std::uint16_t size = 1232;
  std::string options = "";
};

Bytes MakeQuery(const Query& query) {
  ByteWriter out;
  out.U16(query.id).U16(query.flags).U16(1).U16(0).U16(0).U16(query.edns ? 1 : 0);
  out.Append(query.name).U16(query.type).U16(1);
  if (!query.edns) return out.Release();
  out.U8(0)
      .U16(41)
      .U16(query.size)
      .U32(0x8000)
      .U16(static_cast<std::uint16_t>(query.options.size()));
  return out.Append(query.options).Release();
}
std::string Key(const Query& query) { return KeyOf(FUNNEL_CLIENT, MakeQuery(query)); }
std::string Option(std::uint8_t code, const std::string& value) {
  return std::string{'\0', static_cast<char>(code), '\0', static_cast<char>(value.size())} + value;
}

TEST(DnsDatagram, OnlyPaddingMayDiffer) {
  const std::string padded = Option(12, "0000");
  EXPECT_FALSE(Key({}).empty());
  EXPECT_EQ(Key({.options = padded}), Key({}));
  EXPECT_EQ(Key({.options = Option(10, "cookie12") + padded}),
            Key({.options = padded + Option(10, "cookie12")}));
  EXPECT_NE(Key({.options = Option(10, "cookie12")}), Key({}));
  EXPECT_NE(Key({.options = Option(10, "cookie12")}), Key({.options = Option(10, "cookie34")}));
}

TEST(DnsDatagram, ARetryThatAsksOtherwiseIsAnotherQuestion) {
  const std::string key = Key({});
  EXPECT_NE(Key({.edns = false}), key);
  EXPECT_NE(Key({.size = 512}), key);
  EXPECT_NE(Key({.id = 18}), key);
  EXPECT_NE(Key({.flags = 0x0110}), key);
  EXPECT_NE(Key({.type = 28}), key);
  EXPECT_NE(Key({.name = std::string("\x07"
                                     "eXample"
                                     "\x04"
                                     "test"
                                     "\0",
                                     14)}),
            key);
  EXPECT_FALSE(Key({.edns = false}).empty());
}

TEST(DnsDatagram, WhatItCannotTakeApartHasNoKey) {
  EXPECT_EQ(Key({.options = std::string("\0\x0a\0", 3)}), "");
  EXPECT_EQ(Key({.name = std::string("\xc0\x0c", 2)}), "");
  EXPECT_EQ(Key({.flags = 0x2800}), "");  // an update
  Bytes longer = MakeQuery({});
  longer.push_back(0);
  EXPECT_EQ(KeyOf(FUNNEL_CLIENT, longer), "");
}

TEST(DnsDatagram, RecognisesMessages) {
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, MakeQuery({})), "query");
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, MakeQuery({.flags = 0x8180})), "answer");
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, MakeQuery({})), "");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, MakeQuery({.flags = 0x8180})), "");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, AsBytes("\x16\x03\x01hello, I am TLS")), "");
  const Bytes query = MakeQuery({});
  for (std::size_t size = 0; size < 12; ++size)
    EXPECT_EQ(LabelOf(FUNNEL_CLIENT, ByteView(query).first(size)), "");
}

}  // namespace
}  // namespace funnel::module
