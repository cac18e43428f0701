// The owner of a conversation, and messages of the toy protocol in a row.
#pragma once

#include <string>

#include "common/module/conversation.h"
#include "tests/unit/module/toy_module.h"

namespace funnel::module {

// The owner's part: sends all that it gets, and records what.
class Application {
 public:
  explicit Application(const struct funnel_module& module = kToyModule)
      : conversation_(module, &toy_object, FUNNEL_CLIENT) {}

  // "free(3)": a message of that many bytes; "follows 0(3)", "after-all(3)", "ordered(3)",
  // "stream(3)"; a "+" after it: the unit continues.
  std::string Send(ByteView bytes) {
    conversation_.Append(bytes);
    return Drain();
  }
  std::string Drain() {
    std::string sent;
    for (;;) {
      const Framer::Piece piece = conversation_.Next();
      if (piece.empty) return sent;
      if (!sent.empty()) sent += ' ';
      sent += Text(piece);
      output_.insert(output_.end(), piece.bytes.begin(), piece.bytes.end());
      if (piece.stream)
        conversation_.SentBytes(piece.bytes.size());
      else
        conversation_.SentMessage(number_++);
    }
  }

  [[nodiscard]] Conversation& conversation() { return conversation_; }
  [[nodiscard]] const Bytes& output() const { return output_; }

 private:
  static std::string Text(const Framer::Piece& piece) {
    const std::string size = '(' + std::to_string(piece.bytes.size()) + ')';
    const std::string more = piece.more ? "+" : "";
    if (piece.stream) return "stream" + size;
    switch (piece.order) {
      case wire::Order::kFree:
        return "free" + size + more;
      case wire::Order::kOrdered:
        return "ordered" + size + more;
      case wire::Order::kFollows:
        return "follows " + std::to_string(piece.after) + size + more;
      case wire::Order::kAfterAll:
        return "after-all" + size + more;
    }
    return "";
  }

  Conversation conversation_;
  std::uint64_t number_ = 0;
  Bytes output_;
};

inline Bytes operator+(const Bytes& left, const Bytes& right) {
  Bytes out(left);
  out.insert(out.end(), right.begin(), right.end());
  return out;
}
inline Bytes operator+(ByteView left, const Bytes& right) {
  return Bytes(left.begin(), left.end()) + right;
}

}  // namespace funnel::module
