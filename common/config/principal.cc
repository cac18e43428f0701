#include "common/config/principal.h"

#include "common/base/text.h"

namespace funnel::config {
namespace {

// Far longer than any real name; it limits what a stranger's name can cost.
constexpr std::size_t kMaxLength = 1024;

struct Part {
  std::string text;
  bool bare_star = false;  // whether it has a `*` without a backslash
};

struct Split {
  std::vector<Part> components;
  Part realm;
};

char Unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case '0':
      return '\0';
    default:
      return c;
  }
}

Result<void> Check(const Split& split, bool realm_seen) {
  if (!realm_seen) return Fail("the realm is missing (name@REALM)");
  if (split.realm.text.empty()) return Fail("the realm is empty");
  for (const Part& part : split.components) {
    if (part.text.empty()) return Fail("a component is empty");
  }
  return {};
}

// Only separators without a backslash count. In the realm a `/` is an ordinary character, and a
// second `@` without a backslash is malformed, as in krb5_parse_name.
Result<Split> SplitName(std::string_view text) {
  if (text.empty()) return Fail("a principal is expected");
  if (text.size() > kMaxLength) return Fail("longer than 1024 bytes");
  Split split;
  split.components.emplace_back();
  Part* part = &split.components.back();
  bool realm_seen = false;

  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\') {
      if (++i == text.size()) return Fail("a backslash at the end escapes nothing");
      part->text += Unescape(text[i]);
    } else if (c == '@') {
      if (realm_seen) return Fail("two `@` (write \\@ for one inside a component)");
      realm_seen = true;
      part = &split.realm;
    } else if (c == '/' && !realm_seen) {
      split.components.emplace_back();
      part = &split.components.back();
    } else {
      part->bare_star |= c == '*';
      part->text += c;
    }
  }

  TRY(Check(split, realm_seen));
  return split;
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (char c : text) {
    switch (c) {
      case '/':
      case '@':
      case '\\':
        out += '\\';
        out += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\0':
        out += "\\0";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace

Result<Principal> Principal::Parse(std::string_view text) {
  Split split = TRY(SplitName(text));
  Principal out;
  for (Part& part : split.components) out.components.push_back(std::move(part.text));
  out.realm = std::move(split.realm.text);
  return out;
}

std::string Principal::text() const {
  std::string out;
  for (const std::string& component : components) {
    if (!out.empty()) out += '/';
    AppendEscaped(out, component);
  }
  out += '@';
  AppendEscaped(out, realm);
  return out;
}

Result<PrincipalPattern> PrincipalPattern::Parse(std::string_view text) {
  Split split = TRY(SplitName(text));
  if (split.realm.bare_star) return Fail("the realm is always literal: no `*` in it");
  PrincipalPattern out;
  for (Part& part : split.components) {
    bool any = part.bare_star && part.text == "*";
    if (part.bare_star && !any) {
      return Fail("`*` stands for a whole component only (write \\* for the character): " +
                  EscapeForLog(part.text));
    }
    out.any_.push_back(any);
    out.shape_.components.push_back(std::move(part.text));
  }

  out.shape_.realm = std::move(split.realm.text);
  return out;
}

Result<> PrincipalPattern::Match(const Principal& principal) const {
  auto differs = [](std::string what, std::string_view found, std::string_view wanted) {
    return Fail(what + " is " + EscapeForLog(found) + ", not " + EscapeForLog(wanted));
  };
  if (any_.empty()) return Fail("the pattern is empty");
  if (principal.realm != shape_.realm) return differs("the realm", principal.realm, shape_.realm);
  if (principal.components.size() != any_.size()) {
    return Fail("it has " + std::to_string(principal.components.size()) +
                (principal.components.size() == 1 ? " component, not " : " components, not ") +
                std::to_string(any_.size()) + " (* stands for one)");
  }

  for (std::size_t i = 0; i < any_.size(); ++i) {
    if (any_[i] || principal.components[i] == shape_.components[i]) continue;
    return differs("component " + std::to_string(i + 1), principal.components[i],
                   shape_.components[i]);
  }
  return {};
}

std::string PrincipalPattern::text() const {
  std::string out;
  for (std::size_t i = 0; i < any_.size(); ++i) {
    if (i > 0) out += '/';
    if (any_[i]) {
      out += '*';
      continue;
    }
    std::string escaped;
    AppendEscaped(escaped, shape_.components[i]);
    for (char c : escaped) {
      if (c == '*') out += '\\';
      out += c;
    }
  }

  out += '@';
  AppendEscaped(out, shape_.realm);
  return out;
}

}  // namespace funnel::config
