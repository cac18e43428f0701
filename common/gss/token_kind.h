// Checks a token from the network before any GSS call: only Kerberos's own context tokens pass, so
// that the parsers of SPNEGO and other mechanisms are never reached.
#pragma once

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace funnel::gss {

// RFC 4121 section 4.1.
enum class TokenKind : std::uint16_t { kApReq = 0x0100, kApRep = 0x0200 };

// Checks the framing of RFC 2743 section 3.1, the krb5 mechanism (1.2.840.113554.1.2.2), and KIND;
// lengths must be exact.
[[nodiscard]] Result<> RequireKrb5Token(ByteView token, TokenKind kind);

}  // namespace funnel::gss
