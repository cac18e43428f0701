// The imap module at work on text, with its verdicts in words.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tests/unit/modules/module_under_test.h"

namespace funnel::module {

class Imap : public ModuleUnderTest {
 public:
  // A literal without its closing zero; zeros before it are kept.
  template <std::size_t Size>
  funnel_verdict Client(const char (&text)[Size]) {
    return Client(std::string(text, Size - 1));
  }
  funnel_verdict Client(const std::string& text) { return Read(FUNNEL_CLIENT, AsBytes(text)); }
  funnel_verdict Server(const std::string& text) { return Read(FUNNEL_SERVER, AsBytes(text)); }
};

inline funnel_verdict OfClient(const std::string& text) { return Imap().Client(text); }
inline funnel_verdict OfServer(const std::string& text) { return Imap().Server(text); }

inline bool IsMessage(const funnel_verdict& verdict) { return verdict.kind == FUNNEL_MESSAGE; }
inline bool IsMismatch(const funnel_verdict& verdict) { return verdict.kind == FUNNEL_MISMATCH; }
inline bool IsStream(const funnel_verdict& verdict) { return verdict.kind == FUNNEL_STREAM; }
inline bool IsBarrier(const funnel_verdict& verdict) {
  return IsMessage(verdict) && verdict.order == FUNNEL_BARRIER;
}

// "tag flags-r": the key of its tag is exclusive, that of flags is shared. "barrier", "all" for
// others.
inline std::string Keys(const funnel_verdict& verdict) {
  if (!IsMessage(verdict)) return "no message";
  if (verdict.order != FUNNEL_BY_KEYS) return verdict.order == FUNNEL_BARRIER ? "barrier" : "all";
  const char* const names[] = {"?", "tag", "flags", "#", "uid", "modseq"};
  std::string out;
  for (const funnel_key& key : std::span(verdict.keys, verdict.key_count)) {
    out += out.empty() ? "" : " ";
    out += names[key.space];
    if (key.space == 3 || key.space == 4) out += std::to_string(key.value);
    if (key.mode == FUNNEL_SHARED) out += "-r";
  }
  return out;
}

}  // namespace funnel::module
