#include "sctp/handshake/cookie.h"

#include <algorithm>
#include <cassert>

#include "common/base/secret.h"

namespace sctp {
namespace {

using funnel::SipHash;

constexpr std::size_t kMacSize = std::tuple_size_v<SipHash::Sum128>;
// Without the peer's other hosts.
constexpr std::size_t kSize = 88;
constexpr std::size_t kHostSize = std::tuple_size_v<Host>;
constexpr std::uint8_t kInterleaving = 1, kPartialReliability = 2, kAdaptation = 4;

// generation, flags, carrier, hosts | made | tags, TSNs, window, ties | adaptation | streams, ports
// | host | UDP port, 0 | other hosts ... | MAC
void WriteFields(BufferWriter& out, const Cookie& cookie, std::uint8_t generation) {
  const Capabilities& can = cookie.capabilities;
  const int flags = (can.interleaving ? kInterleaving : 0) |
                    (can.partial_reliability ? kPartialReliability : 0) |
                    (can.adaptation ? kAdaptation : 0);
  out.U8(generation).U8(static_cast<std::uint8_t>(flags)).U8(cookie.peer.carrier);
  out.U8(static_cast<std::uint8_t>(cookie.peer_hosts.size()));
  out.U64(static_cast<std::uint64_t>(cookie.made.time_since_epoch().count()));
  out.U32(cookie.own_tag.value()).U32(cookie.peer_tag.value());
  out.U32(cookie.own_tsn.value()).U32(cookie.peer_tsn.value());
  out.U32(cookie.peer_window_bytes).U32(cookie.own_tie).U32(cookie.peer_tie);
  out.U32(can.adaptation.value_or(0));
  out.U16(cookie.out_streams).U16(cookie.in_streams).U16(cookie.own_port).U16(cookie.peer_port);
  out.Append(cookie.peer.host).U16(cookie.peer.port).U16(0);
  for (const Host& host : cookie.peer_hosts) out.Append(host);
}

Cookie ReadFields(ByteView bytes) {
  funnel::ByteReader in(bytes);
  Cookie cookie;

  (void)in.U8();
  const std::uint8_t flags = *in.U8();
  cookie.peer.carrier = *in.U8();
  const std::size_t hosts = *in.U8();

  cookie.made = TimePoint(Duration(static_cast<Duration::rep>(*in.U64())));
  cookie.own_tag = VerificationTag(*in.U32());
  cookie.peer_tag = VerificationTag(*in.U32());
  cookie.own_tsn = Tsn(*in.U32());
  cookie.peer_tsn = Tsn(*in.U32());
  cookie.peer_window_bytes = *in.U32();
  cookie.own_tie = *in.U32();
  cookie.peer_tie = *in.U32();
  const std::uint32_t adaptation = *in.U32();

  cookie.out_streams = *in.U16();
  cookie.in_streams = *in.U16();
  cookie.own_port = *in.U16();
  cookie.peer_port = *in.U16();

  const ByteView host = *in.Take(cookie.peer.host.size());
  std::copy(host.begin(), host.end(), cookie.peer.host.begin());
  cookie.peer.port = *in.U16();
  (void)in.U16();

  for (std::size_t i = 0; i < hosts; ++i) {
    const auto other = in.Take(kHostSize);
    if (!other) break;  // only in a cookie that was not checked
    std::copy(other->begin(), other->end(), cookie.peer_hosts.emplace_back().begin());
  }

  cookie.capabilities.interleaving = (flags & kInterleaving) != 0;
  cookie.capabilities.partial_reliability = (flags & kPartialReliability) != 0;
  if ((flags & kAdaptation) != 0) cookie.capabilities.adaptation = adaptation;
  return cookie;
}

}  // namespace

CookieBox::CookieBox(const Settings& settings, RandomSource& random, TimePoint now)
    : settings_(settings), random_(random), next_rotation_(now + settings.lifetime) {
  for (SipHash::Key& key : keys_) random_.Fill(key);
}

void CookieBox::Rotate(TimePoint now) {
  if (now < next_rotation_) return;
  // After a long silence both keys are older than any cookie that is still good.
  if (now >= next_rotation_ + settings_.lifetime) random_.Fill(keys_[generation_ % 2]);
  ++generation_;
  random_.Fill(keys_[generation_ % 2]);
  next_rotation_ = now + settings_.lifetime;
}

Bytes CookieBox::Seal(Cookie cookie, TimePoint now) {
  Rotate(now);
  cookie.made = now;
  if (cookie.peer_hosts.size() > kMostHosts) cookie.peer_hosts.resize(kMostHosts);
  Bytes bytes(kSize + kHostSize * cookie.peer_hosts.size());
  BufferWriter out(bytes);
  WriteFields(out, cookie, generation_);
  assert(out.ok() && out.position() == bytes.size() - kMacSize);
  out.Append(SipHash(keys_[generation_ % 2]).Hash128(out.written()));
  return bytes;
}

std::expected<Cookie, CookieFault> CookieBox::Open(ByteView bytes, TimePoint now) {
  Rotate(now);
  if (bytes.size() < kSize) return std::unexpected(CookieFault::kForged);
  const ByteView fields = bytes.first(bytes.size() - kMacSize);
  const auto age = static_cast<std::uint8_t>(generation_ - fields[0]);
  if (age > 1) return std::unexpected(CookieFault::kForged);
  const SipHash::Sum128 mac = SipHash(keys_[fields[0] % 2]).Hash128(fields);
  if (!funnel::EqualConstantTime(mac, bytes.last(kMacSize)))
    return std::unexpected(CookieFault::kForged);
  Cookie cookie = ReadFields(fields);
  if (now - cookie.made > settings_.lifetime) return std::unexpected(CookieFault::kStale);
  return cookie;
}

std::optional<VerificationTag> CookieBox::PeerTagOf(ByteView bytes) {
  if (bytes.size() < kSize) return std::nullopt;
  return ReadFields(bytes).peer_tag;
}

}  // namespace sctp
