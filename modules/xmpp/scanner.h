// Finds where an XML element ends, with the little of XML that this needs. What a stream must not
// contain (RFC 6120, section 11.1: comments, processing instructions, document types) is refused.
// The names of end tags are not compared: the applications' parsers do that, and end the stream if
// they are wrong. Nesting is counted, so it takes no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace xmpp {

// The most elements of a stanza inside each other; more than this is an attack.
constexpr std::uint32_t kMaxDepth = 512;

class Scanner {
 public:
  enum class Event {
    kNothing,
    kStartTag,  // the outermost element's start tag has ended
    kElement,   // the outermost element has ended
    kStrayEnd,  // an end tag without an element: that of the stream
    kWrong,
  };

  // Reads BYTES until something happens; TAKEN: how many of them it has read by then.
  [[nodiscard]] Event Scan(std::string_view bytes, std::size_t& taken);

 private:
  enum class State { kText, kOpen, kStartTag, kEmpty, kQuoted, kEndTag, kMark, kCharacterData };

  [[nodiscard]] Event Next(char c);
  [[nodiscard]] Event NextInTag(char c);
  [[nodiscard]] Event BeginTag(char c);
  [[nodiscard]] Event EndElement();

  State state_ = State::kText;
  std::uint32_t depth_ = 0;
  std::size_t matched_ = 0;  // kMark, kCharacterData: of the text that begins or ends it
  char quote_ = 0;           // kQuoted
};

}  // namespace xmpp
