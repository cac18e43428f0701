#include "common/wire/frame/tlv.h"

#include <algorithm>
#include <bitset>

namespace funnel::wire {
namespace {

constexpr std::size_t kTlvHeaderSize = 3;

bool IsIn(TlvType type, std::initializer_list<TlvType> list) {
  return std::find(list.begin(), list.end(), type) != list.end();
}

std::string Name(TlvType type) { return "field " + std::to_string(static_cast<unsigned>(type)); }

}  // namespace

Result<TlvMap> TlvMap::Parse(ByteView body, std::initializer_list<TlvType> known) {
  TlvMap map;
  std::bitset<256> seen;
  ByteReader reader(body);
  while (!reader.AtEnd()) {
    auto number = reader.U8();
    auto value = reader.Block16();
    if (!value) return Fail("field is cut short");
    if (seen.test(*number)) return Fail("field " + std::to_string(*number) + " appears twice");
    seen.set(*number);

    const auto type = static_cast<TlvType>(*number);
    if (!IsIn(type, known)) {
      if (*number & 1) return Fail("unknown " + Name(type) + " must not be ignored");
      continue;
    }
    if (map.count_ == kMaxFields) return Fail("too many fields");
    map.fields_[map.count_++] = {type, *value};
  }
  return map;
}

std::optional<ByteView> TlvMap::Find(TlvType type) const {
  for (std::size_t i = 0; i < count_; ++i)
    if (fields_[i].type == type) return fields_[i].value;
  return std::nullopt;
}

Result<ByteView> TlvMap::Get(TlvType type, std::size_t min_size, std::size_t max_size) const {
  auto value = Find(type);
  if (!value) return Fail(Name(type) + " is missing");
  if (value->size() < min_size || value->size() > max_size)
    return Fail(Name(type) + " has a wrong size");
  return *value;
}

Result<std::uint8_t> TlvMap::GetU8(TlvType type) const { return TRY(Get(type, 1, 1))[0]; }

Result<std::uint16_t> TlvMap::GetU16(TlvType type) const {
  return static_cast<std::uint16_t>(LoadBigEndian<2>(TRY(Get(type, 2, 2)).data()));
}

Result<std::uint64_t> TlvMap::GetU64(TlvType type) const {
  return LoadBigEndian<8>(TRY(Get(type, 8, 8)).data());
}

Result<std::string> TlvMap::GetName(TlvType type) const {
  const std::string_view name = AsText(TRY(Get(type, 1, 255)));
  if (!IsWireName(name)) return Fail(Name(type) + " holds a character that no name has");
  return std::string(name);
}

bool IsWireName(std::string_view name) {
  return !name.empty() && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

void AppendTlv(ByteWriter& out, TlvType type, ByteView value) {
  out.U8(static_cast<std::uint8_t>(type)).Block16(value);
}

Bytes WithoutTlvs(ByteView body, std::initializer_list<TlvType> left_out) {
  ByteWriter out;
  for (std::size_t at = 0; at + kTlvHeaderSize <= body.size();) {
    const std::size_t size = kTlvHeaderSize + LoadBigEndian<2>(&body[at + 1]);
    if (size > body.size() - at) break;
    if (!IsIn(static_cast<TlvType>(body[at]), left_out)) out.Append(body.subspan(at, size));
    at += size;
  }
  return out.Release();
}

}  // namespace funnel::wire
