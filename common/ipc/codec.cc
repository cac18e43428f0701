#include "common/ipc/codec.h"

namespace funnel::ipc {

Result<MessageType> TypeOf(ByteView packet) {
  ByteReader in(packet);
  auto version = in.U8();
  auto type = in.U8();
  if (!version || !type) return Fail("a message of " + std::to_string(packet.size()) + " bytes");
  if (*version != kVersion)
    return Fail("a message of version " + std::to_string(*version) + ", not " +
                std::to_string(kVersion));
  return static_cast<MessageType>(*type);
}

namespace internal {

std::string_view FitText(std::string_view text) { return text.substr(0, kMaxTextSize); }

std::size_t SizeOfTexts(const Texts& texts) {
  std::size_t size = 2;
  for (const std::string& text : texts) size += SizeOf(text);
  return size;
}

bool Read(ByteReader& in, bool& field) {
  auto raw = in.U8();
  if (!raw || *raw > 1) return false;
  field = *raw == 1;
  return true;
}

bool Read(ByteReader& in, BootTime& field) {
  auto raw = in.U64();
  if (!raw || *raw > static_cast<std::uint64_t>(INT64_MAX)) return false;
  field.since_boot = std::chrono::nanoseconds(static_cast<std::int64_t>(*raw));
  return true;
}

bool Read(ByteReader& in, ServiceName& field) {
  auto raw = in.Block16();
  if (!raw) return false;
  auto name = ServiceName::Parse(AsText(*raw));
  if (!name) return false;
  field = std::move(*name);
  return true;
}

bool Read(ByteReader& in, std::string& field) {
  auto raw = in.Block16();
  if (!raw || raw->size() > kMaxTextSize) return false;
  field = AsText(*raw);
  return true;
}

bool Read(ByteReader& in, Texts& field) {
  auto count = in.U16();
  if (!count || *count > kMaxTexts) return false;
  field.resize(*count);
  for (std::string& text : field)
    if (!Read(in, text)) return false;
  return true;
}

bool Read(ByteReader& in, Secret& field) {
  auto raw = in.Block32();
  if (!raw) return false;
  field = Secret(*raw);
  return true;
}

bool Read(ByteReader& in, Bytes& field) {
  auto raw = in.Block32();
  if (!raw) return false;
  field.assign(raw->begin(), raw->end());
  return true;
}

Result<ByteReader> BodyOf(ByteView packet, MessageType type) {
  if (TRY(TypeOf(packet)) != type) return Fail("a message of another type");
  return ByteReader(packet.subspan(2));
}

std::unexpected<Error> Malformed(MessageType type) {
  return Fail("a malformed message of type " + std::to_string(static_cast<int>(type)));
}

}  // namespace internal
}  // namespace funnel::ipc
