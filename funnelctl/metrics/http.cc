#include "funnelctl/metrics/http.h"

#include <algorithm>

namespace funnel::ctl {
namespace {

constexpr std::string_view kMetricsPath = "/metrics";
constexpr std::string_view kTokenCharacters = "!#$%&'*+-.^_`|~";

bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kTokenCharacters.find(c) != std::string_view::npos;
}

// RFC 9110, section 5.6.2.
bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsTokenCharacter);
}

// Removes the part before SEPARATOR, and SEPARATOR, from TEXT; returns the part.
std::string_view TakeUntil(std::string_view& text, char separator) {
  std::size_t at = text.find(separator);
  std::string_view out = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return out;
}

// A lone LF ends a line, as CR LF does (RFC 9112, section 2.2).
std::string_view TakeLine(std::string_view& text) {
  std::string_view line = TakeUntil(text, '\n');
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

// Fields are checked only as far as they could hide a second meaning; HTTP/1.1 needs one Host.
bool HeaderIsWellFormed(std::string_view fields, bool needs_host) {
  int hosts = 0;
  for (;;) {
    std::string_view line = TakeLine(fields);
    if (line.empty()) break;
    std::string_view name = line.substr(0, line.find(':'));
    if (name.size() == line.size() || !IsToken(name)) return false;
    bool plain = std::ranges::all_of(
        line, [](char c) { return static_cast<unsigned char>(c) >= ' ' || c == '\t'; });
    if (!plain) return false;
    if (EqualsIgnoringCase(name, "host")) ++hosts;
  }
  return hosts <= 1 && (hosts == 1 || !needs_host);
}

// The path of "/metrics?x" and "http://host/metrics" is "/metrics"; "" for any other form.
std::string PathOf(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (target.starts_with(kScheme)) {
    target.remove_prefix(kScheme.size());
    std::size_t slash = target.find('/');
    if (slash == 0) return {};
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  bool visible = std::ranges::all_of(target, [](char c) { return c > ' ' && c < 0x7f; });
  if (!visible || !target.starts_with('/')) return {};
  return std::string(target.substr(0, target.find('?')));
}

std::string_view ReasonOf(HttpStatus status) {
  switch (status) {
    case HttpStatus::kOk:
      return "OK";
    case HttpStatus::kBadRequest:
      return "Bad Request";
    case HttpStatus::kNotFound:
      return "Not Found";
    case HttpStatus::kMethodNotAllowed:
      return "Method Not Allowed";
    case HttpStatus::kTimeout:
      return "Request Timeout";
    case HttpStatus::kTooLarge:
      return "Request Header Fields Too Large";
  }

  return {};
}

}  // namespace

HttpRequest ParseHttpRequest(std::string_view header) {
  HttpRequest out;
  std::string_view line = TakeLine(header);
  std::string_view method = TakeUntil(line, ' ');
  std::string_view target = TakeUntil(line, ' ');
  out.path = PathOf(target);
  bool version_known = line == "HTTP/1.1" || line == "HTTP/1.0";
  if (!IsToken(method) || !version_known) return out;
  if (!HeaderIsWellFormed(header, /*needs_host=*/line == "HTTP/1.1")) return out;
  out.head = method == "HEAD";

  if (method != "GET" && !out.head) {
    out.status = HttpStatus::kMethodNotAllowed;
  } else if (!out.path.empty()) {
    bool ours = out.path == "/" || out.path == kMetricsPath;
    out.status = ours ? HttpStatus::kOk : HttpStatus::kNotFound;
  }

  return out;
}

std::string HttpAnswer(HttpStatus status, bool head, std::string_view type, std::string_view body) {
  std::string out = "HTTP/1.1 " + std::to_string(static_cast<int>(status)) + ' ' +
                    std::string(ReasonOf(status)) + "\r\n";
  out += "Content-Type: " + std::string(type) + "\r\n";
  out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  if (status == HttpStatus::kMethodNotAllowed) out += "Allow: GET, HEAD\r\n";
  out += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
  return head ? out : out + std::string(body);
}

}  // namespace funnel::ctl
