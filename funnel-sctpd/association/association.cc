#include "funnel-sctpd/association/association.h"

#include <ctime>
#include <utility>

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

Association::Association(AssociationId id, const sctp::TransportAddress& from, TimePoint now)
    : address(from), began(now), since_unix(std::time(nullptr)), id_(id), state_(Verifying{}) {}

Association::Association(AssociationId id, std::string with, Dialled by_us, TimePoint now)
    : dialled(std::move(by_us)),
      address(dialled->candidate.address),
      carrier(dialled->candidate.carrier),
      peer(std::move(with)),
      began(now),
      since_unix(std::time(nullptr)),
      id_(id),
      state_(Connecting{}) {}

AuthdFrames* Association::authd_frames() {
  if (auto* verifying = std::get_if<Verifying>(&state_)) return &verifying->frames;
  Up* up = verified();
  return up == nullptr ? nullptr : &up->frames;
}

bool Association::EndsBy(Cause cause) const {
  const auto* ending = std::get_if<Ending>(&state_);
  return ending != nullptr && ending->cause == cause;
}

void Association::SetState(StateData next, std::string_view reason) {
  const bool was_up = up();
  const bool same = next.index() == state_.index();
  state_ = std::move(next);
  if (same) return;

  std::string line(Name(state()));
  if (!reason.empty()) line.append(": ").append(reason);
  Log(was_up || up()              ? LogLevel::kNotice
      : EndsBy(Cause::kWithdrawn) ? LogLevel::kDebug
                                  : LogLevel::kInfo,
      "association", line,
      {{"PEER", label()}, {"ADDRESS", address.text()}, {"DIRECTION", outgoing() ? "out" : "in"}});
  since_unix = std::time(nullptr);
}

bool Association::IsConsistent() const {
  if (outgoing() && peer.empty()) return false;
  switch (state()) {
    case AssociationState::kConnecting:
      return outgoing() && users.empty();
    case AssociationState::kVerifying:
      return users.empty();
    case AssociationState::kUp:
      return !peer.empty() && !verified()->node.empty() && !replaces() && channels <= users.size();
    case AssociationState::kEnding:
      return users.empty() && senders.empty() && channels == 0;
  }
  return false;
}

bool Association::SendControl(sctp::Engine& engine, StreamId stream, Bytes frame) {
  if (control_.empty() &&
      engine.Send(id_, stream, frame, sctp::SendOptions{}) != sctp::SendStatus::kFull)
    return true;  // it was sent, or nobody is there to take it
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
  address = path.address;
  carrier = path.carrier;
  if (dialled) {
    dialled->candidate.address = address;
    dialled->candidate.carrier = carrier;
  }
  last_move = {.text = std::move(line), .unix_time = std::time(nullptr)};
}

std::string Association::label() const { return peer.empty() ? address.text() : peer; }

}  // namespace funnel::sctpd
