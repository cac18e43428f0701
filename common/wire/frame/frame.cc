#include "common/wire/frame/frame.h"

namespace funnel::wire {
namespace {

bool IsKnown(std::uint8_t type) {
  switch (static_cast<FrameType>(type)) {
    case FrameType::kOpen:
    case FrameType::kOpened:
    case FrameType::kRefused:
    case FrameType::kSealed:
    case FrameType::kClosed:
    case FrameType::kLinkUp:
    case FrameType::kLinkEnd:
    case FrameType::kNote:
      return true;
  }
  return false;
}

}  // namespace

Result<FrameHeader> FrameHeader::Parse(ByteView frame) {
  if (frame.size() < kFrameHeaderSize) return Fail("frame is shorter than its header");
  if (frame[1] != kFrameVersion)
    return Fail("frame has version " + std::to_string(frame[1]), EPROTONOSUPPORT);
  if (!IsKnown(frame[0])) return Fail("frame has unknown type " + std::to_string(frame[0]));
  FrameHeader header{
      .type = static_cast<FrameType>(frame[0]),
      .epoch = Epoch(static_cast<std::uint16_t>(LoadBigEndian<2>(&frame[2]))),
      .channel = ChannelId(static_cast<std::uint32_t>(LoadBigEndian<4>(&frame[4]))),
      .lifetime_ms = static_cast<std::uint32_t>(LoadBigEndian<4>(&frame[8])),
  };
  if (header.type != FrameType::kSealed && (header.epoch.value() != 0 || header.lifetime_ms != 0))
    return Fail("frame that is not sealed has an epoch or a lifetime");
  return header;
}

void FrameHeader::Serialize(std::span<std::uint8_t, kFrameHeaderSize> out) const {
  out[0] = static_cast<std::uint8_t>(type);
  out[1] = kFrameVersion;
  StoreBigEndian<2>(&out[2], epoch.value());
  StoreBigEndian<4>(&out[4], channel.value());
  StoreBigEndian<4>(&out[8], lifetime_ms);
}

Bytes MakeFrame(const FrameHeader& header, ByteView body) {
  Bytes frame(kFrameHeaderSize + body.size());
  header.Serialize(std::span(frame).first<kFrameHeaderSize>());
  if (!body.empty()) std::memcpy(&frame[kFrameHeaderSize], body.data(), body.size());
  return frame;
}

std::string ClosedText(ClosedCode code) {
  switch (code) {
    case ClosedCode::kDone:
      return "it is done";
    case ClosedCode::kAborted:
      return "its edge has gone";
    case ClosedCode::kLimit:
      return "a limit was reached";
    case ClosedCode::kNoLink:
      return "a relay lost the way on";
    case ClosedCode::kAdministrator:
      return "closed by an administrator of a relay";
  }
  return "code " + std::to_string(static_cast<std::uint16_t>(code));
}

Result<ClosedBody> ClosedBody::Parse(ByteView body) {
  if (body.size() != 2) return Fail("CLOSED body is not 2 bytes");
  return ClosedBody{static_cast<ClosedCode>(LoadBigEndian<2>(body.data()))};
}

Bytes ClosedBody::Serialize() const {
  return ByteWriter().U16(static_cast<std::uint16_t>(code)).Release();
}

}  // namespace funnel::wire
