#include "funnel-sctpd/engine/kernel/kernel_core.h"

#include <sys/epoll.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/base/text.h"

namespace funnel::sctp {
namespace {

using namespace std::chrono_literals;

// How exactly a dead peer is noticed: in parts of the time that it has.
constexpr int kLooksPerTimeout = 16;
constexpr Duration kLongestTick = 500ms;

Duration TickOf(const Settings& settings) {
  return std::min<Duration>(settings.dead_peer_timeout / kLooksPerTimeout, kLongestTick);
}

std::string_view Name(KernelAssociation::State state) {
  switch (state) {
    case KernelAssociation::State::kConnecting:
      return "connecting";
    case KernelAssociation::State::kUp:
      return "up";
    case KernelAssociation::State::kEnding:
      return "ending";
  }
  return "?";
}

}  // namespace

void KernelAssociation::SetState(State state, std::string_view reason) {
  if (state == state_) return;
  std::string line(Name(state));
  if (!reason.empty()) line.append(": ").append(reason);
  Log(LogLevel::kDebug, "kernel-sctp", line, {{"ADDRESS", peer.text()}});
  state_ = state;
}

Result<std::unique_ptr<Engine>> MakeKernelEngine(const Settings& settings, KernelOptions options,
                                                 EngineObserver& observer) {
  return TRY(KernelCore::Make(settings, std::move(options), observer));
}

Result<std::unique_ptr<KernelCore>> KernelCore::Make(const Settings& settings,
                                                     KernelOptions options,
                                                     EngineObserver& observer) {
  TRY(settings.Check());
  std::unique_ptr<KernelCore> core(new KernelCore(settings, std::move(options), observer));
  TRY(core->Open());
  return core;
}

KernelCore::KernelCore(const Settings& settings, KernelOptions options, EngineObserver& observer)
    : settings_(settings),
      options_(std::move(options)),
      observer_(observer),
      support_(ProbeKernel()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      // One more than any message may have shows that it is too large.
      message_(settings.max_message_bytes + 1),
      ticked_(Now()) {}

Result<> KernelCore::Open() {
  if (!support_.sctp) return Fail(support_.why_no_sctp, EPROTONOSUPPORT);
  if (settings_.interleaving && !support_.interleaving)
    return Fail(support_.why_no_interleaving, EPROTONOSUPPORT);
  if (!epoll_) return FailErrno("epoll");
  if (!options_.accept) return {};
  listener_.emplace(TRY(KernelSocket::Open(settings_, options_.local, settings_.sctp_port)));
  TRY(listener_->Listen());
  epoll_event event{.events = EPOLLIN, .data = {.u64 = 0}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_->fd(), &event) < 0)
    return FailErrno("epoll");
  return {};
}

KernelCore::~KernelCore() {
  for (auto& [id, association] : associations_)
    association->socket.Abort(association->raw, "shutting down");
}

KernelAssociation* KernelCore::Find(AssociationId id) const {
  auto found = associations_.find(id);
  return found == associations_.end() ? nullptr : found->second.get();
}

Result<> KernelCore::CheckTarget(const Target& target) const {
  if (target.addresses.empty()) return Fail("no address to connect to", EINVAL);
  bool udp = target.carrier == Carrier::kUdp;
  if (target.sctp_port == 0 || (udp && target.addresses.front().port() == 0))
    return Fail("no port to connect to", EINVAL);
  if (udp && support_.udp_port == 0) return Fail(support_.why_no_udp, EAFNOSUPPORT);

  for (const auto& [id, association] : associations_) {
    if (association->state() == KernelAssociation::State::kEnding ||
        association->carrier != target.carrier || association->peer_sctp_port != target.sctp_port)
      continue;
    for (const TransportAddress& address : target.addresses)
      for (const TransportAddress& path : association->paths)
        if (path.SameHost(address) && (!udp || path.port() == address.port()))
          return Fail("there is an association with " + address.text(), EISCONN);
  }

  if (associations_.size() >= settings_.max_associations)
    return Fail("too many associations", ENOSPC);
  return {};
}

Result<AssociationId> KernelCore::Connect(const Target& target) {
  TRY(CheckTarget(target));
  KernelSocket socket = TRY(KernelSocket::Open(settings_, options_.local, 0));
  KernelAssociationId raw = TRY(socket.Connect(target));
  KernelSocket own = TRY(socket.TakeOut(raw, settings_.interleaving));
  KernelAssociation* association = TRY(Add(std::move(own), raw));
  association->carrier = target.carrier;
  association->peer = target.addresses.front();
  association->paths = target.addresses;
  association->peer_sctp_port = target.sctp_port;
  return association->id;
}

Result<KernelAssociation*> KernelCore::Add(KernelSocket socket, KernelAssociationId raw) {
  auto association = std::make_unique<KernelAssociation>(std::move(socket), raw);
  association->id = AssociationId(++last_id_);
  association->heard = Now();
  association->send_buffer = association->socket.SendBuffer();
  epoll_event event{.events = EPOLLIN, .data = {.u64 = last_id_}};
  int fd = association->socket.fd();
  // EEXIST: it has been another association's, which restarted.
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0 &&
      (errno != EEXIST || ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) < 0))
    return FailErrno("epoll");
  if (associations_.empty()) ticked_ = Now();
  return (associations_[association->id] = std::move(association)).get();
}

