// The state cookie (RFC 9260 section 5.1.3): all that the side which answers an INIT needs later,
// kept by the other side. A MAC seals it, so that nothing has to be remembered until the cookie
// comes back from the address that it was sent to. It hides nothing: it holds only what the other
// side may know.
#pragma once

#include <expected>

#include "common/base/siphash.h"
#include "sctp/base/address.h"
#include "sctp/base/random_source.h"
#include "sctp/handshake/capabilities.h"

namespace sctp {

struct Cookie {
  TimePoint made{};
  VerificationTag own_tag, peer_tag;
  Tsn own_tsn, peer_tsn;  // initial ones
  std::uint32_t peer_window_bytes = 0;
  std::uint16_t out_streams = 0, in_streams = 0;  // as negotiated
  std::uint16_t own_port = 0, peer_port = 0;
  Capabilities capabilities;
  // Those of an association that was there when the INIT came, otherwise 0 (section 5.2.2). They
  // are random numbers, not its tags, which a stranger must not learn.
  std::uint32_t own_tie = 0, peer_tie = 0;
  Address peer;
  // Where else it says to be reached.
  std::vector<Host> peer_hosts;

  bool operator==(const Cookie&) const = default;
};

enum class CookieFault {
  kForged,  // not made here, made too long ago to tell, or changed
  kStale,   // ours, but older than Settings::lifetime
};

// Makes and opens them. One for an endpoint.
class CookieBox {
 public:
  struct Settings {
    // RFC 9260 section 16: Valid.Cookie.Life.
    Duration lifetime = std::chrono::seconds(60);
  };
  CookieBox(const Settings& settings, RandomSource& random, TimePoint now);

  // As the value of a parameter, its length a multiple of 4; COOKIE.made is set here, and no more
  // than kMostHosts of its hosts are kept.
  [[nodiscard]] Bytes Seal(Cookie cookie, TimePoint now);
  // Nothing of BYTES is believed before its MAC has been checked. Does not compare addresses.
  [[nodiscard]] std::expected<Cookie, CookieFault> Open(ByteView bytes, TimePoint now);
  // The peer's tag in one that Open called stale.
  [[nodiscard]] static std::optional<VerificationTag> PeerTagOf(ByteView bytes);

 private:
  // Makes a new key now and then: a key is used for as long as a cookie lives, and kept for as long
  // again.
  void Rotate(TimePoint now);

  Settings settings_;
  RandomSource& random_;
  funnel::SipHash::Key keys_[2]{};
  std::uint8_t generation_ = 0;  // the key in use is keys_[generation_ % 2]
  TimePoint next_rotation_;
};

}  // namespace sctp
