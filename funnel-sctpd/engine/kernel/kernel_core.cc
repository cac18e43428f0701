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

}  // namespace

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
      table_(settings_),
      // One more than any message may have shows that it is too large.
      message_(settings.max_message_bytes + 1),
      ticked_(Now()) {}

Result<> KernelCore::Open() {
  if (!support_.sctp) return Fail(support_.why_no_sctp, EPROTONOSUPPORT);
  if (settings_.interleaving && !support_.interleaving)
    return Fail(support_.why_no_interleaving, EPROTONOSUPPORT);
  if (table_.fd() < 0) return FailErrno("epoll");
  if (!options_.accept) return {};
  listener_.emplace(TRY(KernelSocket::Open(settings_, options_.local, settings_.sctp_port)));
  TRY(listener_->Listen());
  return table_.Watch(*listener_);
}

KernelCore::~KernelCore() {
  for (auto& [id, association] : table_.all())
    association->socket.Abort(association->raw, "shutting down");
}

Result<> KernelCore::CheckTarget(const Target& target) const {
  if (target.addresses.empty()) return Fail("no address to connect to", EINVAL);
  bool udp = target.carrier == Carrier::kUdp;
  if (target.sctp_port == 0 || (udp && target.addresses.front().port() == 0))
    return Fail("no port to connect to", EINVAL);
  if (udp && support_.udp_port == 0) return Fail(support_.why_no_udp, EAFNOSUPPORT);

  return table_.CheckRoomFor(target);
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
  KernelAssociation* association = TRY(table_.Add(std::move(socket), raw));
  if (table_.all().size() == 1) ticked_ = Now();
  return association;
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
  table_.Remove(AssociationId(association.id));
}

void KernelCore::Shutdown(AssociationId id) {
  KernelAssociation* association = table_.Find(id);
  if (association == nullptr || association->state() == KernelAssociation::State::kEnding) return;
  if (association->state() == KernelAssociation::State::kConnecting)
    return End(*association, DownReason::kShutdown, "not up yet");
  association->SetState(KernelAssociation::State::kEnding, "shutdown");
  association->deadline = Now() + settings_.dead_peer_timeout;
  association->shutdown_owed = true;
  association->SendOutbox();
}

void KernelCore::Abort(AssociationId id, std::string_view reason) {
  if (KernelAssociation* association = table_.Find(id))
    End(*association, DownReason::kLocal, EscapeForLog(reason));
}

void KernelCore::End(KernelAssociation& association, DownReason reason, std::string text) {
  association.socket.Abort(association.raw, text);
  Remove(association, reason, std::move(text));
}

void KernelCore::Trust(AssociationId id) {
  if (KernelAssociation* association = table_.Find(id)) association->trusted = true;
}

std::size_t KernelCore::MaxUnfragmented(AssociationId id) const {
  KernelAssociation* association = table_.Find(id);
  return association == nullptr ? 0 : association->max_unfragmented;
}

AssociationStats KernelCore::Stats(AssociationId id) const {
  AssociationStats out;
  KernelAssociation* association = table_.Find(id);
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
  out.silence =
      std::chrono::duration_cast<std::chrono::milliseconds>(Now() - association->last_received);
  return out;
}

EngineCounters KernelCore::counters() const {
  EngineCounters out = counters_;
  out.associations_now = table_.all().size();
  for (const auto& [id, association] : table_.all()) {
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
  TimePoint tick = table_.all().empty() ? TimePoint::max() : ticked_ + TickOf(settings_);
  return std::min(tick, waiters_.next_look());
}

void KernelCore::OnReadable() {
  constexpr int kEvents = 64;
  epoll_event events[kEvents];
  int got = ::epoll_wait(table_.fd(), events, kEvents, 0);
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
  if (now >= waiters_.next_look()) LookForRoom();
  if (now >= ticked_ + TickOf(settings_)) CheckTime(now);
  Flush();
}

void KernelCore::Flush() {
  SendOutboxes();
  ReportEnded();
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
  for (const auto& [id, association] : table_.all()) ids.push_back(id);

  for (AssociationId id : ids) {
    KernelAssociation& association = *table_.Find(id);
    association.last_received = std::max(association.last_received, earliest);
    if (auto traffic = association.socket.TrafficOf(association.raw)) {
      if (traffic->packets_in != association.traffic.packets_in) association.last_received = now;
      association.traffic = *traffic;
    }
    if (association.state() == KernelAssociation::State::kConnecting) continue;

    if (now - association.last_received > settings_.dead_peer_timeout) {
      ++counters_.dead_peers;
      auto silence =
          std::chrono::duration_cast<std::chrono::milliseconds>(now - association.last_received);
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
