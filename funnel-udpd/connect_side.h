// The server side of a UDP service: each session is a socket towards the backend. When a channel
// ends its flows stay, with their sockets, until a channel of the same peer announces the same
// client again, or idle-timeout is over.
//
// Owned by UdpEdge, on the loop's thread.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/config/model.h"
#include "common/service/backend/health_checker.h"
#include "common/service/client/client_policy.h"
#include "funnel-udpd/backend_chooser.h"
#include "funnel-udpd/backend_flow.h"

namespace funnel::udpd {

class ConnectSide final : public BackendFlow::User, private BackendChooser::User {
 public:
  // All of them outlive it.
  ConnectSide(SharedState& shared, const config::Configuration& configuration, SendBatch& out);
  ~ConnectSide() override;

  void OnReload();
  // The process is about to end.
  void Stop();
  // Since when there has been no flow; nullopt: there is one.
  [[nodiscard]] std::optional<TimePoint> IdleSince() const;

  void OnChannelUp(service::ChannelHandle& channel);
  void OnChannelDown(service::ChannelHandle& channel);
  void OnSessionOpened(service::ChannelHandle& channel, SessionId session,
                       const wire::SessionInfo& info);
  void OnDatagram(service::ChannelHandle& channel, SessionId session,
                  const service::Datagram& datagram);
  // The peer ended the flow.
  void OnSessionReset(service::ChannelHandle& channel, SessionId session, wire::EndCode code);

  // For funnelctl.
  [[nodiscard]] std::size_t flow_count() const { return flows_.size(); }
  void VisitSessions(const std::function<void(const service::SessionView&)>& visit);
  [[nodiscard]] bool ResetSession(service::ChannelHandle& channel, SessionId session);

  void OnBackendDatagram(BackendFlow& flow, const service::Datagram& datagram) override;
  void OnBackendFailed(BackendFlow& flow, int error) override { chooser_.OnFailed(flow, error); }

 private:
  struct ChannelFlows : service::ChannelData {
    std::unordered_map<SessionId, BackendFlow*> by_session;
    std::optional<service::ClientPolicy> policy;  // of its peer, once it is needed
    std::uint64_t policy_of = 0;                  // generation_ at that time
  };

  static ChannelFlows& FlowsOf(service::ChannelHandle& channel) {
    return static_cast<ChannelFlows&>(*channel.data);
  }
  // Whether the channel's peer may begin one more flow, or send BYTES in one that there is; counts
  // and logs it if not.
  [[nodiscard]] bool MayBegin(const service::ChannelHandle& channel);
  [[nodiscard]] bool IsWithinLimits(const service::ChannelHandle& channel, std::size_t bytes,
                                    TimePoint now);
  void OnRefused(const service::ChannelHandle& channel,
                 const service::RateLimits::Refusal& refusal);
  // What is to stand ahead of what INFO's client sends; an error, which was counted and logged: the
  // channel's peer may not state that client's address (client-networks).
  [[nodiscard]] Result<Bytes> PrefaceFor(service::ChannelHandle& channel,
                                         const wire::SessionInfo& info);
  // Checks say that they are no client's.
  void ConfigureChecks();
  // A flow of an ended channel that this session continues; nullptr: there is none.
  [[nodiscard]] BackendFlow* TakeOver(const std::string& who);
  // Makes a flow of the new client WHO, which came from PEER.
  [[nodiscard]] BackendFlow& Add(const std::string& who, const std::string& peer);
  // If a new flow of PEER would exceed max-flows or PEER's share, ends the least useful flow.
  void MakeRoom(const std::string& peer);
  void OnNoBackend(BackendFlow& flow, const std::string& why) override;
  // Ends it here and at the far side.
  void End(BackendFlow& flow, const service::AccessEnd& end);
  void LogAccess(const BackendFlow& flow, const service::AccessEnd& end);
  void Orphan(BackendFlow& flow);
  // Destroys the flow, for the reason END; its socket is closed after what it has to send has left.
  void Erase(BackendFlow& flow, const service::AccessEnd& end);
  // The backend of FLOW, or the port of it that the flow follows; of one that has none yet, all
  // there are.
  [[nodiscard]] std::string BackendText(const BackendFlow& flow) const;
  // Ends flows that were idle for too long.
  void Expire();
  void ArmExpiry();
  // How long flows may be idle, by how useful they are.
  [[nodiscard]] FlowRanks::Patience Patience() const;

  SharedState& shared_;
  const config::Configuration& configuration_;
  SendBatch& out_;
  std::uint64_t generation_ = 0;  // of the configuration
  BackendChooser chooser_;
  service::HealthChecker checker_;
  FlowRanks ranks_;
  std::list<BackendFlow> flows_;
  TimePoint last_flow_end_ = Now();
  // Flows that have lost their channel. If a client is there twice (on two channels) only one of
  // its flows has an entry, which at worst costs the client its port.
  std::unordered_map<std::string, BackendFlow*> orphans_;
  std::unique_ptr<event::Timer> expiry_;
};

}  // namespace funnel::udpd
