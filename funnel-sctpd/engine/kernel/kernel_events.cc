// KernelCore between the kernel and the observer: messages, and what became of associations.
#include "common/base/text.h"
#include "funnel-sctpd/engine/kernel/kernel_core.h"

namespace funnel::sctp {
namespace {

using What = KernelSocket::What;

// Of one socket in one turn, so that the others have theirs. The rest stays readable.
constexpr int kEventsAtOnce = 256;

DownReason ReasonOf(int error) {
  switch (error) {
    case ECONNRESET:
      return DownReason::kAborted;
    case ETIMEDOUT:
      return DownReason::kDeadPeer;
    default:
      return DownReason::kViolation;
  }
}

std::string_view TextOf(DownReason reason) {
  switch (reason) {
    case DownReason::kAborted:
      return "the peer ended it";
    case DownReason::kDeadPeer:
      return "no answer any more";
    case DownReason::kRefused:
      return "the peer's SCTP said no";
    case DownReason::kNoAnswer:
      return "no answer";
    case DownReason::kShutdown:
      return "ended in order";
    default:
      return "the peer broke the protocol";
  }
}

}  // namespace

void KernelCore::ReadListener() {
  for (int i = 0; i < kEventsAtOnce; ++i) {
    KernelSocket::Event event = listener_->Receive(message_);
    if (event.what == What::kNothing) {
      // A pending error would keep the socket readable for ever. A notification says what it is
      // about.
      (void)listener_->TakeError();
      return;
    }
    if (event.what == What::kUp) OnIncoming(event.association, event.streams);
  }
}

void KernelCore::OnIncoming(KernelAssociationId raw, std::uint16_t streams) {
  auto peer = listener_->PeerOf(raw);
  auto socket = listener_->TakeOut(raw, settings_.interleaving);

  if (!peer || !socket) {  // it has gone already, or there are no descriptors left
    ++counters_.socket_errors;
    return listener_->Abort(raw, "no resources");
  }
  if (!table_.MayAssociate(peer->address)) {
    ++counters_.strangers_limited;
    return socket->Abort(raw, "too many associations");
  }

  auto association = Add(std::move(*socket), raw);
  if (!association) {
    ++counters_.socket_errors;
    return;
  }

  (*association)->incoming = true;
  OnUp(**association, streams);
}

void KernelCore::Read(AssociationId id) {
  for (int i = 0; i < kEventsAtOnce; ++i) {
    KernelAssociation* association = table_.Find(id);
    if (association == nullptr) return;
    KernelSocket::Event event = association->socket.Receive(message_);
    if (event.what == What::kNothing) {
      (void)association->socket.TakeError();
      return;
    }
    OnEvent(*association, event);
  }
}

void KernelCore::OnEvent(KernelAssociation& association, const KernelSocket::Event& event) {
  switch (event.what) {
    case What::kPart:
      return OnPart(association, event);
    case What::kPartsEnd:
      (void)association.partial.Take({event.stream, event.unordered});
      return;
    case What::kUp:
      return OnUp(association, event.streams);
    case What::kRestarted:
      return OnRestarted(association, event.streams);
    case What::kLost:
    case What::kShutDown:
    case What::kNeverUp:
      return OnLost(association, event);
    case What::kPathChanged:
      return LookAtPaths(association);
    case What::kNothing:
    case What::kIrrelevant:
      return;
  }
}

void KernelCore::OnPart(KernelAssociation& association, const KernelSocket::Event& event) {
  PartialMessages::Key key{event.stream, event.unordered};
  MutableByteView part = MutableByteView(message_).first(event.size);

  if (association.partial.size_of(key) + part.size() > settings_.max_message_bytes) {
    ++counters_.messages_oversize;
    return End(association, DownReason::kViolation,
               "a message larger than " + std::to_string(settings_.max_message_bytes) + " bytes");
  }
  if (!event.last && association.partial.bytes() + part.size() > settings_.receive_buffer_bytes)
    return End(association, DownReason::kViolation, "too many unfinished messages");

  Bytes whole;
  if (!event.last || association.partial.Has(key)) {
    association.partial.Append(key, part);
    if (!event.last) return;
    whole = association.partial.Take(key);
    part = whole;
  }

  ++association.messages_in;
  ++counters_.messages_in;
  association.bytes_in += part.size();
  counters_.bytes_in += part.size();
  observer_.OnMessage(association.id, event.stream, event.payload_protocol, part);
}

void KernelCore::OnUp(KernelAssociation& association, std::uint16_t streams) {
  auto peer = association.socket.PeerOf(association.raw);
  if (!peer) return;  // it has gone again; the next event says so
  if (settings_.interleaving && !peer->interleaving) {
    ++counters_.associations_failed;
    return End(association, DownReason::kRefused,
               "the peer's SCTP lacks I-DATA (RFC 8260); Linux: sysctl net.sctp.intl_enable=1");
  }

  association.SetState(KernelAssociation::State::kUp, "");
  association.peer = peer->address;
  association.paths = {peer->address};
  association.peer_sctp_port = peer->sctp_port;
  association.carrier = peer->address.port() != 0 ? Carrier::kUdp : Carrier::kDirect;
  association.streams = streams;
  association.max_unfragmented = peer->max_unfragmented;
  association.last_received = Now();
  ++counters_.associations_up;
  observer_.OnUp(association.id, {association.incoming, association.peer, association.carrier,
                                  association.peer_sctp_port, association.streams});
}

// The kernel goes on with the same association; for our owner it is another one.
void KernelCore::OnRestarted(KernelAssociation& association, std::uint16_t streams) {
  ++counters_.restarts;
  KernelSocket socket = std::move(association.socket);
  KernelAssociationId raw = association.raw;
  bool incoming = association.incoming;
  Remove(association, DownReason::kRestarted, "the peer restarted");
  ReportEnded();
  auto successor = Add(std::move(socket), raw);
  if (!successor) return;
  (*successor)->incoming = incoming;
  OnUp(**successor, streams);
}

void KernelCore::OnLost(KernelAssociation& association, const KernelSocket::Event& event) {
  int error = association.socket.TakeError();
  DownReason reason = DownReason::kShutdown;
  if (event.what == What::kNeverUp) {
    ++counters_.associations_failed;
    reason = error == ETIMEDOUT ? DownReason::kNoAnswer : DownReason::kRefused;
  } else if (event.what == What::kLost) {
    reason = ReasonOf(error);
  }
  std::string text(TextOf(reason));
  if (!event.reason.empty()) text += ": " + EscapeForLog(event.reason);
  Remove(association, reason, std::move(text));
}

void KernelCore::ReportEnded() {
  while (!ended_.empty()) {
    std::vector<Ended> now;
    now.swap(ended_);
    for (const Ended& ended : now) observer_.OnDown(ended.id, ended.reason, ended.text);
  }
}

}  // namespace funnel::sctp
