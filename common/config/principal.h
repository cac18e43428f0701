// Kerberos principal names as they are written in configuration and in log lines, and the patterns
// that `accept` lists. They are text only: no Kerberos library is used, so any daemon may use this.
//
//   component *( "/" component ) "@" realm
//
// A backslash makes the next character literal (\/ \@ \\), and \n \t \b \0 stand for newline, tab,
// backspace and NUL, as krb5_parse_name(3) and krb5_unparse_name(3) have it.
#pragma once

#include <compare>  // IWYU pragma: keep: for operator<=>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace funnel::config {

// Components and realm are unescaped. Two principals are the same if all of these are equal, byte
// by byte.
struct Principal {
  std::vector<std::string> components;
  std::string realm;

  // The realm must be written out: there is no default realm here.
  [[nodiscard]] static Result<Principal> Parse(std::string_view text);
  // Escaped; Parse(text()) gives the same principal.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool empty() const { return components.empty(); }
  auto operator<=>(const Principal&) const = default;
};

// A principal in which a component may be `*`, which stands for exactly one whole component. A
// component that is literally "*" is written `\*`. The realm is always literal.
class PrincipalPattern {
 public:
  [[nodiscard]] static Result<PrincipalPattern> Parse(std::string_view text);
  // Fails where PRINCIPAL differs, for example with "the realm is A.TEST, not B.TEST".
  [[nodiscard]] Result<> Match(const Principal& principal) const;
  [[nodiscard]] bool Matches(const Principal& principal) const {
    return Match(principal).has_value();
  }
  [[nodiscard]] std::string text() const;
  bool operator==(const PrincipalPattern&) const = default;

 private:
  Principal shape_;
  std::vector<bool> any_;  // one for each component: whether it is the wildcard
};

}  // namespace funnel::config
