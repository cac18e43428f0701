// SCTP packets as bytes (RFC 9260 section 3): what the engine must know of them to cut, check and
// sort them.
//
//   +----------------------+----------------------+
//   |    source port 16    | destination port 16  |
//   +----------------------+----------------------+
//   |            verification tag 32              |
//   +---------------------------------------------+
//   |     CRC32c 32, least significant first      |
//   +---------+---------+-------------------------+
//   | type 8  | flags 8 | length 16, with these 4 |  then the value, then 0 to 3 bytes to a
//   multiple of 4
//   +---------+---------+-------------------------+
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/bytes.h"

namespace funnel::sctp {

inline constexpr std::size_t kHeaderBytes = 12;
inline constexpr std::size_t kChunkHeaderBytes = 4;
// DATA and I-DATA up to their payload (RFC 9260 section 3.3.1, RFC 8260 section 2.1).
inline constexpr std::size_t kDataHeaderBytes = 16;
inline constexpr std::size_t kInterleavedDataHeaderBytes = 20;

enum class ChunkType : std::uint8_t {
  kData = 0,
  kInit = 1,
  kInitAck = 2,
  kSack = 3,
  kHeartbeat = 4,
  kHeartbeatAck = 5,
  kAbort = 6,
  kShutdown = 7,
  kShutdownAck = 8,
  kError = 9,
  kCookieEcho = 10,
  kCookieAck = 11,
  kShutdownComplete = 14,
  kAuth = 15,
  kInterleavedData = 0x40,
  kPad = 0x84,
  kForwardTsn = 0xc0,
  kInterleavedForwardTsn = 0xc2,
};
// The T bit of ABORT and SHUTDOWN COMPLETE: the tag is the receiver's peer's (RFC 9260
// section 8.5.1).
inline constexpr std::uint8_t kTagReflected = 1;

// Linux numbers a message's fragments wrongly in I-DATA: the second one has the fragment sequence
// number 0, where RFC 8260 section 2.1 gives that to the first (whose field holds something else).
// Between Linux hosts nobody notices; with any other peer no message of two and more fragments gets
// through. So our engine on Linux's SCTP says by the adaptation layer indication (RFC 5061
// section 4.2.6) that its kernel counts so, and the userland engine translates for such peers.
inline constexpr std::uint32_t kLinuxFragmentsIndication = 0x464E4C30;  // "FNL0"

struct Chunk {
  ChunkType type;
  std::uint8_t flags;
  ByteView value;     // without header and padding
  std::size_t begin;  // where its header lies in the packet
  std::size_t end;    // behind its padding (the last chunk's may be missing)
};

struct PacketHeader {
  std::uint16_t source_port;
  std::uint16_t destination_port;
  std::uint32_t tag;
};
// nullopt if PACKET is shorter than a header and one chunk's header.
[[nodiscard]] std::optional<PacketHeader> ReadHeader(ByteView packet);

// Walks a packet's chunks. After nullopt, ok() tells the end from a chunk that is malformed.
class ChunkReader {
 public:
  explicit ChunkReader(ByteView packet) : packet_(packet) {}
  [[nodiscard]] std::optional<Chunk> Next();
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  ByteView packet_;
  std::size_t at_ = kHeaderBytes;
  bool ok_ = true;
};

// What the peer said with its ABORT: the text of the first of its CAUSES (RFC 9260
// section 3.3.10: code 16, length 16 with these 4, value) if that is a User-Initiated Abort
// (section 3.3.10.12), else "". The peer chose it: escape it before a terminal or a log.
[[nodiscard]] std::string UserInitiatedReason(ByteView causes);

inline bool CarriesData(ChunkType type) {
  return type == ChunkType::kData || type == ChunkType::kInterleavedData;
}

[[nodiscard]] bool ChecksumOk(ByteView packet);
void WriteChecksum(MutableByteView packet);
// Adds DIFFERENCE to the fragment sequence number of each I-DATA chunk that has one.
void ShiftFragmentNumbers(MutableByteView packet, int difference);
void WritePorts(MutableByteView packet, std::uint16_t source, std::uint16_t destination);

}  // namespace funnel::sctp
