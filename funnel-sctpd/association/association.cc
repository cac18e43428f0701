#include "funnel-sctpd/association/association.h"

#include <ctime>

#include "common/base/log.h"

namespace funnel::sctpd {

std::string_view Name(AssociationState state) {
  switch (state) {
    case AssociationState::kConnecting:
      return "connecting";
    case AssociationState::kVerifying:
      return "verifying";
    case AssociationState::kUp:
      return "up";
    case AssociationState::kEnding:
      return "ending";
  }
  return "?";
}

Association::Association(AssociationId id, bool is_outgoing, const sctp::TransportAddress& where,
                         TimePoint now)
    : outgoing(is_outgoing),
      address(where),
      began(now),
      since_unix(std::time(nullptr)),
      id_(id),
      state_(is_outgoing ? AssociationState::kConnecting : AssociationState::kVerifying) {}

void Association::SetState(AssociationState state, std::string_view reason) {
  if (state == state_) return;
  bool notable = state == AssociationState::kUp || state_ == AssociationState::kUp;
  std::string line(Name(state));
  if (!reason.empty()) line.append(": ").append(reason);
  Log(notable     ? LogLevel::kNotice
      : withdrawn ? LogLevel::kDebug
                  : LogLevel::kInfo,
      "association", line,
      {{"PEER", label()}, {"ADDRESS", address.text()}, {"DIRECTION", outgoing ? "out" : "in"}});
  state_ = state;
  since_unix = std::time(nullptr);
}

bool Association::IsConsistent() const {
  switch (state_) {
    case AssociationState::kConnecting:
      return outgoing && !peer.empty() && users.empty();
    case AssociationState::kVerifying:
      return users.empty() && (!outgoing || !peer.empty());
    case AssociationState::kUp:
      return !peer.empty() && !node.empty() && !beside && channels <= users.size();
    case AssociationState::kEnding:
      return users.empty() && senders.empty() && channels == 0;
  }
  return false;
}

bool Association::SendControl(sctp::Engine& engine, StreamId stream, Bytes frame) {
  if (control_.empty() &&
      engine.Send(id_, stream, frame, sctp::SendOptions{}) != sctp::SendStatus::kFull)
    return true;  // sent, or nobody is there to take it
  if (control_.size() >= kMaxControlQueue) return false;
  control_.push_back({stream, std::move(frame)});
  blocked = true;
  return true;
}

bool Association::FlushControl(sctp::Engine& engine) {
  while (!control_.empty()) {
    Waiting& first = control_.front();
    if (engine.Send(id_, first.stream, first.frame, sctp::SendOptions{}) == sctp::SendStatus::kFull)
      return false;
    control_.pop_front();
  }
  return true;
}

void Association::MoveTo(const sctp::PeerPath& path) {
  std::string line = "from " + PathText({address, carrier}) + " to " + PathText(path);
  Log(LogLevel::kNotice, "path-moved", line, {{"PEER", label()}, {"ADDRESS", path.address.text()}});
  address = candidate.address = path.address;
  carrier = candidate.carrier = path.carrier;
  last_move = line;
  moved_unix = std::time(nullptr);
}

std::string Association::label() const { return peer.empty() ? address.text() : peer; }

}  // namespace funnel::sctpd
