// What both ends do with an established Kerberos context: check its properties, then either take
// its key and end it, or seal one last message with it.
#pragma once

#include <string>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/gss/handles.h"

namespace funnel::gss {

// What is exported from a context: the acceptor subkey, which is fresh for each context. The
// ticket's session key is never exported: it would open every context under the same ticket.
struct ContextKey {
  std::uint16_t enctype = 0;  // one of the four AES ones
  Secret subkey;
  BootTime expires;  // the ticket's end
};

// We want mutual authentication, confidentiality and integrity. We never want sequence or replay
// detection (MIT's window has 64 places), or delegation.
constexpr OM_uint32 kRequestFlags = GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;
[[nodiscard]] Result<> RequireFlags(OM_uint32 flags, OM_uint32 required);

// Ends CONTEXT, even if it fails.
[[nodiscard]] Result<ContextKey> ExportKey(SecurityContext context);

// gss_wrap and gss_unwrap with confidentiality.
[[nodiscard]] Result<Bytes> Wrap(const SecurityContext& context, ByteView plaintext);
[[nodiscard]] Result<Bytes> Unwrap(const SecurityContext& context, ByteView token);

// Channel bindings that have DATA and nothing else (RFC 2743 section 1.1.6). DATA outlives them.
[[nodiscard]] gss_channel_bindings_struct MakeBindings(ByteView data);

// The names of both ends of an established context.
struct ContextNames {
  std::string initiator;
  std::string acceptor;
};
[[nodiscard]] Result<ContextNames> NamesOf(const SecurityContext& context);

}  // namespace funnel::gss
