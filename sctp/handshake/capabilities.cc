#include "sctp/handshake/capabilities.h"

#include <algorithm>
#include <array>

#include "sctp/wire/chunk.h"
#include "sctp/wire/parameter.h"

namespace sctp {
namespace {

constexpr std::uint16_t kHostName = 11;  // RFC 9260 section 3.3.2.1.4: not to be used any more

void ReadExtensions(ByteView types, Capabilities& capabilities) {
  bool data = false, forward = false;
  for (std::uint8_t type : types) {
    data |= type == static_cast<std::uint8_t>(ChunkType::kIData);
    forward |= type == static_cast<std::uint8_t>(ChunkType::kForwardTsn);
  }
  // RFC 8260 section 2.2.1: I-DATA in the list says both; I-FORWARD-TSN only counts together with
  // PR-SCTP.
  capabilities.interleaving |= data;
  capabilities.partial_reliability |= forward;
}

// Whether reading goes on.
bool OnUnknown(const Tlv& parameter, BufferWriter* unrecognized) {
  if (ReportsUnknownParameter(parameter.code) && unrecognized != nullptr &&
      unrecognized->space() >= kTlvHeaderSize + Padded(parameter.value.size()))
    WriteTlv(*unrecognized, parameter.code, parameter.value);
  return !StopsAtUnknownParameter(parameter.code);
}

// One of another length than IPv4's or IPv6's is none.
void ReadHost(ByteView value, std::vector<Host>& hosts) {
  Host host{};
  if (hosts.size() >= kMostHosts || (value.size() != 4 && value.size() != host.size())) return;
  if (value.size() == 4) std::ranges::copy(kIpv4Prefix, host.begin());
  std::ranges::copy(value, host.end() - static_cast<std::ptrdiff_t>(value.size()));
  hosts.push_back(host);
}

}  // namespace

void WriteHosts(BufferWriter& out, std::span<const Host> hosts) {
  for (const Host& host : hosts) {
    const ByteView whole(host);
    if (std::ranges::equal(whole.first(kIpv4Prefix.size()), kIpv4Prefix))
      WriteParameter(out, ParameterType::kIpv4Address, whole.last(4));
    else
      WriteParameter(out, ParameterType::kIpv6Address, whole);
  }
}

Capabilities Common(const Capabilities& own, const Capabilities& peer) {
  return {own.interleaving && peer.interleaving,
          own.partial_reliability && peer.partial_reliability, peer.adaptation};
}

void WriteCapabilities(BufferWriter& out, const Capabilities& capabilities) {
  std::array<std::uint8_t, 3> types{};
  std::size_t count = 0;
  const auto add = [&](ChunkType type) { types[count++] = static_cast<std::uint8_t>(type); };

  if (capabilities.partial_reliability) {
    WriteParameter(out, ParameterType::kForwardTsnSupported, {});
    add(ChunkType::kForwardTsn);
  }
  if (capabilities.interleaving) {
    add(ChunkType::kIData);
    if (capabilities.partial_reliability) add(ChunkType::kIForwardTsn);
  }

  if (count > 0)
    WriteParameter(out, ParameterType::kSupportedExtensions, ByteView(types).first(count));

  if (capabilities.adaptation) {
    std::uint8_t raw[4];
    funnel::StoreBigEndian<4>(raw, *capabilities.adaptation);
    WriteParameter(out, ParameterType::kAdaptationIndication, raw);
  }
}

std::expected<PeerParameters, CauseCode> ReadParameters(ByteView parameters,
                                                        BufferWriter* unrecognized) {
  PeerParameters found;
  TlvReader reader(parameters);
  while (const auto parameter = reader.Next()) {
    switch (static_cast<ParameterType>(parameter->code)) {
      case ParameterType::kStateCookie:
        found.cookie = parameter->value;
        continue;
      case ParameterType::kSupportedExtensions:
        ReadExtensions(parameter->value, found.capabilities);
        continue;
      case ParameterType::kForwardTsnSupported:
        found.capabilities.partial_reliability = true;
        continue;
      case ParameterType::kAdaptationIndication:
        if (parameter->value.size() != 4) return std::unexpected(CauseCode::kInvalidParameter);
        found.capabilities.adaptation =
            static_cast<std::uint32_t>(funnel::LoadBigEndian<4>(parameter->value.data()));
        continue;
      case ParameterType::kIpv4Address:
      case ParameterType::kIpv6Address:
        ReadHost(parameter->value, found.hosts);
        continue;
      case ParameterType::kHeartbeatInfo:
      case ParameterType::kUnrecognized:
      case ParameterType::kCookiePreservative:
      case ParameterType::kSupportedAddressTypes:
        continue;
    }

    if (parameter->code == kHostName) return std::unexpected(CauseCode::kUnresolvableAddress);
    if (!OnUnknown(*parameter, unrecognized)) break;
  }

  if (reader.malformed()) return std::unexpected(CauseCode::kProtocolViolation);
  return found;
}

}  // namespace sctp
