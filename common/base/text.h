// Text for humans out of what a stranger sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.h"

namespace funnel {

// Printable ASCII as it is; everything else, and backslashes, as \xNN; cut at MAX_LENGTH with
// "...".
[[nodiscard]] std::string EscapeForLog(std::string_view text, std::size_t max_length = 255);
[[nodiscard]] std::string HexEncode(ByteView bytes);
// nullopt on an odd length or a character that is no hex digit.
[[nodiscard]] std::optional<Bytes> HexDecode(std::string_view text);
// The body of a JSON string (RFC 8259 section 7), without the quotes; bytes that are not ASCII are
// written as \u00NN, so that the result is valid whatever came in.
[[nodiscard]] std::string JsonEscape(std::string_view text);

}  // namespace funnel
