// What funnel-sctpd shows of a live channel (NOTE): its state and the reason, what both ends agreed
// on, and whether connections would end with it.
//
// Owned by the channel, whose identity outlives it. It makes the notes; the channel sends them.
#pragma once

#include <optional>
#include <string>

#include "common/ipc/sctpd_messages.h"
#include "common/service/channel/channel_identity.h"

namespace funnel::service {

class ChannelNotes {
 public:
  explicit ChannelNotes(const ChannelIdentity& identity) : identity_(identity) {}

  // The note of a new state.
  [[nodiscard]] ipc::Note Note(ipc::NoteState state, const std::string& text) {
    state_ = state;
    text_ = text;
    return Present();
  }
  // A connection ends with its channel, a UDP flow does not: funnel-sctpd does not move a channel
  // that is IN_USE to another association. nullopt: that was reported already.
  [[nodiscard]] std::optional<ipc::Note> SetInUse(bool in_use) {
    if (in_use == in_use_) return std::nullopt;
    in_use_ = in_use;
    return Present();
  }

 private:
  [[nodiscard]] ipc::Note Present() const {
    return {.state = state_,
            .local_principal = identity_.local_principal,
            .remote_principal = identity_.remote_principal,
            .text = text_,
            .in_use = in_use_,
            .suite = identity_.suite,
            .suite_reason = identity_.why_not_better};
  }

  const ChannelIdentity& identity_;
  ipc::NoteState state_ = ipc::NoteState::kOpen;
  std::string text_;
  bool in_use_ = false;
};

}  // namespace funnel::service
