#include "funnelctl/colour.h"

#include <stdlib.h>
#include <unistd.h>

namespace funnel::ctl {
namespace {

// ECMA-48, section 8.3.117 (SGR).
std::string_view StartOf(Colour colour) {
  switch (colour) {
    case Colour::kGood:
      return "\x1b[32m";
    case Colour::kWarning:
      return "\x1b[33m";
    case Colour::kBad:
      return "\x1b[1;31m";
  }
  return {};
}

}  // namespace

bool WantsColours() {
  const char* no_color = getenv("NO_COLOR");
  const char* term = getenv("TERM");
  bool refused = no_color != nullptr && *no_color != '\0';
  bool dumb = term == nullptr || std::string_view(term) == "dumb";
  return !refused && !dumb && isatty(STDOUT_FILENO) == 1;
}

std::string Coloured(std::string_view text, Colour colour, bool wanted) {
  if (!wanted) return std::string(text);
  return std::string(StartOf(colour)) + std::string(text) + "\x1b[0m";
}

}  // namespace funnel::ctl
