#include "funnel-sctpd/channel/channel.h"

#include <ctime>

#include "common/base/log.h"

namespace funnel::sctpd {

std::string_view Name(ChannelState state) {
  switch (state) {
    case ChannelState::kWaiting:
      return "waiting";
    case ChannelState::kOpening:
      return "opening";
    case ChannelState::kOpen:
      return "open";
    case ChannelState::kRefused:
      return "refused";
    case ChannelState::kClosing:
      return "closing";
  }
  return "?";
}

Channel::Channel(std::uint64_t channel_number, ChannelRole channel_role, std::string service_name,
                 std::string peer_name, ChannelSide& joined_to)
    : number(channel_number),
      role(channel_role),
      service(std::move(service_name)),
      peer(std::move(peer_name)),
      side(joined_to),
      since_unix(std::time(nullptr)),
      state_(channel_role == ChannelRole::kListen ? ChannelState::kWaiting
                                                  : ChannelState::kOpening) {}

void Channel::SetState(ChannelState state, std::string_view why) {
  if (!why.empty()) reason = why;
  if (state == state_) return;

  std::string line(Name(state));
  if (!why.empty()) line.append(": ").append(why);
  Log(LogLevel::kInfo, "channel", line,
      {{"SERVICE", service},
       {"PEER", peer},
       {"STREAM", stream_ ? std::to_string(stream_->id.value()) : "-"}});

  if (state == ChannelState::kOpen) reason.clear();
  state_ = state;
  since_unix = std::time(nullptr);
}

bool Channel::IsConsistent() const {
  if (ending) return !stream_ && association_ == nullptr && !half_open;
  if (stream_ && association_ == nullptr) return false;
  // Without both it would be over.
  if (!stream_ && link == nullptr) return false;
  if (half_open && (role != ChannelRole::kConnect || !stream_ || stream_->opened)) return false;

  switch (state_) {
    case ChannelState::kWaiting:
    case ChannelState::kRefused:
      return role == ChannelRole::kListen && !stream_;
    case ChannelState::kOpening:
      return stream_.has_value();
    case ChannelState::kOpen:
      return stream_ && stream_->opened;
    case ChannelState::kClosing:
      return stream_ && (stream_->closed_sent || stream_->closed_received);
  }
  return false;
}

void Channel::TakeStream(Association& on, StreamId stream, ChannelId channel) {
  Join(on);
  on.streams.Take(stream, *this);
  ++on.channels;
  stream_ = StreamUse{.id = stream};
  id = channel;
}

void Channel::FreeStream() {
  if (!stream_) return;
  association_->streams.Free(stream_->id);
  --association_->channels;
  stream_.reset();
  if (link == nullptr) Leave();
}

sctp::SendOptions::Share Channel::share() const {
  return {static_cast<std::uint8_t>(priority), static_cast<std::uint16_t>(weight)};
}

void Channel::Join(Association& association) {
  if (association_ == &association) return;
  Leave();
  association_ = &association;
  association.users.emplace(number, this);
}

void Channel::Leave() {
  if (association_ == nullptr) return;
  association_->senders.Remove(*this);
  association_->users.erase(number);
  association_ = nullptr;
}

}  // namespace funnel::sctpd
