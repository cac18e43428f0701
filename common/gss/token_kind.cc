#include "common/gss/token_kind.h"

#include <algorithm>

namespace funnel::gss {
namespace {

constexpr std::uint8_t kApplication0 = 0x60;
constexpr std::uint8_t kKrb5Oid[] = {0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                     0xF7, 0x12, 0x01, 0x02, 0x02};

// DER: short form, or the shortest long form of up to 3 bytes.
std::optional<std::size_t> ReadDerLength(ByteReader& in) {
  auto first = in.U8();
  if (!first) return std::nullopt;
  if (*first < 0x80) return *first;
  const std::size_t width = *first & 0x7F;
  if (width == 0 || width > 3) return std::nullopt;
  auto raw = in.Take(width);
  if (!raw || raw->front() == 0) return std::nullopt;
  std::size_t length = 0;
  for (std::uint8_t byte : *raw) length = length << 8 | byte;
  if (length < 0x80) return std::nullopt;
  return length;
}

}  // namespace

Result<> RequireKrb5Token(ByteView token, TokenKind kind) {
  ByteReader in(token);
  auto tag = in.U8();
  if (!tag || *tag != kApplication0) return Fail("the token is no GSS-API context token");
  auto length = ReadDerLength(in);
  if (!length || *length != in.remaining()) return Fail("the token's length is wrong");
  auto mechanism = in.Take(sizeof kKrb5Oid);
  if (!mechanism || !std::ranges::equal(*mechanism, kKrb5Oid))
    return Fail("the token is not of the krb5 mechanism");
  auto id = in.U16();
  if (!id || *id != static_cast<std::uint16_t>(kind))
    return Fail("the token is not the expected Kerberos message");
  return {};
}

}  // namespace funnel::gss
