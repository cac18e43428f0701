#include "modules/xmpp/scanner.h"

namespace xmpp {
namespace {

// It follows "<".
constexpr std::string_view kCharacterDataMark = "![CDATA[";
constexpr std::size_t kClosingBrackets = 2;  // of "]]>"

}  // namespace

Scanner::Event Scanner::Scan(std::string_view bytes, std::size_t& taken) {
  for (taken = 0; taken < bytes.size();) {
    const Event event = Next(bytes[taken++]);
    if (event != Event::kNothing) return event;
  }
  return Event::kNothing;
}

Scanner::Event Scanner::Next(char c) {
  switch (state_) {
    case State::kText:
      if (c == '<') state_ = State::kOpen;
      return Event::kNothing;
    case State::kOpen:
      return BeginTag(c);
    case State::kStartTag:
    case State::kEmpty:
    case State::kEndTag:
      return NextInTag(c);

    case State::kQuoted:
      if (c == '<') return Event::kWrong;
      if (c == quote_) state_ = State::kStartTag;
      return Event::kNothing;

    case State::kMark:
      if (c != kCharacterDataMark[matched_]) return Event::kWrong;
      if (++matched_ < kCharacterDataMark.size()) return Event::kNothing;
      state_ = State::kCharacterData;
      matched_ = 0;

      return Event::kNothing;
    case State::kCharacterData:
      if (c == '>' && matched_ == kClosingBrackets) state_ = State::kText;
      if (c != ']') {
        matched_ = 0;
      } else if (matched_ < kClosingBrackets) {
        ++matched_;
      }
      return Event::kNothing;
  }
  return Event::kWrong;
}

Scanner::Event Scanner::BeginTag(char c) {
  if (c == '/') {
    state_ = State::kEndTag;
  } else if (c == '!' && depth_ > 0) {
    state_ = State::kMark;
    matched_ = 1;
  } else if (c == '!' || c == '?' || c == '>' || c == '<' || c == ' ') {
    return Event::kWrong;
  } else {
    state_ = State::kStartTag;
  }
  return Event::kNothing;
}

Scanner::Event Scanner::NextInTag(char c) {
  if (c == '<' || (state_ == State::kEmpty && c != '>')) return Event::kWrong;
  if (state_ == State::kStartTag && (c == '"' || c == '\'')) {
    state_ = State::kQuoted;
    quote_ = c;
  } else if (state_ == State::kStartTag && c == '/') {
    state_ = State::kEmpty;
  }
  if (c != '>') return Event::kNothing;

  const State tag = state_;
  state_ = State::kText;
  if (tag == State::kEndTag) return EndElement();
  if (++depth_ > kMaxDepth) return Event::kWrong;
  if (tag == State::kEmpty) return EndElement();
  return depth_ == 1 ? Event::kStartTag : Event::kNothing;
}

Scanner::Event Scanner::EndElement() {
  if (depth_ == 0) return Event::kStrayEnd;
  return --depth_ == 0 ? Event::kElement : Event::kNothing;
}

}  // namespace xmpp
