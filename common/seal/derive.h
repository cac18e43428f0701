// Secrets derived from a channel's subkey for other uses than sealing.
#pragma once

#include <string_view>

#include "common/base/bytes.h"
#include "common/base/secret.h"
#include "common/seal/enctype.h"

namespace funnel::seal {

constexpr std::size_t kExporterSize = 32;
// Goes into the channel bindings of the next epoch's handshake: who runs it held this epoch's key.
constexpr std::string_view kExporterLabel = "Funnel 1 exporter";

// HMAC-SHA256(SUBKEY, LABEL | 00 | enctype 16). No sealing key derivation has inputs of this form,
// so neither reveals anything about the other.
[[nodiscard]] Secret DeriveSecret(Enctype enctype, ByteView subkey, std::string_view label);

}  // namespace funnel::seal
