// How this process uses Kerberos, without any change to the administrator's krb5.conf.
#pragma once

#include <string>

#include "common/base/error.h"

namespace funnel::gss {

// Writes STATE_DIR/krb5.conf, a layer above the system's (or $KRB5_CONFIG's), and makes this
// process use both, and a replay cache in STATE_DIR:
//   names are not canonicalised by DNS (385 ms each where DNS is slow, and it cannot be trusted);
//   aes256-cts-hmac-sha384-192 is preferred, unless the administrator has listed enctypes.
// Call it before any thread is started and before any other call here.
[[nodiscard]] Result<> PrepareProfile(const std::string& state_dir);

}  // namespace funnel::gss
