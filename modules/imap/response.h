// What a server's response means for the order (RFC 9051, section 7):
//
//   + text                    goes on with a literal or with SASL
//   * OK text                 a status; also NO, BAD, BYE, PREAUTH
//   * 12 FETCH (UID 40 ...)   data of a message; * 12 EXISTS, * SEARCH 1 2: other data
//   a1 OK text                the result of the command with this tag; also NO, BAD
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace imap {

struct Response {
  enum Kind { kContinuation, kStatus, kData, kFetch, kResult };

  Kind kind = kData;
  std::uint32_t number = 0;  // kFetch: of the message
  std::string_view tag;      // kResult
  bool success = false;      // kResult: OK
  bool plain = false;        // kResult: only a text follows it

  // Whether what looks like the announcement of a literal is one: not in texts for people.
  [[nodiscard]] bool has_literals() const { return kind == kData || kind == kFetch; }
};

// BYTES: the first line, as far as it is there. False: it is no response.
[[nodiscard]] bool ParseResponse(std::string_view bytes, Response& response);
// Whether a response can begin with BYTES, in which no line ends.
[[nodiscard]] bool MayBeginResponse(std::string_view bytes);

// The content of a kFetch's list.
struct FetchData {
  std::optional<std::uint32_t> uid;
  bool mod_sequence = false;
};
// BYTES: the response, as far as it is there.
[[nodiscard]] FetchData ReadFetch(std::string_view bytes);

}  // namespace imap
