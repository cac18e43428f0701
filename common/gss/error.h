// What went wrong in Kerberos, for an administrator: first a few plain words, then the library's
// own text of both statuses.
//
//   "wrong keytab: it has no key of that principal (No credentials were supplied, or ...: No key
//   table entry found for dns/a@X)"
#pragma once

#include <gssapi/gssapi.h>

#include <string_view>

#include "common/base/error.h"

namespace funnel::gss {

// WHAT says what failed: "cannot get a ticket for dns/b@X". Call it on the thread that made the
// failed call, before any other call: the library keeps the text of the last minor status there.
[[nodiscard]] std::unexpected<Error> FailGss(std::string_view what, OM_uint32 major,
                                             OM_uint32 minor);

// The plain words for a krb5 error code; empty if we have none.
[[nodiscard]] std::string_view PlainReason(OM_uint32 minor);

}  // namespace funnel::gss
