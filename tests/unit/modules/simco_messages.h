// SIMCO's messages for tests, written from RFC 4540 and not from the module.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/bytes.h"

namespace funnel::module::simco_messages {

// The spaces of the keys that the module gives.
enum Space : std::uint32_t { kTransactions = 1, kRules };

// Basic type and sub-type (section 4.2).
enum Type : std::uint16_t {
  kSe = 0x0101,
  kSa = 0x0102,
  kSt = 0x0103,
  kPrr = 0x0111,
  kPer = 0x0112,
  kPea = 0x0113,
  kPdr = 0x0114,
  kPlc = 0x0115,
  kPrs = 0x0121,
  kPrl = 0x0122,
  kSeReply = 0x0201,
  kSaReply = 0x0202,
  kStReply = 0x0203,
  kPrrReply = 0x0211,
  kPerReply = 0x0212,
  kPdrReply = 0x0214,
  kPlcReply = 0x0215,
  kPrdReply = 0x0216,
  kPrsReply = 0x0221,
  kPrlReply = 0x0222,
  kPesReply = 0x0223,
  kPdsReply = 0x0224,
  kBadlyFormedRequest = 0x0312,
  kAuthenticationFailed = 0x0323,
  kVersionMismatch = 0x0322,
  kNoSuchRule = 0x0343,
  kBfm = 0x0401,
  kAst = 0x0402,
  kAre = 0x0403,
};

inline std::string Tlv(std::uint16_t type, const std::string& value) {
  ByteWriter out;
  out.U16(type).U16(static_cast<std::uint16_t>(value.size())).Append(value);
  const Bytes bytes = out.Release();
  return {bytes.begin(), bytes.end()};
}
inline std::string Number(std::uint16_t type, std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return Tlv(type, bytes);
}

inline std::string Version(std::uint8_t major = 3) {
  return Tlv(1, {static_cast<char>(major), 0, 0, 0});
}
inline std::string Challenge(const std::string& text) { return Tlv(2, text); }
inline std::string Token(const std::string& text) { return Tlv(3, text); }
inline std::string Capabilities() { return Tlv(4, std::string("\x90\x75\0\0\0\0\x0e\x10", 8)); }
inline std::string Pid(std::uint32_t pid) { return Number(5, pid); }
inline std::string Gid(std::uint32_t gid) { return Number(6, gid); }
inline std::string Lifetime(std::uint32_t seconds = 600) { return Number(7, seconds); }
inline std::string Owner() { return Tlv(8, "agent"); }
// LOCATION: 0 internal, 1 inside, 2 outside, 3 external.
inline std::string Tuple4(char location) {
  return Tlv(9, std::string("\x01\x20\x11", 3) + location +
                    std::string("\x13\x8a\0\x01\xc0\0\x02\x07", 8));
}
inline std::string Tuple6(char location) {
  return Tlv(9, std::string("\x02\x80\x11", 3) + location + std::string("\x13\x8a\0\x01", 4) +
                    std::string(16, '\x20'));
}
inline std::string Protocol(char location) {
  return Tlv(9, std::string("\x11\x20\x11", 3) + location);
}
inline std::string Reservation() { return Tlv(10, std::string("\x55\x11\0\x01", 4)); }
inline std::string Enabling() { return Tlv(11, std::string("\0\x03\0\0", 4)); }

inline Bytes Make(std::uint16_t type, std::uint32_t tid, const std::string& attributes = "") {
  ByteWriter out;
  out.U16(type).U16(static_cast<std::uint16_t>(attributes.size())).U32(tid).Append(attributes);
  return out.Release();
}

// Whole messages (section 5), as short as may be.
inline Bytes Se(std::uint32_t tid) { return Make(kSe, tid, Version()); }
inline Bytes Prr(std::uint32_t tid) { return Make(kPrr, tid, Reservation() + Lifetime()); }
inline Bytes Per(std::uint32_t tid) {
  return Make(kPer, tid, Enabling() + Tuple4(0) + Tuple4(3) + Lifetime());
}
inline Bytes Pea(std::uint32_t tid, std::uint32_t pid) {
  return Make(kPea, tid, Enabling() + Tuple4(0) + Tuple4(3) + Lifetime() + Pid(pid));
}
inline Bytes Pdr(std::uint32_t tid) { return Make(kPdr, tid, Tuple4(0) + Tuple4(3) + Lifetime()); }
inline Bytes Plc(std::uint32_t tid, std::uint32_t pid, std::uint32_t seconds) {
  return Make(kPlc, tid, Pid(pid) + Lifetime(seconds));
}
inline Bytes Prs(std::uint32_t tid, std::uint32_t pid) { return Make(kPrs, tid, Pid(pid)); }
inline Bytes Prl(std::uint32_t tid) { return Make(kPrl, tid); }
inline Bytes PrrReply(std::uint32_t tid, std::uint32_t pid) {
  return Make(kPrrReply, tid, Pid(pid) + Gid(1) + Lifetime() + Tuple4(2));
}
inline Bytes PerReply(std::uint32_t tid, std::uint32_t pid) {
  return Make(kPerReply, tid, Pid(pid) + Gid(1) + Lifetime() + Tuple4(2) + Tuple4(1));
}
inline Bytes PdrReply(std::uint32_t tid, std::uint32_t pid) {
  return Make(kPdrReply, tid, Pid(pid) + Lifetime());
}
inline Bytes PesReply(std::uint32_t tid, std::uint32_t pid) {
  return Make(kPesReply, tid,
              Pid(pid) + Gid(1) + Enabling() + Tuple4(0) + Tuple4(1) + Tuple4(2) + Tuple4(3) +
                  Lifetime() + Owner());
}
inline Bytes Are(std::uint32_t tid, std::uint32_t pid, std::uint32_t seconds) {
  return Make(kAre, tid, Pid(pid) + Lifetime(seconds));
}

}  // namespace funnel::module::simco_messages
