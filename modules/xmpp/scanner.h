// Where an XML element ends: the little of XML that this needs. What a stream must not contain
// (RFC 6120, section 11.1: comments, processing instructions, document types) is refused. That the
// names of end tags are right is left to the applications, whose parsers end the stream where they
// are not. Nesting is counted, so that it takes no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace xmpp {

// Elements of a stanza that stand in each other; more is somebody who means no good.
constexpr std::uint32_t kMaxDepth = 512;

class Scanner {
 public:
  enum class Event {
    kNothing,
    kStartTag,  // that of the outermost element has ended
    kElement,   // the outermost element has ended
    kStrayEnd,  // an end tag that ends none: that of the stream
    kWrong,
  };

  // Goes on through BYTES until something happens; TAKEN: how many of them it has read by then.
  [[nodiscard]] Event Scan(std::string_view bytes, std::size_t& taken);

 private:
  enum class State { kText, kOpen, kStartTag, kEmpty, kQuoted, kEndTag, kMark, kCharacterData };

  [[nodiscard]] Event Next(char c);
  [[nodiscard]] Event NextInTag(char c);
  [[nodiscard]] Event BeginTag(char c);
  [[nodiscard]] Event EndElement();

  State state_ = State::kText;
  std::uint32_t depth_ = 0;
  std::size_t matched_ = 0;  // kMark, kCharacterData: of what begins or ends it
  char quote_ = 0;           // kQuoted
};

}  // namespace xmpp
