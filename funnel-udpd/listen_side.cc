#include "funnel-udpd/listen_side.h"

#include <algorithm>

namespace funnel::udpd {
namespace {

// Datagrams of new clients that wait because a channel, though up, takes no more sessions at the
// moment: it raises its limit within a round trip, and a burst of new clients shall get through.
constexpr std::size_t kMaxBeforeSession = 8192;

}  // namespace

ListenSide::ListenSide(Parts& parts, SendBatch& out)
    : parts_(parts), out_(out), expiry_(parts.loop.AddTimer([this] { Expire(); })) {}

ListenSide::~ListenSide() { out_.Flush(); }

Result<> ListenSide::Start(std::vector<UniqueFd> sockets) {
  if (sockets.empty()) return Fail("no sockets named `listen` were passed ($LISTEN_FDS)");
  for (UniqueFd& socket : sockets) {
    listeners_.push_back(std::make_unique<Listener>(parts_, out_, *this, std::move(socket)));
    TRY(listeners_.back()->Start());
  }
  return {};
}

void ListenSide::Stop() {
  for (auto& listener : listeners_) listener->Stop();
}

std::optional<TimePoint> ListenSide::IdleSince() const {
  if (flows_.size() > 0) return std::nullopt;
  return last_flow_end_;
}

void ListenSide::OnReload() { ArmExpiry(); }

void ListenSide::OnChannelUp(service::ChannelHandle& channel) {
  channel.data = std::make_unique<ChannelFlows>();
  channels_.push_back(&channel);
  AnnounceAgain();
  SendWaiting();
}

void ListenSide::OnChannelDown(service::ChannelHandle& channel) {
  for (auto& [session, flow] : FlowsOf(channel).by_session) flow->channel = nullptr;
  std::erase(channels_, &channel);
}

// The far side may have something to say to a flow before its client speaks again.
void ListenSide::AnnounceAgain() {
  for (auto at = flows_.all().rbegin(); at != flows_.all().rend(); ++at) {
    if (at->channel != nullptr) continue;
    if (!Announce(*at)) return;
    parts_.Count(kFlowsAnnouncedAgain);
  }
}

bool ListenSide::Announce(Flow& flow) {
  if (channels_.empty()) return false;
  service::ChannelHandle* channel = *std::ranges::min_element(
      channels_, {}, [](auto* each) { return each->wire().session_count(); });
  const auto session = channel->wire().OpenSession(
      {flow.key.client.Unmapped().text(), flow.key.local.Unmapped().text()});
  if (!session) return false;
  flow.channel = channel;
  flow.session = *session;
  FlowsOf(*channel).by_session.emplace(*session, &flow);
  channel->RequestFlush();
  return true;
}

Flow* ListenSide::FindOrAdd(const FlowKey& key, Listener& listener, TimePoint now) {
  if (Flow* known = flows_.Find(key)) {
    flows_.Touch(*known, now);
    return known;
  }
  if (parts_.draining) {
    parts_.Count(kFlowsDrained);
    return nullptr;
  }
  if (flows_.size() >= parts_.service.max_flows) {
    parts_.Count(kFlowsOverLimit);
    return nullptr;
  }
  Flow& flow = flows_.Add(key, listener, now);
  parts_.Count(kFlowsTotal);
  parts_.Gauge(kFlows) = flows_.size();
  if (!expiry_->armed()) ArmExpiry();
  return &flow;
}

bool ListenSide::IsResend(Flow& flow, ByteView datagram, TimePoint now) {
  if (!parts_.service.suppress_resends) return false;
  if (!flow.resends) flow.resends = std::make_unique<ResendFilter>();
  const auto window =
      parts_.service.lifetime.count() > 0 ? parts_.service.lifetime : parts_.service.idle_timeout;
  return flow.resends->IsResend(datagram, now, window);
}

void ListenSide::OnClientDatagram(Listener& listener, const SocketAddress& client,
                                  const SocketAddress& local, ByteView datagram) {
  const TimePoint now = Now();
  Flow* flow = FindOrAdd({client, local}, listener, now);
  if (flow == nullptr) return;
  if (IsResend(*flow, datagram, now)) return parts_.Count(kResendsSuppressed);
  if (flow->channel == nullptr && !Announce(*flow)) return Wait(flow->key, datagram, now);
  flow->channel->wire().SendDatagram(flow->session, datagram);
  flow->channel->RequestFlush();
}

void ListenSide::Wait(const FlowKey& key, ByteView datagram, TimePoint now) {
  const std::size_t most = channels_.empty() ? parts_.service.queue_datagrams : kMaxBeforeSession;
  if (waiting_.size() >= most) {
    parts_.Count(kWaitingDropped);
    if (waiting_.empty()) return;
    waiting_.pop_front();
  }
  waiting_.push_back({key, now + parts_.service.connect_wait, {datagram.begin(), datagram.end()}});
}

void ListenSide::SendWaiting() {
  const TimePoint now = Now();
  while (!waiting_.empty()) {
    Waiting& next = waiting_.front();
    Flow* flow = flows_.Find(next.key);
    if (flow == nullptr || now >= next.until) {
      parts_.Count(kWaitingDropped);
    } else {
      if (flow->channel == nullptr && !Announce(*flow)) return;
      flow->channel->wire().SendDatagram(flow->session, next.datagram);
      flow->channel->RequestFlush();
    }
    waiting_.pop_front();
  }
}

void ListenSide::OnSessionsAvailable() {
  AnnounceAgain();
  SendWaiting();
}

void ListenSide::OnDatagram(service::ChannelHandle& channel, SessionId session, ByteView datagram) {
  const auto at = FlowsOf(channel).by_session.find(session);
  if (at == FlowsOf(channel).by_session.end()) return;
  Flow& flow = *at->second;
  flows_.Touch(flow, Now());
  if (flow.resends) flow.resends->OnAnswer();
  flow.listener->Answer(flow.key.client, flow.key.local, datagram);
}

// The far side ended the flow (silent for too long there, or over its limit), or the channel is
// ending. The flow itself stays: the client's next datagram, or the next channel, announces it
// again.
void ListenSide::OnSessionReset(service::ChannelHandle& channel, SessionId session) {
  auto& by_session = FlowsOf(channel).by_session;
  const auto at = by_session.find(session);
  if (at == by_session.end()) return;
  at->second->channel = nullptr;
  by_session.erase(at);
}

void ListenSide::VisitSessions(const std::function<void(const service::SessionView&)>& visit) {
  for (const Flow& flow : flows_.all()) {
    visit({.channel = flow.channel,
           .id = flow.session,
           .state = flow.channel != nullptr ? "open" : "waiting",
           .client = flow.key.client.Unmapped().text(),
           .local = flow.key.local.Unmapped().text(),
           .backend = {},
           .opened = flow.opened,
           .active = flow.active});
  }
}

bool ListenSide::ResetSession(service::ChannelHandle& channel, SessionId session) {
  const auto at = FlowsOf(channel).by_session.find(session);
  if (at == FlowsOf(channel).by_session.end()) return false;
  Flow& flow = *at->second;
  Detach(flow);
  flows_.Erase(flow);
  parts_.Gauge(kFlows) = flows_.size();
  return true;
}

void ListenSide::Detach(Flow& flow) {
  if (flow.channel == nullptr) return;
  FlowsOf(*flow.channel).by_session.erase(flow.session);
  flow.channel->wire().EndSession(flow.session);
  flow.channel->RequestFlush();
  flow.channel = nullptr;
}

void ListenSide::Expire() {
  const TimePoint now = Now();
  for (Flow* flow = flows_.oldest(); flow && now - flow->active >= parts_.service.idle_timeout;
       flow = flows_.oldest()) {
    Detach(*flow);
    flows_.Erase(*flow);
    last_flow_end_ = now;
    parts_.Count(kFlowsExpired);
  }
  parts_.Gauge(kFlows) = flows_.size();
  ArmExpiry();
}

void ListenSide::ArmExpiry() {
  if (const Flow* flow = flows_.oldest()) expiry_->Arm(flow->active + parts_.service.idle_timeout);
}

}  // namespace funnel::udpd
