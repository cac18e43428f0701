#include "common/base/printable.h"

namespace funnel {

std::string EscapeUnprintable(std::string_view text, std::string_view keep) {
  constexpr char kHexDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if ((c >= ' ' && c <= '~') || keep.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append("\\x").append({kHexDigits[byte >> 4], kHexDigits[byte & 15]});
  }
  return out;
}

}  // namespace funnel
