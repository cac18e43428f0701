// The client side of a UDP service: clients' datagrams become DATAGRAMs of sessions, and answers go
// back to the client from the address that it asked. A flow outlives its channel: the next channel
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
  void OnDatagram(service::ChannelHandle& channel, SessionId session,
                  const service::Datagram& datagram);
  // Also called if the backend refused what was sent.
  void OnSessionReset(service::ChannelHandle& channel, SessionId session);
  void OnSessionsAvailable();

  // For funnelctl.
  [[nodiscard]] std::size_t flow_count() const { return flows_.size(); }
  void VisitSessions(const std::function<void(const service::SessionView&)>& visit);
  [[nodiscard]] bool ResetSession(service::ChannelHandle& channel, SessionId session);

  void OnClientDatagram(Listener& listener, const SocketAddress& client, const SocketAddress& local,
                        const service::Datagram& datagram) override;

 private:
  // What one channel carries of our flows.
  struct ChannelFlows : service::ChannelData {
    std::unordered_map<SessionId, Flow*> by_session;
  };
  static ChannelFlows& FlowsOf(service::ChannelHandle& channel) {
    return static_cast<ChannelFlows&>(*channel.data);
  }
  // Whether that is within what CLIENT may send; if not, counts and logs that.
  [[nodiscard]] bool IsWithinLimits(const SocketAddress& client, std::size_t bytes, TimePoint now);
  void OnRefused(const SocketAddress& client, const service::ClientLimits::Refusal& refusal);
  // nullptr: a client without a flow came while the service is drained, or over its rate.
  [[nodiscard]] Flow* FindOrAdd(const FlowKey& key, Listener& listener, TimePoint now);
  // If a new flow of KEY's client would exceed max-flows or its share, ends the least useful flow.
  void MakeRoom(const FlowKey& key);
  // Detaches the flow and destroys it, for the reason END.
  void End(Flow& flow, const service::AccessEnd& end);
  void LogAccess(const Flow& flow, const service::AccessEnd& end);
  // Whether suppress-resends drops DATAGRAM, which is counted; if not, it is remembered.
  [[nodiscard]] bool IsResend(Flow& flow, ByteView datagram, const module::DatagramVerdict& verdict,
                              TimePoint now);
  // Whether a datagram of the flow follows at once: then what opens its session is sent together
  // with it.
  enum class Speaks { kNow, kLater };
  // Makes FLOW a session of the channel with the fewest sessions. False: none takes one now.
  [[nodiscard]] bool Announce(Flow& flow, Speaks speaks);
  // Ends the flow's session on its channel; the flow itself stays.
  void Detach(Flow& flow);
  // What was sent is no longer on its way.
  static void ForgetResends(Flow& flow);
  // A datagram that waited for a channel was dropped: its resend must not be suppressed.
  void OnWaitingDropped(const FlowKey& key);
  // Keeps DATAGRAM until a channel takes its flow, for connect-wait at most.
  void Wait(const FlowKey& key, ByteView datagram, const module::DatagramVerdict& verdict,
            TimePoint now);
  // Sends what waits, the oldest first, as far as channels take flows.
  void SendWaiting();
  // Gives flows that have lost their channel another one, as far as channels take them.
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
