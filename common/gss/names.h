// Kerberos principals as GSS names. Text is krb5_unparse_name(3)'s, realm written out.
#pragma once

#include <string>

#include "common/base/error.h"
#include "common/gss/handles.h"

namespace funnel::gss {

// As a principal, never as a host-based service: no DNS, no canonicalisation.
[[nodiscard]] Result<Name> ImportPrincipal(const std::string& principal);
[[nodiscard]] Result<std::string> DisplayPrincipal(const Name& name);
// RFC 8062: tickets that name nobody.
[[nodiscard]] bool IsAnonymous(const std::string& principal);

}  // namespace funnel::gss
