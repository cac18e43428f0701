// OPENs for tests of their content.
#pragma once

#include "common/wire/frame/open.h"
#include "common/wire/frame/tlv.h"

namespace funnel::wire {

inline OpenBody SampleOpen() {
  OpenBody open;
  open.service = "dns";
  open.target = "ns.hoster.net";
  open.nonce.fill(9);
  open.token = {1, 2, 3};
  return open;
}

// BODY with one more field.
inline Bytes WithTlv(Bytes body, std::uint8_t type, ByteView value) {
  ByteWriter out;
  out.Append(body);
  AppendTlv(out, static_cast<TlvType>(type), value);
  return out.Release();
}

}  // namespace funnel::wire
