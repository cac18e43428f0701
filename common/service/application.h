// What an edge daemon (funnel-udpd, funnel-tcpd) implements, and the channels that it gets.
// Everything else that edges share is in this folder: edge.h ties it together, run_edge.h is
// main().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/config/service_config.h"
#include "common/service/channel/channel_identity.h"
#include "common/service/channel/module_ends.h"
#include "common/service/forward.h"
#include "common/wire/channel/channel.h"

namespace funnel::service {

class BackendPool;

// What an application stores with a channel.
class ChannelData {
 public:
  virtual ~ChannelData() = default;
};

// What a protocol module says that a message is: "search request", 5. It never has payload.
struct MessageLabel {
  const char* text = nullptr;  // nullptr: nothing
  std::optional<std::uint64_t> number = {};
};

// One live channel. Valid from OnChannelUp until OnChannelDown has returned.
class ChannelHandle {
 public:
  // For its sending calls, which may be made from anywhere on the loop's thread. Flush, OnSealed,
  // OnLinkClosed, OnTimer, Close and the calls about rekeying are made by this library only.
  [[nodiscard]] virtual wire::Channel& wire() = 0;
  // Call it after sending: what waits is sent at the end of this turn of the loop, in as few frames
  // and system calls as possible. It is cheap, so call it as often as you like. It is not needed
  // inside the Application's OnX callbacks that come from the channel itself.
  virtual void RequestFlush() = 0;

  // Stays the same for as long as the channel lives.
  [[nodiscard]] virtual const ChannelIdentity& identity() const = 0;
  [[nodiscard]] wire::Role role() const { return identity().role; }
  [[nodiscard]] const std::string& peer() const { return identity().peer; }
  [[nodiscard]] const std::string& local_principal() const { return identity().local_principal; }
  [[nodiscard]] const std::string& remote_principal() const { return identity().remote_principal; }
  [[nodiscard]] wire::Features features() const { return identity().features; }
  // The protocol module of the other end; nullopt: it has not said, or is of an earlier version.
  [[nodiscard]] virtual const std::optional<EndModule>& peer_module() const = 0;
  [[nodiscard]] std::uint64_t serial() const { return identity().serial; }
  // For `funnelctl trace`: LABEL describes the message NUMBER of SESSION, which was just sent.
  virtual void TraceMessage(SessionId /*session*/, std::uint64_t /*number*/,
                            const MessageLabel& /*label*/) {}
  // The same of the datagram of SESSION that was just sent.
  virtual void TraceDatagram(SessionId /*session*/, const MessageLabel& /*label*/) {}

  // Belongs to the application; is destroyed with the channel.
  std::unique_ptr<ChannelData> data;

 protected:
  ~ChannelHandle() = default;
};

// One that came over a channel.
struct Datagram {
  ByteView bytes;
  std::uint8_t dscp = 0;  // of the packet in which it came to the far side
};

// One session - a flow, a connection - as `funnelctl sessions` shows it.
struct SessionView {
  // What carries it; nullptr: it waits for a channel.
  ChannelHandle* channel = nullptr;
  SessionId id;
  std::string_view state;  // "open", "connecting", "waiting"
  std::string client;      // addresses as the far side stated them; may be empty
  std::string local;
  std::string backend;  // connecting side
  // What the module reads it as: "dns", "dns: bytes"; empty: the service has no module.
  std::string module;
  TimePoint opened{};
  TimePoint active{};  // set where the application knows it better than the channel
};

// The callbacks from OnSessionOpened to OnSessionsAvailable are those of wire::ChannelObserver,
// with the rules that are written there (no destruction, no flush; every sending call is allowed).
class Application {
 public:
  virtual ~Application() = default;

  // The channel has its keys: the initiator may open sessions and send at once.
  virtual void OnChannelUp(ChannelHandle& channel) = 0;
  // Between OnChannelUp and OnChannelDown: the other end has shown that it has the keys, has said
  // what becomes of new sessions there (wire::Channel::serving), or has closed the channel, which
  // takes no more sessions.
  virtual void OnChannelChanged(ChannelHandle& /*channel*/) {}
  // Before this, each live session of the channel got OnSessionReset. clean: FAREWELL authenticated
  // it.
  virtual void OnChannelDown(ChannelHandle& channel, wire::EndCode code, bool clean) = 0;
  // Initiator: there is no channel, and none will be tried before UNTIL, because of an
  // authenticated refusal or a failure of ours. Clients that would not wait until then can be
  // refused.
  virtual void OnUnavailable(const std::string& /*reason*/, TimePoint /*until*/) {}

  virtual void OnSessionOpened(ChannelHandle& channel, SessionId session,
                               const wire::SessionInfo& info) = 0;
  virtual void OnDatagram(ChannelHandle& /*channel*/, SessionId /*session*/,
                          const Datagram& /*datagram*/) {}
  virtual std::size_t OnMessage(ChannelHandle& /*channel*/, SessionId /*session*/, ByteView bytes) {
    return bytes.size();
  }
  virtual void OnFin(ChannelHandle& /*channel*/, SessionId /*session*/) {}
  virtual void OnSessionReset(ChannelHandle& channel, SessionId session, wire::EndCode code) = 0;
  virtual void OnWritable(ChannelHandle& /*channel*/, SessionId /*session*/) {}
  virtual void OnSessionsAvailable(ChannelHandle& /*channel*/) {}

  // Since when there has been no flow and no connection; if there never was one, since the start.
  // nullopt: there are some. For idle-exit.
  [[nodiscard]] virtual std::optional<TimePoint> IdleSince() const { return std::nullopt; }

  // SIGHUP: the service's configuration was read again and is valid. Role, protocol and addresses
  // to listen on are unchanged (a change of these needs a restart; the library logs that).
  virtual void OnReload(const config::ServiceConfig& /*service*/) {}
  // For funnelctl: how many sessions there are, including those that wait.
  [[nodiscard]] virtual std::size_t session_count() const { return 0; }
  // The service's protocol module; "": it has none, or the module is missing.
  [[nodiscard]] virtual std::string module_name() const { return ""; }
  // Of a connecting service; nullptr: it has none.
  [[nodiscard]] virtual const BackendPool* backends() const { return nullptr; }
  virtual void VisitSessions(const std::function<void(const SessionView&)>& /*visit*/) {}
  // Ends the session as if its client or backend had; false: there is none.
  virtual bool ResetSession(ChannelHandle& /*channel*/, SessionId /*session*/) { return false; }
  // Takes connections at a port of the asker's, until EndForward() or until it calls on_stopped.
  [[nodiscard]] virtual Result<ForwardId> AddForward(ForwardRequest /*request*/) {
    return Fail("only a listening service with protocol = socks can forward");
  }
  // It takes no more connections; those that it has taken go on. It may be over already.
  virtual void EndForward(ForwardId /*id*/) {}
  virtual void VisitForwards(const std::function<void(const ForwardView&)>& /*visit*/) {}
  // While it drains, it takes no new sessions; the existing ones continue.
  virtual void SetDraining(bool /*draining*/) {}

  // SIGTERM: take nothing new. The channels are closed right after this, which resets live
  // sessions.
  virtual void OnStop() {}
};

}  // namespace funnel::service
