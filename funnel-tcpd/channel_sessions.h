// The sessions of a channel, as the edge stores them: connects a SessionPump to the channel's
// handle.
#pragma once

#include <optional>

#include "common/service/application.h"
#include "funnel-tcpd/backend.h"
#include "funnel-tcpd/session_pump.h"

namespace funnel::tcpd {

// Owned by its ChannelHandle, and destroyed with it.
class ChannelSessions final : public service::ChannelData, private ChannelPort {
 public:
  // DIALER and POLICY exist on the connecting side only.
  ChannelSessions(SharedState& shared, service::ChannelHandle& channel);
  ChannelSessions(SharedState& shared, service::ChannelHandle& channel, Dialer& dialer,
                  service::ClientPolicy policy);

  [[nodiscard]] SessionPump& pump() { return pump_; }
  [[nodiscard]] service::ChannelHandle& channel() { return channel_; }
  void set_policy(service::ClientPolicy policy);
  // Listening side: logs what becomes of new sessions at the far end, if that has changed.
  void NoteServing();

 private:
  [[nodiscard]] Peer peer() const override {
    return {channel_.peer(), channel_.remote_principal()};
  }
  [[nodiscard]] std::optional<SessionId> OpenSession(const wire::SessionInfo& info) override;
  [[nodiscard]] MutableByteView PrepareBytes(SessionId session) override;
  void CommitBytes(SessionId session, std::size_t count) override;
  [[nodiscard]] std::size_t SendBytes(SessionId session, ByteView bytes) override;
  [[nodiscard]] std::optional<std::uint64_t> SendMessage(SessionId session, ByteView bytes,
                                                         const Ordering& ordering) override;
  [[nodiscard]] bool TakesMessage(SessionId session) override;
  void TraceMessage(SessionId session, std::uint64_t number,
                    const service::MessageLabel& label) override;
  void SendFin(SessionId session) override;
  void ResetSession(SessionId session, wire::EndCode code) override;
  void FinishAndReset(SessionId session) override;
  void Resume(SessionId session) override;

  SharedState& shared_;
  service::ChannelHandle& channel_;
  wire::Serving serving_ = wire::Serving::kYes;  // as it was logged
  std::optional<Backend> backend_;
  SessionPump pump_;
};

}  // namespace funnel::tcpd
