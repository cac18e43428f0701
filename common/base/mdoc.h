// Plain text as mdoc(7) source, for the manual pages that are made from tables.
#pragma once

#include <string>
#include <string_view>

namespace funnel {

// One word or phrase as a macro's argument: quoted where it has blanks, escaped where mdoc would
// take it for something else.
[[nodiscard]] std::string MdocArgument(std::string_view text);

// Running text: every sentence begins a line, no line is longer than 80 bytes, and `word` becomes
// bold. Ends in a newline.
[[nodiscard]] std::string MdocText(std::string_view text);

}  // namespace funnel
