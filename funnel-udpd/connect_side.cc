#include "funnel-udpd/connect_side.h"

#include "common/base/log.h"

namespace funnel::udpd {
namespace {

// Who a session belongs to: the same principal may take up its own flows only. The parts cannot run
// into each other: none of them has a NUL byte (addresses are printable text on the wire).
std::string WhoIs(const service::ChannelHandle& channel, const wire::SessionInfo& info) {
  const char separator = '\0';
  return channel.remote_principal() + separator + info.client + separator + info.local;
}

struct Addresses {
  std::string client, local;
};

// The other way round.
Addresses AddressesOf(const std::string& who) {
  const std::size_t client = who.find('\0') + 1;
  const std::size_t local = who.find('\0', client) + 1;
  return {who.substr(client, local - 1 - client), who.substr(local)};
}

}  // namespace

ConnectSide::ConnectSide(Parts& parts, SendBatch& out)
    : parts_(parts),
      out_(out),
      resolver_(parts.loop),
      expiry_(parts.loop.AddTimer([this] { Expire(); })) {}

ConnectSide::~ConnectSide() { out_.Flush(); }

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
  const std::string who = WhoIs(channel, info);
  BackendFlow* flow = TakeOver(who);
  if (flow == nullptr && parts_.draining) {
    parts_.Count(kFlowsDrained);
    channel.wire().ResetSession(session, wire::EndCode::kDraining);
    return;
  }
  if (flow == nullptr && flows_.size() >= parts_.service.max_flows) {
    parts_.Count(kFlowsOverLimit);
    channel.wire().ResetSession(session, wire::EndCode::kLimit);
    return;
  }
  const bool fresh = flow == nullptr;
  if (fresh) flow = &Add(who);
  flow->channel = &channel;
  flow->session = session;
  FlowsOf(channel).by_session.emplace(session, flow);
  Touch(*flow);
  if (fresh) Connect(*flow);
}

BackendFlow* ConnectSide::TakeOver(const std::string& who) {
  const auto at = orphans_.find(who);
  if (at == orphans_.end()) return nullptr;
  BackendFlow* flow = at->second;
  orphans_.erase(at);
  parts_.Count(kFlowsAnnouncedAgain);
  return flow;
}

BackendFlow& ConnectSide::Add(const std::string& who) {
  flows_.emplace_back(parts_, out_, *this, who);
  flows_.back().place = std::prev(flows_.end());
  flows_.back().active = flows_.back().opened = Now();
  parts_.Count(kFlowsTotal);
  parts_.Gauge(kFlows) = flows_.size();
  if (!expiry_->armed()) ArmExpiry();
  return flows_.back();
}

void ConnectSide::Connect(BackendFlow& flow) {
  if (const auto literal = parts_.service.connect.literal()) {
    if (const auto done = flow.Connect(*literal); !done) Fail(flow, done.error().message);
    return;
  }
  unresolved_[flow.who()] = &flow;
  resolver_.Lookup(parts_.service.connect,
                   [this, who = flow.who()](const auto& answer) { OnResolved(who, answer); });
}

void ConnectSide::OnResolved(const std::string& who, const net::Resolver::Answer& answer) {
  const auto at = unresolved_.find(who);
  if (at == unresolved_.end()) return;
  BackendFlow& flow = *at->second;
  unresolved_.erase(at);
  if (!answer) return Fail(flow, answer.error().message);
  if (const auto done = flow.Connect(answer->front()); !done) Fail(flow, done.error().message);
}

void ConnectSide::Fail(BackendFlow& flow, const std::string& why) {
  parts_.Count(kConnectFailed);
  Log(LogLevel::kWarning, "backend-failed", why, {{"SERVICE", parts_.service.name.text()}});
  if (flow.channel != nullptr) {
    FlowsOf(*flow.channel).by_session.erase(flow.session);
    flow.channel->wire().ResetSession(flow.session, wire::EndCode::kConnectFailed);
    flow.channel->RequestFlush();
  }
  Erase(flow);
}

void ConnectSide::OnDatagram(service::ChannelHandle& channel, SessionId session,
                             ByteView datagram) {
  const auto at = FlowsOf(channel).by_session.find(session);
  if (at == FlowsOf(channel).by_session.end()) return;
  Touch(*at->second);
  at->second->Send(datagram);
}

void ConnectSide::OnBackendDatagram(BackendFlow& flow, ByteView datagram) {
  Touch(flow);
  if (flow.channel == nullptr) return parts_.Count(kWaitingDropped);
  flow.channel->wire().SendDatagram(flow.session, datagram);
  flow.channel->RequestFlush();
}

void ConnectSide::OnSessionReset(service::ChannelHandle& channel, SessionId session,
                                 wire::EndCode code) {
  auto& by_session = FlowsOf(channel).by_session;
  const auto at = by_session.find(session);
  if (at == by_session.end()) return;
  BackendFlow& flow = *at->second;
  by_session.erase(at);
  // kNone: the client's flow expired. Everything else is the end of the channel, not of the client.
  if (code == wire::EndCode::kNone) {
    Erase(flow);
  } else {
    Orphan(flow);
  }
}

void ConnectSide::VisitSessions(const std::function<void(const service::SessionView&)>& visit) {
  for (const BackendFlow& flow : flows_) {
    const Addresses addresses = AddressesOf(flow.who());
    visit({.channel = flow.channel,
           .id = flow.session,
           .state = flow.channel == nullptr ? "waiting"
                    : flow.connected()      ? "open"
                                            : "connecting",
           .client = addresses.client,
           .local = addresses.local,
           .backend = parts_.service.connect.text(),
           .opened = flow.opened,
           .active = flow.active});
  }
}

bool ConnectSide::ResetSession(service::ChannelHandle& channel, SessionId session) {
  const auto at = FlowsOf(channel).by_session.find(session);
  if (at == FlowsOf(channel).by_session.end()) return false;
  BackendFlow& flow = *at->second;
  FlowsOf(channel).by_session.erase(at);
  channel.wire().ResetSession(session, wire::EndCode::kReset);
  Erase(flow);
  return true;
}

void ConnectSide::Touch(BackendFlow& flow) {
  flow.active = Now();
  flows_.splice(flows_.end(), flows_, flow.place);
}

void ConnectSide::Erase(BackendFlow& flow) {
  for (auto* index : {&unresolved_, &orphans_})
    if (const auto at = index->find(flow.who()); at != index->end() && at->second == &flow)
      index->erase(at);
  flows_.erase(flow.place);
  last_flow_end_ = Now();
  parts_.Gauge(kFlows) = flows_.size();
}

void ConnectSide::Expire() {
  const TimePoint now = Now();
  while (!flows_.empty() && now - flows_.front().active >= Patience()) {
    BackendFlow& flow = flows_.front();
    if (flow.channel != nullptr) {
      FlowsOf(*flow.channel).by_session.erase(flow.session);
      flow.channel->wire().EndSession(flow.session);
      flow.channel->RequestFlush();
    }
    Erase(flow);
    parts_.Count(kFlowsExpired);
  }
  ArmExpiry();
}

// Longer than the listening side's: it shall be the one to end a flow, or a datagram of its client
// could be on its way to a flow that has just gone.
Duration ConnectSide::Patience() const {
  return parts_.service.idle_timeout + parts_.service.lifetime;
}

void ConnectSide::ArmExpiry() {
  if (!flows_.empty()) expiry_->Arm(flows_.front().active + Patience());
}

}  // namespace funnel::udpd
