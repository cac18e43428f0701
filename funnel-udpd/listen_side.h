// The client side of a UDP service: clients' datagrams become DATAGRAMs of sessions, answers go
// back to the client from the address it asked. A flow outlives its channel: the next channel
// announces it again.
//
// Owned by UdpEdge, on the loop's thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "funnel-udpd/flow.h"
#include "funnel-udpd/listener.h"
#include "funnel-udpd/waiting_queue.h"

namespace funnel::udpd {

class ListenSide final : public Listener::User {
 public:
  ListenSide(SharedState& shared, SendBatch& out);
  ~ListenSide() override;

  // Takes the listening sockets and begins to read.
  [[nodiscard]] Result<> Start(std::vector<UniqueFd> sockets);
  void Stop();
  // Since when there has been no flow; nullopt: there is one.
  [[nodiscard]] std::optional<TimePoint> IdleSince() const;
  void OnReload();

  void OnChannelUp(service::ChannelHandle& channel);
  void OnChannelDown(service::ChannelHandle& channel);
  void OnDatagram(service::ChannelHandle& channel, SessionId session, ByteView datagram);
  // Also where the backend refused what was sent.
  void OnSessionReset(service::ChannelHandle& channel, SessionId session);
  void OnSessionsAvailable();

  // For funnelctl.
  [[nodiscard]] std::size_t flow_count() const { return flows_.size(); }
  void VisitSessions(const std::function<void(const service::SessionView&)>& visit);
  [[nodiscard]] bool ResetSession(service::ChannelHandle& channel, SessionId session);

  void OnClientDatagram(Listener& listener, const SocketAddress& client, const SocketAddress& local,
                        ByteView datagram) override;

 private:
  // What one channel carries of our flows.
  struct ChannelFlows : service::ChannelData {
    std::unordered_map<SessionId, Flow*> by_session;
  };
  static ChannelFlows& FlowsOf(service::ChannelHandle& channel) {
    return static_cast<ChannelFlows&>(*channel.data);
  }
  // Whether that is within what CLIENT may send; counts and logs that it is not.
  [[nodiscard]] bool IsWithinLimits(const SocketAddress& client, std::size_t bytes, TimePoint now);
  void OnRefused(const SocketAddress& client, const service::ClientLimits::Refusal& refusal);
  // nullptr: a client without a flow came while the service is being drained, or over its rate.
  [[nodiscard]] Flow* FindOrAdd(const FlowKey& key, Listener& listener, TimePoint now);
  // Ends the least useful flow where a new one of KEY's client would exceed max-flows or its share.
  void MakeRoom(const FlowKey& key);
  // Detaches the flow and destroys it, by END.
  void End(Flow& flow, const service::AccessEnd& end);
  void LogAccess(const Flow& flow, const service::AccessEnd& end);
  // Whether suppress-resends drops DATAGRAM; remembers it otherwise.
  [[nodiscard]] bool IsResend(Flow& flow, ByteView datagram, TimePoint now);
  // Whether a datagram of the flow follows: what opens its session goes with that.
  enum class Speaks { kNow, kLater };
  // Makes FLOW a session of the channel with the fewest. False: none takes one now.
  [[nodiscard]] bool Announce(Flow& flow, Speaks speaks);
  // Ends the flow's session on its channel; the flow itself stays.
  void Detach(Flow& flow);
  // What was sent is not on its way any more.
  static void ForgetResends(Flow& flow);
  // A datagram that waited for a channel has gone: its resend must not be suppressed.
  void OnWaitingDropped(const FlowKey& key);
  // Keeps DATAGRAM until a channel takes its flow, for connect-wait at most.
  void Wait(const FlowKey& key, ByteView datagram, TimePoint now);
  // Sends what waits, oldest first, as far as channels take flows.
  void SendWaiting();
  // Gives the flows that have lost their channel another, as far as channels take them.
  void AnnounceAgain();
  // Ends flows that were idle for too long, and drops datagrams that waited for too long.
  void Expire();
  void ArmExpiry();
  // How long flows may be idle, by how useful they are.
  [[nodiscard]] FlowRanks::Patience Patience() const;

  SharedState& shared_;
  SendBatch& out_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  FlowTable flows_;
  TimePoint last_flow_end_ = Now();
  WaitingQueue waiting_;
  std::vector<service::ChannelHandle*> channels_;
  std::unique_ptr<event::Timer> expiry_;
  TimePoint expiry_at_{};
};

}  // namespace funnel::udpd
