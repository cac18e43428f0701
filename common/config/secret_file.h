// A secret that an administrator keeps in a file of its own: its first line, without the blanks
// around it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/secret.h"

namespace funnel::config {

// Under this name the units of edges have the file of [connect] check-secret-file
// (LoadCredential= in systemd.exec(5)), which their users need not be able to read.
inline constexpr std::string_view kCheckSecretCredential = "check-secret";

// Reads the credential of that name if the service manager has passed it ($CREDENTIALS_DIRECTORY),
// otherwise PATH. The error names the file, and never has anything of what is in it.
[[nodiscard]] Result<Secret> ReadSecret(std::string_view credential, const std::string& path);

// What is doubtful about the file at PATH, as far as this process may see it; nullopt: nothing.
[[nodiscard]] std::optional<std::string> FindSecretDoubt(const std::string& path);

}  // namespace funnel::config
