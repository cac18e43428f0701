#include "funnel-udpd/connect_side.h"

#include <ctime>

#include "common/base/log.h"
#include "funnel-udpd/datagram_reader.h"
#include "funnel-udpd/flow_owner.h"

namespace funnel::udpd {

ConnectSide::ConnectSide(SharedState& shared, const config::Configuration& configuration,
                         SendBatch& out)
    : shared_(shared),
      configuration_(configuration),
      out_(out),
      chooser_(shared, static_cast<BackendChooser::User&>(*this)),
      checker_(shared.loop, shared.sockets, shared.service,
               [&shared](service::BackendId backend, const Result<>& result) {
                 shared.backend_reports().OnChecked(backend, result, Now());
               }),
      expiry_(shared.loop.AddTimer([this] { Expire(); })) {
  ConfigureChecks();
}

ConnectSide::~ConnectSide() { out_.Flush(); }

void ConnectSide::OnReload() {
  ++generation_;
  chooser_.OnReload();
  ConfigureChecks();
  for (BackendFlow& flow : flows_) flow.OnReload();
  ArmExpiry();
}

std::optional<TimePoint> ConnectSide::IdleSince() const {
  if (!flows_.empty()) return std::nullopt;
  return last_flow_end_;
}

void ConnectSide::OnChannelUp(service::ChannelHandle& channel) {
  channel.data = std::make_unique<ChannelFlows>();
}

void ConnectSide::OnChannelDown(service::ChannelHandle& channel) {
  for (auto& [session, flow] : FlowsOf(channel).by_session) Orphan(*flow);
  FlowsOf(channel).by_session.clear();
}

void ConnectSide::Orphan(BackendFlow& flow) {
  flow.channel = nullptr;
  orphans_[flow.who()] = &flow;
}

void ConnectSide::OnSessionOpened(service::ChannelHandle& channel, SessionId session,
                                  const wire::SessionInfo& info) {
  const std::string who = FlowOwner{channel.remote_principal(), info.client, info.local}.text();
  BackendFlow* flow = TakeOver(who);
  if (flow == nullptr && shared_.draining) {
    shared_.Count(kFlowsDrained);
    channel.wire().ResetSession(session, wire::EndCode::kDraining);
    return;
  }

  const bool fresh = flow == nullptr;
  if (fresh) {
    if (!MayBegin(channel)) return channel.wire().ResetSession(session, wire::EndCode::kLimit);
    auto preface = PrefaceFor(channel, info);
    if (!preface) return channel.wire().ResetSession(session, wire::EndCode::kConnectFailed);
    MakeRoom(channel.remote_principal());
    flow = &Add(who, channel.remote_principal());
    flow->preface = *std::move(preface);
    if (shared_.service.source.transparent)
      flow->stated = service::StatedAddress(info.client).value_or(SocketAddress());
  }

  flow->channel = &channel;
  flow->session = session;
  FlowsOf(channel).by_session.emplace(session, flow);
  if (fresh) chooser_.Begin(*flow);
}

void ConnectSide::MakeRoom(const std::string& peer) {
  while (true) {
    RankedFlow* least = nullptr;
    if (ranks_.SizeOf(peer) >= shared_.service.FlowsOfPeer()) {
      least = ranks_.LeastUsefulOf(peer);
    } else if (ranks_.size() >= shared_.service.max_flows) {
      least = ranks_.LeastUsefulOfLargestGroup();
    }
    if (least == nullptr) return;
    shared_.Count(kFlowsOverLimit);
    End(static_cast<BackendFlow&>(*least), {"limit", "here"});
  }
}

BackendFlow* ConnectSide::TakeOver(const std::string& who) {
  const auto at = orphans_.find(who);
  if (at == orphans_.end()) return nullptr;
  BackendFlow* flow = at->second;
  orphans_.erase(at);
  shared_.Count(kFlowsAnnouncedAgain);
  return flow;
}

BackendFlow& ConnectSide::Add(const std::string& who, const std::string& peer) {
  flows_.emplace_back(shared_, out_, *this, who);
  flows_.back().place = std::prev(flows_.end());
  ranks_.Add(flows_.back(), peer, Now());
  shared_.Count(kFlowsTotal);
  shared_.Gauge(kFlows) = flows_.size();
  if (!expiry_->armed()) ArmExpiry();
  return flows_.back();
}

// The client's next datagram begins a new flow. If its side suppresses resends, this tells it that
// nothing is on its way.
void ConnectSide::OnNoBackend(BackendFlow& flow, const std::string& why) {
  const bool failed = flow.choice.counter == kConnectFailed;
  shared_.Count(flow.choice.counter);
  auto since = shared_.Gauge(kSourceMissingSince);
  if (!failed && since.value() == 0) since = static_cast<std::uint64_t>(std::time(nullptr));
  Log(LogLevel::kWarning, failed ? "backend-failed" : "source-not-had", why,
      {{"SERVICE", shared_.service.name.text()}});
  if (flow.channel != nullptr) {
    FlowsOf(*flow.channel).by_session.erase(flow.session);
    flow.channel->wire().ResetSession(flow.session, wire::EndCode::kConnectFailed);
    flow.channel->RequestFlush();
  }
  Erase(flow, {"connect-failed", "backend"});
}

void ConnectSide::OnDatagram(service::ChannelHandle& channel, SessionId session,
                             const service::Datagram& datagram) {
  const auto at = FlowsOf(channel).by_session.find(session);
  if (at == FlowsOf(channel).by_session.end()) return;
  const TimePoint now = Now();
  if (!IsWithinLimits(channel, datagram.bytes.size(), now)) return;
  at->second->counts.OnFromClient(datagram.bytes.size());
  ranks_.OnRequest(*at->second, now);
  at->second->came_with = datagram.dscp;
  chooser_.Send(*at->second, datagram.bytes, now);
}

void ConnectSide::OnBackendDatagram(BackendFlow& flow, const service::Datagram& datagram) {
  const TimePoint now = Now();
  flow.counts.OnToClient(datagram.bytes.size(), now);
  ranks_.OnAnswer(flow, now);
  chooser_.OnAnswer(flow, now);
  if (flow.channel == nullptr) return shared_.Count(kWaitingDropped);
  const auto verdict = ReadDatagram(shared_, FUNNEL_SERVER, datagram);
  if (verdict) SendDatagram(*flow.channel, flow.session, datagram.bytes, *verdict);
}

void ConnectSide::OnSessionReset(service::ChannelHandle& channel, SessionId session,
                                 wire::EndCode code) {
  auto& by_session = FlowsOf(channel).by_session;
  const auto at = by_session.find(session);
  if (at == by_session.end()) return;
  BackendFlow& flow = *at->second;
  by_session.erase(at);
  // kNone: the client's flow expired. Any other code means the end of the channel, not of the
  // client.
  if (code == wire::EndCode::kNone) {
    Erase(flow, {"ended", "far side"});
  } else {
    Orphan(flow);
  }
}

void ConnectSide::VisitSessions(const std::function<void(const service::SessionView&)>& visit) {
  for (const BackendFlow& flow : flows_) {
    const FlowOwner owner = FlowOwner::Of(flow.who());
    visit({.channel = flow.channel,
           .id = flow.session,
           .state = flow.channel == nullptr ? "waiting"
                    : flow.connected()      ? "open"
                                            : "connecting",
           .client = owner.client,
           .local = owner.local,
           .backend = BackendText(flow),
           .module = shared_.ModuleName(),
           .opened = flow.opened(),
           .active = flow.active()});
  }
}

std::string ConnectSide::BackendText(const BackendFlow& flow) const {
  if (flow.follows()) return flow.target().text();
  return flow.backend_use ? flow.backend_use.endpoint().text()
                          : config::BackendsText(shared_.service.connect_address);
}

bool ConnectSide::ResetSession(service::ChannelHandle& channel, SessionId session) {
  const auto at = FlowsOf(channel).by_session.find(session);
  if (at == FlowsOf(channel).by_session.end()) return false;
  BackendFlow& flow = *at->second;
  FlowsOf(channel).by_session.erase(at);
  channel.wire().ResetSession(session, wire::EndCode::kReset);
  Erase(flow, {"reset", "here"});
  return true;
}

void ConnectSide::Erase(BackendFlow& flow, const service::AccessEnd& end) {
  LogAccess(flow, end);
  if (const auto at = orphans_.find(flow.who()); at != orphans_.end() && at->second == &flow)
    orphans_.erase(at);
  chooser_.Forget(flow);
  ranks_.Remove(flow);
  flows_.erase(flow.place);
  last_flow_end_ = Now();
  shared_.Gauge(kFlows) = flows_.size();
}

void ConnectSide::End(BackendFlow& flow, const service::AccessEnd& end) {
  if (flow.channel != nullptr) {
    FlowsOf(*flow.channel).by_session.erase(flow.session);
    flow.channel->wire().EndSession(flow.session);
    flow.channel->RequestFlush();
  }
  Erase(flow, end);
}

// Flows end with the process.
void ConnectSide::Stop() {
  checker_.Stop();
  for (const BackendFlow& flow : flows_) LogAccess(flow, {"stopped", "here"});
}

void ConnectSide::Expire() {
  while (RankedFlow* flow = ranks_.Expired(Now(), Patience())) {
    End(static_cast<BackendFlow&>(*flow), {"idle-timeout", "here"});
    shared_.Count(kFlowsExpired);
  }
  ArmExpiry();
}

// It is longer than on the listening side, which should be the one to end a flow: otherwise a
// client's datagram could be on its way to a flow that has just ended.
FlowRanks::Patience ConnectSide::Patience() const {
  const Duration patience = shared_.service.idle_timeout + shared_.service.lifetime;
  return {.idle = patience, .answered = patience};
}

void ConnectSide::ArmExpiry() {
  if (const auto next = ranks_.NextExpiry(Patience())) expiry_->Arm(*next);
}

}  // namespace funnel::udpd
