// A packet: the common header, then chunks (RFC 9260 section 3.1).
//
//    0                   1                   2                   3
//   |          source port          |       destination port        |
//   |                       verification tag                        |
//   |                           checksum                            |
//
// The checksum is CRC32c over all of it, taken with that field zero, and stored least significant
// byte first (appendix A).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sctp/base/types.h"
#include "sctp/wire/buffer_writer.h"

namespace sctp {

inline constexpr std::size_t kCommonHeaderSize = 12;

struct CommonHeader {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  VerificationTag tag;
  bool operator==(const CommonHeader&) const = default;
};

enum class Checksum {
  kVerify,
  kVerified,  // whoever read the packet has looked already
};

struct PacketView {
  CommonHeader header;
  MutableByteView chunks;
  // nullopt: too short, or the checksum is wrong.
  [[nodiscard]] static std::optional<PacketView> Parse(MutableByteView bytes,
                                                       Checksum checksum = Checksum::kVerify);
};

// Writes one packet into a buffer of the caller: chunks go to out(), Finish() seals it.
class PacketWriter {
 public:
  PacketWriter(MutableByteView buffer, const CommonHeader& header);
  [[nodiscard]] BufferWriter& out() { return out_; }
  [[nodiscard]] std::size_t space() const { return out_.space(); }
  [[nodiscard]] std::size_t size() const { return out_.position(); }
  [[nodiscard]] bool empty() const { return out_.position() == kCommonHeaderSize; }
  // The whole packet, its checksum in place.
  MutableByteView Finish();

 private:
  BufferWriter out_;
};

}  // namespace sctp
