#include "funnel-sctpd/engine/own/own_core.h"

#include <algorithm>

#include "common/base/random.h"
#include "common/base/text.h"
#include "funnel-sctpd/engine/linux_fragments.h"
#include "funnel-sctpd/engine/own/own_settings.h"

namespace funnel::sctp {
namespace {

// What is more than that waits in the core, where urgent messages pass others, and not for a
// socket.
constexpr std::size_t kMostWaitingBytes = 256 * 1024;
constexpr std::size_t kLargestPacket = 65536;

// One of the dynamic ports (RFC 6335 section 6).
std::uint16_t RandomPort(std::uint16_t not_this) {
  constexpr std::uint16_t kFirst = 49152, kCount = 16384;
  const auto port = static_cast<std::uint16_t>(kFirst + RandomU64() % kCount);
  return port != not_this ? port : static_cast<std::uint16_t>(port ^ 1);
}

SendStatus StatusOf(::sctp::SendStatus status) {
  switch (status) {
    case ::sctp::SendStatus::kSent:
      return SendStatus::kSent;
    case ::sctp::SendStatus::kFull:
      return SendStatus::kFull;
    case ::sctp::SendStatus::kTooLarge:
      return SendStatus::kTooLarge;
    case ::sctp::SendStatus::kGone:
      return SendStatus::kGone;
  }
  return SendStatus::kGone;
}

// The core's first priority is for streams without a share. They keep the association going, so no
// service may starve them.
std::optional<::sctp::StreamShare> ShareOf(const SendOptions& options) {
  static_assert(SendOptions::kPriorities < ::sctp::StreamScheduler::kPriorities);
  if (!options.share) return std::nullopt;
  return ::sctp::StreamShare{static_cast<std::uint8_t>(options.share->priority + 1),
                             options.share->weight};
}

PeerPath PathOf(const Route& route) { return {route.peer, CarrierOf(route.peer)}; }

}  // namespace

void OwnCore::Random::Fill(MutableByteView out) { FillRandom(out); }

Result<std::unique_ptr<OwnCore>> OwnCore::Make(const Settings& settings,
                                               std::unique_ptr<PacketLink> link,
                                               EngineObserver& observer) {
  if (auto r = settings.Check(); !r) return std::unexpected(r.error());
  return std::unique_ptr<OwnCore>(new OwnCore(settings, std::move(link), observer));
}

OwnCore::OwnCore(const Settings& settings, std::unique_ptr<PacketLink> link,
                 EngineObserver& observer)
    : settings_(settings),
      observer_(observer),
      link_(std::move(link)),
      strangers_(settings.strangers),
      endpoint_(CoreSettings(settings), random_, *this, Now()),
      queue_(settings.output_queue_bytes) {
  endpoint_.SetPolicy(this);
}

OwnCore::~OwnCore() {
  peers_.ForEach([&](AssociationId id, const Peer&) { endpoint_.Abort(id, "shutting down"); });
  TakePackets(Now());
  (void)link_->Transmit(queue_, counters_);
}

Result<AssociationId> OwnCore::Connect(const Target& target) {
  if (target.addresses.empty()) return Fail("no address to connect to", EINVAL);
  const bool direct = target.carrier == Carrier::kDirect;
  TransportAddress address = target.addresses.front();
  if (direct) address = address.WithPort(0);
  if ((address.port() == 0 && !direct) || target.sctp_port == 0)
    return Fail("no port to connect to", EINVAL);
  if (!link_->Reaches(address))
    return Fail(std::string(direct ? "no raw" : "no UDP") + " socket for " + address.text(),
                EAFNOSUPPORT);
  if (peers_.HasBegun(address, target.sctp_port))
    return Fail("there is an association with " + address.text(), EISCONN);

  const std::uint16_t own_port =
      settings_.connect_port != 0 ? settings_.connect_port : RandomPort(settings_.sctp_port);
  const AssociationId id =
      TRY(endpoint_.Connect(CoreAddress(address), target.sctp_port, own_port, Now()));
  peers_.Begin(id, address, target.sctp_port);
  return id;
}

SendStatus OwnCore::Send(AssociationId id, StreamId stream, ByteView message,
                         const SendOptions& options) {
  const TimePoint now = Now();
  ::sctp::SendOptions core{.protocol = kPayloadProtocol, .unordered = options.unordered};
  core.copy = options.copied;
  core.share = ShareOf(options);
  if (options.lifetime > std::chrono::milliseconds::zero()) core.deadline = now + options.lifetime;
  const SendStatus status = StatusOf(endpoint_.Send(id, stream, message, core, now));
  if (status == SendStatus::kSent) ++counters_.messages_out;
  if (status == SendStatus::kFull) ++counters_.sends_full;
  return status;
}

void OwnCore::Shutdown(AssociationId id) {
  const Peer* peer = peers_.Find(id);
  if (peer == nullptr || peer->deadline != TimePoint::max()) return;
  if (!peer->up) return End(id, DownReason::kShutdown, "not up yet");
  peers_.BeginEnd(id, Now() + settings_.dead_peer_timeout);
  endpoint_.Shutdown(id, Now());
}

void OwnCore::Abort(AssociationId id, std::string_view reason) {
  if (peers_.Find(id) != nullptr) End(id, DownReason::kLocal, EscapeForLog(reason));
}

// Ends it here and tells the peer; OnDown follows.
void OwnCore::End(AssociationId id, DownReason reason, std::string text) {
  endpoint_.Abort(id, text);
  Forget(id);
  ended_.push_back({id, reason, std::move(text)});
}

void OwnCore::Trust(AssociationId id) {
  Peer* peer = peers_.Find(id);
  if (peer == nullptr) return;
  peer->trusted = true;
  NoStranger(*peer);
  endpoint_.Trust(id, Now());
}

void OwnCore::CheckDeadlines(TimePoint now) {
  while (const auto late = peers_.Late(now)) {
    ++counters_.dead_peers;
    End(*late, DownReason::kDeadPeer, "the shutdown did not come to its end");
  }
}

// --- being driven

TimePoint OwnCore::NextTimer() const {
  if (!ended_.empty()) return TimePoint{};
  return std::min(endpoint_.NextTimer(), peers_.NextDeadline());
}

void OwnCore::OnPacket(const Route& route, MutableByteView packet) {
  ++counters_.packets_in;
  counters_.bytes_in += packet.size();
  if (packet_observer_ != nullptr)
    packet_observer_->OnPacket(endpoint_.ClaimedBy(packet), PathOf(route), /*outgoing=*/false,
                               packet);
  endpoint_.OnPacket(CoreAddress(route.peer, route.local), packet, ::sctp::Checksum::kVerify,
                     Now());
}

void OwnCore::OnReadable() {
  // Not until nothing is left: the caller has other work as well. The descriptor stays readable.
  constexpr int kBatches = 4;
  for (int i = 0; i < kBatches && link_->Receive(*this, counters_); ++i) {
  }
  Flush();
}

void OwnCore::OnTimer() {
  const TimePoint now = Now();
  endpoint_.OnTimer(now);
  CheckDeadlines(now);
  Flush();
}

void OwnCore::TakePackets(TimePoint now) {
  const std::size_t most = std::min(kMostWaitingBytes, queue_.limit_bytes() / 2);
  while (queue_.bytes() + link_->waiting_bytes() < most) {
    const auto departure = endpoint_.NextPacket(queue_.Spare(kLargestPacket), now);
    if (!departure) return;

    const Route route{EngineAddress(departure->to), departure->to.local};
    // Linux dies of trains (output_queue.h).
    const auto* association = endpoint_.Find(departure->association);
    const bool to_linux =
        association != nullptr && association->agreed().adaptation == kLinuxFragmentsIndication;
    const auto travel = departure->must_stay_whole ? OutputQueue::Travel::kWhole
                        : to_linux                 ? OutputQueue::Travel::kAlone
                                                   : OutputQueue::Travel::kInTrains;

    const MutableByteView room = queue_.Append(route, departure->size, travel);
    if (room.empty())
      ++counters_.output_dropped;
    else if (packet_observer_ != nullptr)
      packet_observer_->OnPacket(departure->association, PathOf(route), /*outgoing=*/true, room);
  }
}

void OwnCore::Flush() {
  // Two rounds: what observers send in the first goes along in the second.
  for (int round = 0; round < 2; ++round) {
    do {
      TakePackets(Now());
      wants_writable_ = !link_->Transmit(queue_, counters_);
    } while (!wants_writable_ && endpoint_.HasPackets());
    if (ended_.empty()) return;
    ReportEnded();
  }
}

}  // namespace funnel::sctp