void KernelCore::Remove(KernelAssociation& association, DownReason reason, std::string text) {
  // One that the peer began and that never came up was not reported.
  if (!association.incoming || association.state() != KernelAssociation::State::kConnecting)
    ended_.push_back({association.id, reason, std::move(text)});
  const auto& traffic = association.traffic;
  counters_.packets_in += traffic.packets_in;
  counters_.packets_out += traffic.packets_out;
  counters_.retransmitted_chunks += traffic.retransmitted_chunks;
  counters_.messages_expired += traffic.expired_messages + association.outbox.expired();
  associations_.erase(AssociationId(association.id));
}

void KernelCore::Shutdown(AssociationId id) {
  KernelAssociation* association = Find(id);
  if (association == nullptr || association->state() == KernelAssociation::State::kEnding) return;
  if (association->state() == KernelAssociation::State::kConnecting)
    return End(*association, DownReason::kShutdown, "not up yet");
  association->SetState(KernelAssociation::State::kEnding, "shutdown");
  association->deadline = Now() + settings_.dead_peer_timeout;
  association->shutdown_owed = true;
  SendOutbox(*association);
}

void KernelCore::Abort(AssociationId id, std::string_view reason) {
  if (KernelAssociation* association = Find(id))
    End(*association, DownReason::kLocal, EscapeForLog(reason));
}

void KernelCore::End(KernelAssociation& association, DownReason reason, std::string text) {
  association.socket.Abort(association.raw, text);
  Remove(association, reason, std::move(text));
}

void KernelCore::Trust(AssociationId id) {
  if (KernelAssociation* association = Find(id)) association->trusted = true;
}

std::size_t KernelCore::MaxUnfragmented(AssociationId id) const {
  KernelAssociation* association = Find(id);
  return association == nullptr ? 0 : association->max_unfragmented;
}

AssociationStats KernelCore::Stats(AssociationId id) const {
  AssociationStats out;
  KernelAssociation* association = Find(id);
  if (association == nullptr) return out;

  association->socket.FillStats(association->raw, out);
  if (out.paths.empty()) out.paths.push_back({.address = association->peer});

  auto traffic = association->socket.TrafficOf(association->raw).value_or(association->traffic);
  out.packets_in = traffic.packets_in;
  out.packets_out = traffic.packets_out;
  out.retransmitted_chunks = traffic.retransmitted_chunks;
  out.expired_messages = traffic.expired_messages + association->outbox.expired();
  out.held_messages = association->outbox.size();

  out.messages_in = association->messages_in;
  out.messages_out = association->messages_out;
  out.bytes_in = association->bytes_in;
  out.bytes_out = association->bytes_out;
  out.since_heard =
      std::chrono::duration_cast<std::chrono::milliseconds>(Now() - association->heard);
  return out;
}

EngineCounters KernelCore::counters() const {
  EngineCounters out = counters_;
  out.associations_now = associations_.size();
  for (const auto& [id, association] : associations_) {
    const auto& traffic = association->traffic;
    out.packets_in += traffic.packets_in;
    out.packets_out += traffic.packets_out;
    out.retransmitted_chunks += traffic.retransmitted_chunks;
    out.messages_expired += traffic.expired_messages + association->outbox.expired();
    for (std::size_t i = 0; i < association->outbox.size(); ++i)
      out.queue_now_bytes += association->outbox.at(i).bytes.size();
  }
  return out;
}

// --- being driven

TimePoint KernelCore::NextTimer() const {
  if (!ended_.empty()) return ticked_;
  TimePoint tick = associations_.empty() ? TimePoint::max() : ticked_ + TickOf(settings_);
  return std::min(tick, look_);
}

void KernelCore::OnReadable() {
  constexpr int kEvents = 64;
  epoll_event events[kEvents];
  int got = ::epoll_wait(epoll_.get(), events, kEvents, 0);
  for (int i = 0; i < got; ++i) {
    if (events[i].data.u64 == 0)
      ReadListener();
    else
      Read(AssociationId(events[i].data.u64));
  }
  Flush();
}

void KernelCore::OnTimer() {
  TimePoint now = Now();
  if (now >= look_) LookForRoom();
  if (now >= ticked_ + TickOf(settings_)) CheckTime(now);
  Flush();
}

void KernelCore::Flush() {
  SendOutboxes();
  TellEnded();
  SendOutboxes();  // what the observer sent meanwhile
}

void KernelCore::CheckTime(TimePoint now) {
  // After a pause of the process itself (a stopped virtual machine) the peers' packets have yet to
  // be read.
  TimePoint earliest{};
  if (now - ticked_ > settings_.dead_peer_timeout / 4)
    earliest = now - settings_.dead_peer_timeout / 2;
  ticked_ = now;

  std::vector<AssociationId> ids;
  for (const auto& [id, association] : associations_) ids.push_back(id);

  for (AssociationId id : ids) {
    KernelAssociation& association = *Find(id);
    association.heard = std::max(association.heard, earliest);
    if (auto traffic = association.socket.TrafficOf(association.raw)) {
      if (traffic->packets_in != association.traffic.packets_in) association.heard = now;
      association.traffic = *traffic;
    }
    if (association.state() == KernelAssociation::State::kConnecting) continue;

    if (now - association.heard > settings_.dead_peer_timeout) {
      ++counters_.dead_peers;
      auto silence = std::chrono::duration_cast<std::chrono::milliseconds>(now - association.heard);
      End(association, DownReason::kDeadPeer,
          "nothing heard for " + std::to_string(silence.count()) + " ms");
    } else if (association.state() == KernelAssociation::State::kEnding &&
               now > association.deadline) {
      End(association, DownReason::kDeadPeer, "the shutdown did not come to its end");
    } else {
      LookAtPaths(association);
    }
  }
}

}  // namespace funnel::sctp
