#include "modules/sip/head.h"

#include <algorithm>

#include "modules/common/ascii.h"

namespace sip {
namespace {

using funnel_modules::EqualsIgnoringCase;
using funnel_modules::IsDigit;
using funnel_modules::IsLetter;

constexpr std::string_view kVersion = "SIP/2.0";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kMaxDigits = 9;

constexpr bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// RFC 3261, section 25.1: token.
constexpr bool IsToken(char c) {
  return IsDigit(c) || IsLetter(c) || std::string_view("-.!%*_+`'~").contains(c);
}
bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return IsToken(c); });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Whether TEXT can be the beginning of a start line. If not, the first byte that differs shows it.
bool MayBegin(std::string_view text) {
  if (text.starts_with(kVersion.substr(0, text.size()))) return true;
  const std::size_t space = text.find(' ');
  if (!text.starts_with(kVersion)) return IsToken(text.substr(0, space));
  return false;
}

bool ReadStatusLine(std::string_view line, Head& head) {
  line.remove_prefix(kVersion.size());
  constexpr std::size_t kStatusSize = 4;  // " 200"
  if (line.size() < kStatusSize || line[0] != ' ') return false;
  for (std::size_t i = 1; i < kStatusSize; ++i) {
    if (!IsDigit(line[i])) return false;
    head.status = head.status * 10 + static_cast<unsigned>(line[i] - '0');
  }
  return head.status >= 100 && head.status < 700 &&
         (line.size() == kStatusSize || line[kStatusSize] == ' ');
}

bool ReadStartLine(std::string_view line, Head& head) {
  if (line.starts_with("SIP/")) return line.starts_with(kVersion) && ReadStatusLine(line, head);
  const std::size_t space = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (space == std::string_view::npos || last <= space + 1) return false;
  head.request = true;
  head.method = line.substr(0, space);
  const std::string_view uri = line.substr(space + 1, last - space - 1);
  return IsToken(head.method) && uri.find(':') != std::string_view::npos && !uri.contains(' ') &&
         line.substr(last + 1) == kVersion;
}

bool ReadContentLength(std::string_view value, Head& head) {
  if (value.empty() || value.size() > kMaxDigits || !std::ranges::all_of(value, IsDigit))
    return false;
  std::uint64_t length = 0;
  for (const char digit : value) length = length * 10 + static_cast<unsigned>(digit - '0');
  // With two different lengths, somebody could hide a message in another.
  if (head.content_length && *head.content_length != length) return false;
  head.content_length = length;
  return true;
}

// Adds CALL_ID, which is the message's own if OWN says so, after those that are there.
bool AddDialog(std::string_view call_id, bool own, Head& head) {
  if (call_id.empty()) return false;
  if (own) {
    if (!head.dialogs[0].empty()) return false;
    head.dialogs[0] = call_id;
    return true;
  }
  if (head.dialog_count == kMaxDialogs) return false;
  head.dialogs[head.dialog_count++] = call_id;
  return true;
}

bool ReadField(std::string_view name, std::string_view value, Head& head) {
  if (!IsToken(name)) return false;
  if (EqualsIgnoringCase(name, "Via") || EqualsIgnoringCase(name, "v")) {
    if (head.via.empty()) head.via = Trim(value.substr(0, value.find(',')));
    return true;
  }
  if (EqualsIgnoringCase(name, "CSeq")) {
    const std::size_t space = value.find_last_of(" \t");
    if (space != std::string_view::npos) head.cseq_method = value.substr(space + 1);
    return true;
  }
  if (EqualsIgnoringCase(name, "Content-Length") || EqualsIgnoringCase(name, "l"))
    return ReadContentLength(value, head);
  if (EqualsIgnoringCase(name, "Call-ID") || EqualsIgnoringCase(name, "i"))
    return AddDialog(value, /*own=*/true, head);
  // RFC 3891, RFC 3911, RFC 4538: the Call-ID, then parameters.
  for (const std::string_view other : {"Replaces", "Join", "Target-Dialog"})
    if (EqualsIgnoringCase(name, other))
      return AddDialog(Trim(value.substr(0, value.find(';'))), /*own=*/false, head);
  return true;
}

// A CR or LF that is not part of a line's end: some programs take it for one, and would see other
// messages.
bool HasStrayLineEnd(std::string_view head) {
  for (std::size_t at = 0; at < head.size(); ++at) {
    if (head[at] == '\0' || head[at] == '\n') return true;
    if (head[at] != '\r') continue;
    if (at + 1 == head.size()) return false;
    if (head[++at] != '\n') return true;
  }
  return false;
}

// Finds a line's end that no continuation (section 7.3.1) follows.
std::size_t FindFieldEnd(std::string_view text) {
  std::size_t end = text.find(kLineEnd);
  while (end + 2 < text.size() && (text[end + 2] == ' ' || text[end + 2] == '\t'))
    end = text.find(kLineEnd, end + 2);
  return end;
}

bool ReadFields(std::string_view fields, Head& head) {
  while (!fields.empty()) {
    const std::size_t end = FindFieldEnd(fields);
    const std::string_view field = fields.substr(0, end);
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos) return false;
    std::string_view name = field.substr(0, colon);
    while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
    if (!ReadField(name, Trim(field.substr(colon + 1)), head)) return false;
    fields.remove_prefix(end + kLineEnd.size());
  }
  return true;
}

}  // namespace

std::string_view BranchOf(std::string_view via) {
  constexpr std::string_view kBranch = "branch=", kCookie = "z9hG4bK";
  while (via.contains(';')) {
    via.remove_prefix(via.find(';') + 1);
    const std::string_view parameter = Trim(via.substr(0, via.find(';')));
    if (!EqualsIgnoringCase(parameter.substr(0, kBranch.size()), kBranch)) continue;
    const std::string_view branch = parameter.substr(kBranch.size());
    if (branch.size() > kCookie.size() && branch.starts_with(kCookie)) return branch;
  }
  return {};
}

Parsed ParseHead(std::string_view bytes, Head& head) {
  const std::size_t end = bytes.find(kHeadEnd);
  const std::string_view there =
      end == std::string_view::npos ? bytes : bytes.substr(0, end + kHeadEnd.size());
  const std::size_t first = there.find(kLineEnd);
  if (!MayBegin(there.substr(0, first)) || HasStrayLineEnd(there)) return Parsed::kWrong;
  if (first != std::string_view::npos && !ReadStartLine(there.substr(0, first), head))
    return Parsed::kWrong;
  if (end == std::string_view::npos) return Parsed::kNeedMore;

  head.size = there.size();
  head.dialog_count = 1;  // this place is for the message's own dialog
  const std::size_t begin = first + kLineEnd.size();
  const bool read = ReadFields(there.substr(begin, end + kLineEnd.size() - begin), head);
  return read && !head.dialogs[0].empty() ? Parsed::kHead : Parsed::kWrong;
}

}  // namespace sip
