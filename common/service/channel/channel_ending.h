// How a channel ended, by what its three sources say: the wire protocol, the link to funnel-sctpd,
// and CLOSED, which is not signed.
//
// Owned by the channel. It decides nothing: the channel is over when the wire protocol says so.
#pragma once

#include <optional>
#include <string>

#include "common/service/channel/channel_link.h"
#include "common/wire/frame/frame.h"
#include "common/wire/frame/types.h"

namespace funnel::service {

struct ChannelEnd {
  wire::EndCode code = wire::EndCode::kNone;
  std::string text;
  bool clean = false;
  bool sctpd_gone = false;
  bool moved = false;  // another association carries the service now
};

class ChannelEnding {
 public:
  void OnLinkLost(const LinkLoss& loss);
  // CLOSED came, with a CODE other than "done".
  void OnClosed(wire::ClosedCode code) { closed_code_ = code; }
  // TEXT may be what the peer said.
  void OnEnded(wire::EndCode code, const std::string& text, bool clean);

  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] bool link_lost() const { return link_lost_; }
  [[nodiscard]] const ChannelEnd& end() const { return end_; }
  // For the log.
  [[nodiscard]] std::string Text() const;

 private:
  bool over_ = false;
  bool link_lost_ = false;
  std::optional<wire::ClosedCode> closed_code_;
  ChannelEnd end_;
};

}  // namespace funnel::service
