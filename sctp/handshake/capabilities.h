// What both sides of an association can do, as INIT and INIT ACK say it in parameters.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "sctp/base/address.h"
#include "sctp/wire/cause.h"

namespace sctp {

// An adaptation layer indication, "WIDE": its sender takes as many chunks ahead of a missing one as
// gap blocks can name, as our receiver does.
inline constexpr std::uint32_t kTakesManyChunks = 0x57494445;

struct Capabilities {
  bool interleaving = false;         // I-DATA and I-FORWARD-TSN (RFC 8260)
  bool partial_reliability = false;  // FORWARD-TSN (RFC 3758)
  // What the layer above says of itself (RFC 5061 section 4.2.6).
  std::optional<std::uint32_t> adaptation;

  bool operator==(const Capabilities&) const = default;
};

// What both can. The adaptation indication is the other side's.
[[nodiscard]] Capabilities Common(const Capabilities& own, const Capabilities& peer);

// Writes them as parameters.
void WriteCapabilities(BufferWriter& out, const Capabilities& capabilities);

// What was found in an INIT or INIT ACK.
struct PeerParameters {
  Capabilities capabilities;
  std::optional<ByteView> cookie;  // only of INIT ACK
  // Those that it lists, as they stand there; kMostHosts at most.
  std::vector<Host> hosts;
};

// Of an INIT or INIT ACK; more are not looked at.
inline constexpr std::size_t kMostHosts = 7;
// Writes addresses of ours as parameters.
void WriteHosts(BufferWriter& out, std::span<const Host> hosts);

// The cause to refuse with: a bad parameter, or a host name instead of an address (RFC 9260 section
// 5.1.2). Unknown parameters that ask for it are reported into UNRECOGNIZED, whole, as far as they
// fit; it may be null.
[[nodiscard]] std::expected<PeerParameters, CauseCode> ReadParameters(ByteView parameters,
                                                                      BufferWriter* unrecognized);

}  // namespace sctp
