#include "common/service/channel/channel_ending.h"

#include "common/base/text.h"

namespace funnel::service {

void ChannelEnding::OnLinkLost(const LinkLoss& loss) {
  link_lost_ = true;
  end_.sctpd_gone = loss.sctpd_gone;
  end_.moved = !loss.sctpd_gone && loss.code == ipc::LinkEndCode::kMoved;
  if (end_.text.empty()) end_.text = loss.text;
}

void ChannelEnding::OnEnded(wire::EndCode code, const std::string& text, bool clean) {
  over_ = true;
  end_.code = code;
  if (!text.empty()) end_.text = EscapeForLog(text);
  end_.clean = clean;
}

std::string ChannelEnding::Text() const {
  std::string text(wire::EndCodeText(end_.code));
  if (!end_.text.empty()) text += ": " + end_.text;
  // CLOSED is not signed, so it explains only an end that nothing authenticated.
  if (!end_.clean && closed_code_)
    text += " (CLOSED says: " + wire::ClosedText(*closed_code_) + ")";
  return text;
}

}  // namespace funnel::service
