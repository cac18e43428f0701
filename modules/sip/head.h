// The head of a SIP message (RFC 3261, section 7): a start line, header fields, an empty line; each
// line ends with CR LF.
//
//   INVITE sip:b@example.test SIP/2.0          or: SIP/2.0 200 OK
//   Call-ID: 1@a                               or: i: 1@a
//   Content-Length: 5                          or: l: 5
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sip {

inline constexpr std::string_view kLineEnd = "\r\n";
// The longest head: a longer one counts as another protocol.
constexpr std::size_t kHeadMax = 16384;
// The dialogs that a message can name: its own, and one each in Replaces, Join and Target-Dialog.
constexpr std::size_t kMaxDialogs = 4;

struct Head {
  std::size_t size = 0;  // with the empty line
  bool request = false;
  std::string_view method;  // of a request
  unsigned status = 0;      // of a response
  std::optional<std::uint64_t> content_length;
  std::string_view dialogs[kMaxDialogs];  // Call-IDs; first the message's own
  std::size_t dialog_count = 0;
  std::string_view via;          // the first of the topmost Via field: where it comes from, branch
  std::string_view cseq_method;  // of CSeq
};
// The parameter "branch" of VIA with the cookie that makes it unique (section 8.1.1.7); empty: it
// has none.
[[nodiscard]] std::string_view BranchOf(std::string_view via);

enum class Parsed { kHead, kNeedMore, kWrong };
// BYTES, at least one. HEAD points into them.
[[nodiscard]] Parsed ParseHead(std::string_view bytes, Head& head);

}  // namespace sip
