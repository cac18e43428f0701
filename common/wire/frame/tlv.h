// Type 8, length 16, value: the fields of OPEN, OPENED, REFUSED and HELLO. One number space for all
// four. An unknown odd number is an error (its meaning cannot be ignored), an unknown even one is
// skipped.
#pragma once

#include <array>
#include <optional>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace funnel::wire {

enum class TlvType : std::uint8_t {
  kVersions = 1,   // u8 each: protocol versions the initiator speaks
  kVerdict = 2,    // sealed with the handshake's context: why an authenticated initiator is refused
  kSuites = 3,     // u16 each
  kService = 5,    // the service's name on the wire
  kTarget = 7,     // node that the channel is for
  kNonce = 9,      // 32 bytes
  kHopLimit = 11,  // u8; every relay takes one off
  kKeyShare = 13,  // nodes of version 0.1.0 refuse an OPEN that has it: never used
  kToken = 15,     // of the GSS mechanism
  kVersion = 17,   // u8: the acceptor's choice
  kSuite = 19,     // u16: the acceptor's choice
  kNode = 21,      // HELLO: who speaks
  kInstance = 23,  // HELLO: u64, larger after each start of that node
  // Skipped by nodes of version 0.1.0, and passed on by relays, as all even ones.
  kX25519Share = 24,  // the initiator's (suite.h)
  kMlKemKey = 26,     // the initiator's
  kShareAnswer = 28,  // the acceptor's: X25519 share, then the ciphertext of ML-KEM if there is one
  kFeatures = 30,     // bits (feature_set.h)
  kFedBy = 32,        // services whose traffic goes on into this one (feeds.h)
  kProof = 34,        // HMAC of the acceptor over OPEN and OPENED
};

// A body of TLVs as read: views into it, at most one of each type.
class TlvMap {
 public:
  // KNOWN says which types this body may hold; others count as unknown.
  [[nodiscard]] static Result<TlvMap> Parse(ByteView body, std::initializer_list<TlvType> known);

  [[nodiscard]] std::optional<ByteView> Find(TlvType type) const;
  [[nodiscard]] Result<ByteView> Get(TlvType type, std::size_t min_size,
                                     std::size_t max_size) const;
  [[nodiscard]] Result<std::uint8_t> GetU8(TlvType type) const;
  [[nodiscard]] Result<std::uint16_t> GetU16(TlvType type) const;
  [[nodiscard]] Result<std::uint64_t> GetU64(TlvType type) const;
  // 1 to 255 characters of printable ASCII without blanks.
  [[nodiscard]] Result<std::string> GetName(TlvType type) const;

 private:
  struct Field {
    TlvType type;
    ByteView value;
  };
  static constexpr std::size_t kMaxFields = 16;
  std::array<Field, kMaxFields> fields_{};
  std::size_t count_ = 0;
};

[[nodiscard]] bool IsWireName(std::string_view name);

// Appends one field. The caller keeps VALUE below 64 KiB.
void AppendTlv(ByteWriter& out, TlvType type, ByteView value);

// BODY, which parses, without the fields of the given types: byte for byte, in its order.
[[nodiscard]] Bytes WithoutTlvs(ByteView body, std::initializer_list<TlvType> left_out);

}  // namespace funnel::wire
