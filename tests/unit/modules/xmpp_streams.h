// The xmpp module at work on streams, with its verdicts in words.
#pragma once

#include <string>
#include <string_view>

#include "tests/unit/modules/module_under_test.h"

namespace funnel::module {

inline std::string Header(const std::string& content = "jabber:client",
                          const std::string& more = "") {
  return "<stream:stream to='x.test' version='1.0' xmlns='" + content +
         "' xmlns:stream=\"http://etherx.jabber.org/streams\"" + more + ">";
}

// A connection on which both streams have begun.
class Xmpp : public ModuleUnderTest {
 public:
  explicit Xmpp(const std::string& content = "jabber:client") {
    (void)Client(Header(content));
    (void)Server(Header(content));
  }
  funnel_verdict Client(const std::string& text) { return Read(FUNNEL_CLIENT, AsBytes(text)); }
  funnel_verdict Server(const std::string& text) { return Read(FUNNEL_SERVER, AsBytes(text)); }
};
class XmppServers : public Xmpp {
 public:
  XmppServers() : Xmpp("jabber:server") {}
};

inline funnel_verdict OfClient(const std::string& text) { return Xmpp().Client(text); }
inline funnel_verdict OfServer(const std::string& text) { return Xmpp().Server(text); }
inline funnel_verdict BetweenServers(const std::string& text) { return XmppServers().Client(text); }

inline bool IsMessage(const funnel_verdict& verdict) { return verdict.kind == FUNNEL_MESSAGE; }
inline bool IsMismatch(const funnel_verdict& verdict) { return verdict.kind == FUNNEL_MISMATCH; }
inline bool IsStream(const funnel_verdict& verdict) { return verdict.kind == FUNNEL_STREAM; }
inline bool IsBarrier(const funnel_verdict& verdict) {
  return IsMessage(verdict) && verdict.order == FUNNEL_BARRIER;
}
// The key of its pair; 0: it has none, or is no message.
inline std::uint64_t PairOf(const funnel_verdict& verdict) {
  const bool has = IsMessage(verdict) && verdict.order == FUNNEL_BY_KEYS && verdict.key_count == 1;
  return has ? verdict.keys[0].value : 0;
}

}  // namespace funnel::module
