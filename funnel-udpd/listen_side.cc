#include "funnel-udpd/listen_side.h"

#include <algorithm>

#include "funnel-udpd/datagram_reader.h"

namespace funnel::udpd {
namespace {

// New clients' datagrams may wait when a channel is up but takes no more sessions at the moment: it
// raises its limit within a round trip, and a burst of new clients should get through.
constexpr std::size_t kMaxBeforeSession = 8192;
// If all slots are taken, a client that has more than this part of them must make room itself.
constexpr std::size_t kShare = 4;

}  // namespace

ListenSide::ListenSide(SharedState& shared, SendBatch& out)
    : shared_(shared),
      out_(out),
      waiting_([this](const FlowKey& key) { OnWaitingDropped(key); }),
      expiry_(shared.loop.AddTimer([this] { Expire(); })) {}

ListenSide::~ListenSide() { out_.Flush(); }

Result<> ListenSide::Start(std::vector<UniqueFd> sockets) {
  if (sockets.empty()) return Fail("no sockets named `listen` were passed ($LISTEN_FDS)");
  for (UniqueFd& socket : sockets) {
    listeners_.push_back(std::make_unique<Listener>(shared_, out_, *this, std::move(socket)));
    TRY(listeners_.back()->Start());
  }

  return {};
}

// Flows end with the process.
void ListenSide::Stop() {
  flows_.ranks().Visit([this](RankedFlow& flow) {
    LogAccess(static_cast<const Flow&>(flow), {"stopped", "here"});
    return true;
  });
  for (auto& listener : listeners_) listener->Stop();
}

std::optional<TimePoint> ListenSide::IdleSince() const {
  if (flows_.size() > 0) return std::nullopt;
  return last_flow_end_;
}

void ListenSide::OnReload() {
  // A socket that took it once takes it again.
  for (auto& listener : listeners_) (void)listener->OnReload();
  ArmExpiry();
}

void ListenSide::OnChannelUp(service::ChannelHandle& channel) {
  channel.data = std::make_unique<ChannelFlows>();
  channels_.push_back(&channel);
  AnnounceAgain();
  SendWaiting();
}

void ListenSide::OnChannelDown(service::ChannelHandle& channel) {
  for (auto& [session, flow] : FlowsOf(channel).by_session) {
    flows_.SetSession(*flow, nullptr);
    ForgetResends(*flow);
  }
  std::erase(channels_, &channel);
}

// The far side may have to send something to a flow before its client sends again.
void ListenSide::AnnounceAgain() {
  while (RankedFlow* flow = flows_.ranks().MostUsefulWaiting()) {
    if (!Announce(static_cast<Flow&>(*flow), Speaks::kLater)) return;
    shared_.Count(kFlowsAnnouncedAgain);
  }
}

bool ListenSide::Announce(Flow& flow, Speaks speaks) {
  if (channels_.empty()) return false;
  service::ChannelHandle* channel = *std::ranges::min_element(
      channels_, {}, [](auto* each) { return each->wire().session_count(); });
  wire::Channel& wire = channel->wire();
  const wire::SessionInfo info{flow.key.client.Unmapped().text(), flow.key.local.Unmapped().text()};
  const auto session = speaks == Speaks::kNow ? wire.OpenFlow(info) : wire.OpenSession(info);
  if (!session) return false;
  flows_.SetSession(flow, channel, *session);
  FlowsOf(*channel).by_session.emplace(*session, &flow);
  channel->RequestFlush();
  return true;
}

Flow* ListenSide::FindOrAdd(const FlowKey& key, Listener& listener, TimePoint now) {
  if (Flow* known = flows_.Find(key)) {
    flows_.OnRequest(*known, now);
    return known;
  }

  if (shared_.draining) {
    shared_.Count(kFlowsDrained);
    return nullptr;
  }

  if (const auto refusal = shared_.clients.AdmitNew(shared_.service, key.client, now)) {
    OnRefused(key.client, *refusal);
    return nullptr;
  }

  shared_.Count(kRatesForgotten, shared_.clients.rates().TakeForgotten());
  MakeRoom(key);
  Flow& flow = flows_.Add(key, listener, now);
  shared_.Count(kFlowsTotal);
  shared_.Gauge(kFlows) = flows_.size();
  ArmExpiry();
  return &flow;
}

void ListenSide::MakeRoom(const FlowKey& key) {
  const std::string client = service::ClientOf(key.client);
  const FlowRanks& ranks = flows_.ranks();

  while (true) {
    RankedFlow* least = nullptr;
    const std::size_t own = ranks.SizeOf(client);
    if (own >= shared_.service.FlowsOfClient()) {
      least = ranks.LeastUsefulOf(client);
    } else if (flows_.size() >= shared_.service.max_flows) {
      least = own > shared_.service.max_flows / kShare ? ranks.LeastUsefulOf(client)
                                                       : ranks.LeastUseful();
    }

    if (least == nullptr) return;
    shared_.Count(kFlowsOverLimit);
    End(static_cast<Flow&>(*least), {"limit", "here"});
  }
}

void ListenSide::End(Flow& flow, const service::AccessEnd& end) {
  LogAccess(flow, end);
  Detach(flow);
  flows_.Erase(flow);
  last_flow_end_ = Now();
  shared_.Gauge(kFlows) = flows_.size();
}

bool ListenSide::IsResend(Flow& flow, ByteView datagram, const module::DatagramVerdict& verdict,
                          TimePoint now) {
  if (!shared_.service.suppress_resends) return false;
  if (!flow.resends) flow.resends = std::make_unique<ResendFilter>();
  Duration round_trip{};
  std::uint64_t lost = 0;
  if (flow.channel != nullptr) {
    round_trip = flow.channel->wire().round_trip();
    lost = flow.channel->wire().stats().datagrams_dropped;
  }
  const Duration window =
      ResendWindow(shared_.service.resend_window, round_trip, verdict.terms.lifetime);
  const auto found = flow.resends->Check({datagram, verdict.meaning}, now, window, lost);
  if (found == ResendFilter::Found::kNothing) return false;
  shared_.Count(kResendsSuppressed);
  if (found == ResendFilter::Found::kMeaning) shared_.Count(kResendsByMeaning);
  return true;
}

void ListenSide::ForgetResends(Flow& flow) {
  if (flow.resends) flow.resends->Forget();
}

void ListenSide::OnClientDatagram(Listener& listener, const SocketAddress& client,
                                  const SocketAddress& local, const service::Datagram& datagram) {
  const TimePoint now = Now();
  const ByteView bytes = datagram.bytes;
  if (!IsWithinLimits(client, bytes.size(), now)) return;
  Flow* flow = FindOrAdd({client, local}, listener, now);
  if (flow == nullptr) return;
  flow->counts.OnFromClient(bytes.size());
  const auto verdict = ReadDatagram(shared_, FUNNEL_CLIENT, datagram);
  if (!verdict || IsResend(*flow, bytes, *verdict, now)) return;
  if (flow->channel == nullptr && !Announce(*flow, Speaks::kNow))
    return Wait(flow->key, bytes, *verdict, now);
  SendDatagram(*flow->channel, flow->session, bytes, *verdict);
}

void ListenSide::Wait(const FlowKey& key, ByteView datagram, const module::DatagramVerdict& verdict,
                      TimePoint now) {
  const std::size_t most = channels_.empty() ? shared_.service.queue_datagrams : kMaxBeforeSession;
  waiting_.Push(key, datagram, verdict, now + shared_.service.connect_wait,
                {most, shared_.service.queue_size_bytes});
  ArmExpiry();
}

void ListenSide::OnWaitingDropped(const FlowKey& key) {
  shared_.Count(kWaitingDropped);
  if (Flow* flow = flows_.Find(key)) ForgetResends(*flow);
}

void ListenSide::SendWaiting() {
  waiting_.Expire(Now());
  while (const WaitingQueue::Waiting* next = waiting_.front()) {
    Flow* flow = flows_.Find(next->key);
    if (flow == nullptr) {
      waiting_.DropFront();
      continue;
    }
    if (flow->channel == nullptr && !Announce(*flow, Speaks::kNow)) return;
    SendDatagram(*flow->channel, flow->session, next->datagram, next->verdict);
    waiting_.Pop();
  }
}

void ListenSide::OnSessionsAvailable() {
  AnnounceAgain();
  SendWaiting();
}

void ListenSide::OnDatagram(service::ChannelHandle& channel, SessionId session,
                            const service::Datagram& datagram) {
  const auto at = FlowsOf(channel).by_session.find(session);
  if (at == FlowsOf(channel).by_session.end()) return;
  Flow& flow = *at->second;
  const TimePoint now = Now();
  flow.counts.OnToClient(datagram.bytes.size(), now);
  flows_.OnAnswer(flow, now);
  ForgetResends(flow);
  ArmExpiry();
  flow.listener->Answer(flow.key.client, flow.key.local, datagram);
}

// The far side ended the flow (it was silent for too long there, over its limit, or its backend
// refused what was sent), or the channel is ending. The flow itself stays: the client's next
// datagram, or the next channel, announces it again.
void ListenSide::OnSessionReset(service::ChannelHandle& channel, SessionId session) {
  auto& by_session = FlowsOf(channel).by_session;
  const auto at = by_session.find(session);
  if (at == by_session.end()) return;
  flows_.SetSession(*at->second, nullptr);
  ForgetResends(*at->second);
  by_session.erase(at);
}

void ListenSide::VisitSessions(const std::function<void(const service::SessionView&)>& visit) {
  flows_.ranks().Visit([&](RankedFlow& ranked) {
    const Flow& flow = static_cast<const Flow&>(ranked);
    visit({.channel = flow.channel,
           .id = flow.session,
           .state = flow.channel != nullptr ? "open" : "waiting",
           .client = flow.key.client.Unmapped().text(),
           .local = flow.key.local.Unmapped().text(),
           .backend = {},
           .module = shared_.ModuleName(),
           .opened = flow.opened(),
           .active = flow.active()});
    return true;
  });
}

bool ListenSide::ResetSession(service::ChannelHandle& channel, SessionId session) {
  const auto at = FlowsOf(channel).by_session.find(session);
  if (at == FlowsOf(channel).by_session.end()) return false;
  End(*at->second, {"reset", "here"});
  return true;
}

void ListenSide::Detach(Flow& flow) {
  if (flow.channel == nullptr) return;
  FlowsOf(*flow.channel).by_session.erase(flow.session);
  flow.channel->wire().EndSession(flow.session);
  flow.channel->RequestFlush();
  flows_.SetSession(flow, nullptr);
}

void ListenSide::Expire() {
  const TimePoint now = Now();
  waiting_.Expire(now);
  while (RankedFlow* flow = flows_.ranks().Expired(now, Patience())) {
    End(static_cast<Flow&>(*flow), {"idle-timeout", "here"});
    shared_.Count(kFlowsExpired);
  }
  ArmExpiry();
}

FlowRanks::Patience ListenSide::Patience() const {
  const auto& service = shared_.service;
  return {service.idle_timeout, std::min<Duration>(service.answered_timeout, service.idle_timeout)};
}

void ListenSide::ArmExpiry() {
  std::optional<TimePoint> next = flows_.ranks().NextExpiry(Patience());
  if (const auto* waiting = waiting_.front(); waiting && (!next || waiting->until < *next))
    next = waiting->until;
  // A timer that fires too early finds nothing; that costs less than moving it each time.
  if (!next || (expiry_->armed() && expiry_at_ <= *next)) return;
  expiry_at_ = *next;
  expiry_->Arm(expiry_at_);
}

}  // namespace funnel::udpd
