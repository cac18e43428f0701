// EdgeChannel: how it ends, and what becomes of its link.
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/service/edge_channel.h"
#include "common/service/linger.h"
#include "common/wire/frame/suite.h"

namespace funnel::service {

void EdgeChannel::OnDraining(wire::EndCode code) {
  turn_->Request();
  owner_.OnChannelDraining(*this, code);
}

void EdgeChannel::OnEnded(wire::EndCode code, const std::string& text, bool clean) {
  over_ = true;
  end_.code = code;
  if (!text.empty()) end_.text = EscapeForLog(text);
  end_.clean = clean;
  turn_->Request();
}

void EdgeChannel::LogEnd() const {
  std::string text(wire::EndCodeText(end_.code));
  if (!end_.text.empty()) text += ": " + end_.text;
  // Nobody has signed it.
  if (!end_.clean && closed_code_)
    text += " (CLOSED says: " + wire::ClosedText(*closed_code_) + ")";
  Log(end_.clean ? LogLevel::kInfo : LogLevel::kWarning,
      end_.clean ? "channel-ended" : "channel-truncated", text,
      {{"SERVICE", shared_.service.name.text()}, {"PEER", peer_}, {"REMOTE", remote_principal_}});
}

void EdgeChannel::GiveUpLink(wire::ClosedCode code) {
  if (link_ == nullptr) return;
  if (link_lost_) return link_.reset();
  const Bytes body = wire::ClosedBody{code}.Serialize();
  tracer_.OnClear(/*outgoing=*/true, wire::FrameType::kClosed,
                  wire::kFrameHeaderSize + body.size());
  link_->Send(wire::FrameType::kClosed, id_, body);
  shared_.linger.Add(std::move(link_));
}

void EdgeChannel::Finish() {
  UpdateCounters();
  timer_->Disarm();
  LogEnd();
  shared_.Count(end_.clean ? kChannelsEnded : kChannelsTruncated);
  shared_.counters[kChannelsUp] -= 1;
  if (suite_ == static_cast<std::uint16_t>(wire::Suite::kRfc4121))
    shared_.counters[kChannelsInSuite1] -= 1;
  pings_.FailAll("the channel ended");
  shared_.application->OnChannelDown(*this, end_.code, end_.clean);
  GiveUpLink(end_.clean ? wire::ClosedCode::kDone : wire::ClosedCode::kAborted);
  // The owner destroys this channel, and reads how it ended also after that.
  const ChannelEnd end = end_;
  owner_.OnChannelOver(*this, end);
}

}  // namespace funnel::service
