#include "funnel-sctpd/engine/userland/userland_core.h"

#include <algorithm>

#include "common/base/random.h"
#include "common/base/text.h"
#include "funnel-sctpd/engine/packet/peer_port.h"

namespace funnel::sctp {
namespace {

constexpr std::size_t kUdpHeaderBytes = 8;
constexpr std::size_t kIpv4HeaderBytes = 20;
constexpr std::size_t kIpv6HeaderBytes = 40;
// libusrsctp's clock ticks this slowly when nothing but heartbeats is due.
constexpr std::chrono::milliseconds kIdleTick{100};
constexpr std::chrono::seconds kIdleAfter{1};

// One of the dynamic ports (RFC 6335 section 6).
std::uint16_t RandomPort(std::uint16_t not_this) {
  constexpr std::uint16_t kFirst = 49152, kCount = 16384;
  auto port = static_cast<std::uint16_t>(kFirst + RandomU64() % kCount);
  return port != not_this ? port : static_cast<std::uint16_t>(port ^ 1);
}

}  // namespace

Result<std::unique_ptr<UserlandCore>> UserlandCore::Make(const Settings& settings,
                                                         std::unique_ptr<PacketLink> link,
                                                         EngineObserver& observer) {
  if (auto r = settings.Check(); !r) return std::unexpected(r.error());
  std::unique_ptr<UserlandCore> core(new UserlandCore(settings, std::move(link), observer));
  if (auto r = core->Open(); !r) return std::unexpected(r.error());
  return core;
}

UserlandCore::UserlandCore(const Settings& settings, std::unique_ptr<PacketLink> link,
                           EngineObserver& observer)
    : settings_(settings),
      observer_(observer),
      link_(std::move(link)),
      names_{stack::ReservePort(settings.sctp_port), stack::Attach(this)},
      strangers_(settings.strangers),
      queue_(settings.output_queue_bytes),
      message_(settings.max_message_bytes),
      active_(Now()),
      ticked_(Now()) {}

Result<> UserlandCore::Open() {
  auto endpoint = SctpEndpoint::Open(settings_, names_.port, names_.peer_address);
  if (!endpoint) return std::unexpected(endpoint.error());
  endpoint_.emplace(std::move(*endpoint));
  return {};
}

UserlandCore::~UserlandCore() {
  for (AssociationId id : associations_.Ids()) Abort(id, "shutting down");
  (void)link_->Transmit(queue_, counters_);
  endpoint_.reset();
  stack::Detach(names_.peer_address);
  stack::ReleasePort(names_.port);
}

// The same at every call, unless another peer's association has got the port meanwhile.
std::optional<PeerPort> UserlandCore::PortFor(const PeerKey& key, std::uint64_t generation) const {
  ByteWriter text;
  text.U8(key.address.is_ipv6()).Append(ByteView(key.address.ip())).U32(key.address.scope());
  text.U16(key.address.port()).U16(key.sctp_port).U16(key.local_port).U64(generation);
  auto port = static_cast<std::uint16_t>(port_hash_.Hash64(text.bytes()));
  return FreePort(port, [&](PeerPort taken) { return associations_.Find(taken) != nullptr; });
}

std::size_t UserlandCore::HeadersBelow(const TransportAddress& peer) {
  return (CarrierOf(peer) == Carrier::kUdp ? kUdpHeaderBytes : 0) +
         (peer.is_ipv6() ? kIpv6HeaderBytes : kIpv4HeaderBytes);
}

std::size_t UserlandCore::PacketLimit(const TransportAddress& peer) const {
  // Chunks are multiples of 4.
  return (settings_.ip_packet_limit_bytes - HeadersBelow(peer)) / 4 * 4;
}

// Whether there is one of our own to the same address and port, from whichever port of ours. One
// that is ending is in nobody's way: another one has its own port.
bool UserlandCore::HasBegun(const PeerKey& key) const {
  for (AssociationId id : associations_.Ids()) {
    const Association& other = *associations_.Find(id);
    if (other.state == Association::State::kEnding) continue;
    if (!other.incoming && other.key.address == key.address && other.key.sctp_port == key.sctp_port)
      return true;
  }
  return false;
}

Result<AssociationId> UserlandCore::Connect(const Target& target) {
  if (target.addresses.empty()) return Fail("no address to connect to", EINVAL);
  PeerKey key{
      target.addresses.front(), target.sctp_port,
      settings_.connect_port != 0 ? settings_.connect_port : RandomPort(settings_.sctp_port)};
  bool direct = target.carrier == Carrier::kDirect;
  if (direct) key.address = key.address.WithPort(0);
  if ((key.address.port() == 0 && !direct) || key.sctp_port == 0)
    return Fail("no port to connect to", EINVAL);
  if (!link_->Reaches(key.address))
    return Fail(std::string(direct ? "no raw" : "no UDP") + " socket for " + key.address.text(),
                EAFNOSUPPORT);
  if (associations_.Find(key) != nullptr || HasBegun(key))
    return Fail("there is an association with " + key.address.text(), EISCONN);
  if (associations_.size() >= settings_.max_associations)
    return Fail("too many associations", ENOSPC);

  stack::CatchUp(active_ = Now());
  Association association;
  association.generation = ++connects_
                           << 32;  // apart from those of incoming ones, which count from 0
  auto port = PortFor(key, association.generation);
  if (!port) return Fail("too many associations", ENOSPC);
  association.port = *port;
  association.key = key;
  association.route.peer = key.address;
  association.heard = active_;
  // The INIT leaves from inside Connect: its way must be known before.
  Input input{key, association.route, association.port, association.generation};
  input_ = &input;
  auto connected = endpoint_->Connect(association.port);
  input_ = nullptr;
  if (!connected) return std::unexpected(connected.error());
  association.stack = *connected;
  association.id = AssociationId(++last_id_);
  if (auto tags = endpoint_->Tags(association.stack)) association.tags = *tags;
  association.rto_max = settings_.rto_max;
  return associations_.Add(std::move(association)).id;
}

bool UserlandCore::HasRoom(const Association& association, std::size_t more_bytes,
                           bool large) const {
  std::size_t queued = endpoint_->QueuedBytes(association.stack) + association.held.bytes();
  if (!large) return queued + more_bytes <= settings_.send_buffer_bytes;
  // Bulk on one stream must not make a request on another wait: what waits here goes before it, it
  // takes half of what the stack may have in hand, and no more is under way than the path carries.
  // A quarter of the buffer is kept for messages of one packet.
  std::size_t limit =
      std::min<std::size_t>(settings_.send_buffer_bytes / 4 * 3, association.bulk.limit());
  return association.held.empty() && association.unsent_bytes() <= UnsentLimit(association) / 2 &&
         (queued == 0 || queued + more_bytes <= limit);
}

SendStatus UserlandCore::Send(AssociationId id, StreamId stream, ByteView message,
                              const SendOptions& options) {
  Association* association = associations_.Find(id);
  if (association == nullptr || association->state != Association::State::kUp)
    return SendStatus::kGone;
  if (message.empty() || stream.value() >= association->streams) return SendStatus::kGone;
  if (message.size() > settings_.max_message_bytes) return SendStatus::kTooLarge;
  stack::CatchUp(active_ = Now());
  bool large = message.size() > association->max_unfragmented;
  const bool expires = options.lifetime > std::chrono::milliseconds::zero();
  // What is in order is rare (channels begin and end), and others wait for it.
  const bool takes_turns = !large && !expires && options.unordered;
  SendStatus status = SendStatus::kFull;
  if (expires && MustHold(*association))
    status = Hold(*association, stream, message, options);
  else if (large ? HasRoom(*association, message.size(), large)
                 : !takes_turns || MayGo(*association, message.size()))
    status = IntoStack(*association, stream, message, options);
  if (status == SendStatus::kSent) {
    if (takes_turns) NoteTurn(*association, message.size());
    ++association->messages_out;
    ++counters_.messages_out;
  } else if (status == SendStatus::kFull) {
    ++counters_.sends_full;
    any_waits_ = true;
    auto& waits = association->waits;
    (large ? waits.bulk : takes_turns ? waits.turn : waits.room) = true;
    if (large || takes_turns) association->bulk.OnLimited();
  }
  return status;
}

void UserlandCore::Shutdown(AssociationId id) {
  Association* association = associations_.Find(id);
  if (association == nullptr || association->state == Association::State::kEnding) return;
  if (association->state == Association::State::kConnecting)
    return End(*association, DownReason::kShutdown, "not up yet");
  stack::CatchUp(active_ = Now());
  while (!association->held.empty()) {  // now or never
    const auto& message = association->held.front();
    (void)IntoStack(*association, message.stream, message.bytes, {.unordered = message.unordered});
    association->held.Pop();
    --held_;
  }
  association->state = Association::State::kEnding;
  association->deadline = active_ + settings_.dead_peer_timeout;
  association->shutdown_owed = !endpoint_->Shutdown(association->stack);
}

void UserlandCore::Abort(AssociationId id, std::string_view reason) {
  if (Association* association = associations_.Find(id))
    End(*association, DownReason::kLocal, EscapeForLog(reason));
}

void UserlandCore::End(Association& association, DownReason reason, std::string text,
                       bool quietly) {
  stack::CatchUp(Now());
  held_ -= association.held.size();
  ended_.push_back({association.id, reason, text});
  StackAssociation in_stack = association.stack;
  if (quietly) associations_.Remove(association);
  endpoint_->Abort(in_stack, text);  // its ABORT finds its way by the association
  if (!quietly) associations_.Remove(association);
}

void UserlandCore::Trust(AssociationId id) {
  if (Association* association = associations_.Find(id)) association->trusted = true;
}

std::size_t UserlandCore::MaxUnfragmented(AssociationId id) const {
  Association* association = associations_.Find(id);
  return association == nullptr ? 0 : association->max_unfragmented;
}

// --- being driven

TimePoint UserlandCore::NextTimer() const {
  if (!ended_.empty() || !moved_.empty()) return ticked_;
  bool idle = ticked_ - active_ > kIdleAfter;
  return ticked_ + (idle ? std::chrono::milliseconds(kIdleTick) : stack::kTick);
}

void UserlandCore::OnReadable() {
  // Not until nothing is left: whoever drives us has others to look after. The descriptor stays
  // readable.
  constexpr int kBatches = 4;
  stack::CatchUp(Now());
  for (int i = 0; i < kBatches && link_->Receive(*this, counters_); ++i) {
  }
  Drain();
  SendHeld();
  Flush();
}

void UserlandCore::OnTimer() {
  TimePoint now = Now();
  stack::CatchUp(now);
  Drain();
  CheckTime(now);
  SendHeld();
  ticked_ = now;
  writable_due_ = true;  // a lifetime may have run out
  Flush();
}

void UserlandCore::Flush() {
  // Two rounds: what observers send in the first goes along in the second.
  for (int round = 0; round < 2; ++round) {
    wants_writable_ = !link_->Transmit(queue_, counters_);
    TellMoved();
    TellEnded();
    TellWritable();
    if (queue_.empty()) break;
  }
}

}  // namespace funnel::sctp
