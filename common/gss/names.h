// Kerberos principals as GSS names. The text is that of krb5_unparse_name(3), with the realm.
#pragma once

#include <string>

#include "common/base/error.h"
#include "common/gss/handles.h"

namespace funnel::gss {

// Imports it as a principal, never as a host-based service: no DNS, no canonicalisation.
[[nodiscard]] Result<Name> ImportPrincipal(const std::string& principal);
[[nodiscard]] Result<std::string> DisplayPrincipal(const Name& name);
// RFC 8062: whether the ticket names nobody.
[[nodiscard]] bool IsAnonymous(const std::string& principal);

}  // namespace funnel::gss
