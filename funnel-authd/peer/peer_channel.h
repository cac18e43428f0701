// One end of an established @peer channel: wire::Channel with stream 0 of an association as its
// link. It carries HELLO, rekeys, and FAREWELL at its end.
//
// Thread: the loop's. Callbacks come from inside OnFrame() and OnTimer(); the owner may destroy the
// channel only in a later turn of the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/base/secret.h"
#include "common/event/loop.h"
#include "common/wire/channel/channel.h"
#include "common/wire/frame/hello.h"
#include "funnel-authd/agreement.h"

namespace funnel::authd {

class PeerChannel : private wire::ChannelObserver, private wire::FrameSink {
 public:
  struct Callbacks {
    std::function<void(Bytes frame)> send;
    std::function<void(const wire::HelloBody&)> on_hello;
    std::function<void(Epoch next)> on_rekey_due;
    std::function<void(Epoch next, Bytes token)> on_rekey_token;
    std::function<void()> on_rekey_refused;
    // The channel is over, and this is why.
    std::function<void(const std::string& text)> on_ended;
  };
  struct Identity {
    wire::Role role = wire::Role::kInitiator;
    ChannelId id;
    std::string local_principal;
    std::string peer_principal;
  };

  // Sends OUR_HELLO as soon as the protocol allows.
  [[nodiscard]] static Result<std::unique_ptr<PeerChannel>> Create(event::Loop& loop,
                                                                   Identity identity,
                                                                   Established first,
                                                                   const wire::HelloBody& our_hello,
                                                                   Callbacks callbacks);
  ~PeerChannel() override;

  void OnFrame(MutableByteView frame);
  void OnClosed(bool abrupt);
  // These two answer on_rekey_due and on_rekey_token.
  void StartRekey(ByteView token);
  void AnswerRekey(ByteView token, Established next);
  void InstallEpoch(Established next);
  void RekeyFailed();
  void Close(wire::EndCode code, const std::string& text);

  [[nodiscard]] const Identity& identity() const { return identity_; }
  // The secret that binds the handshake for the epoch NEXT to the epoch before it. It is kept as
  // long as that rekey may be tried: it may fail after we answered, and then the other end begins
  // it again.
  [[nodiscard]] Secret ExporterBefore(Epoch next) const;
  // All epochs have the same suite; WhyNotBetter() made the reason.
  [[nodiscard]] std::uint16_t suite() const { return suite_; }
  [[nodiscard]] const std::string& why_not_better() const { return why_not_better_; }
  // When the context in use ends.
  [[nodiscard]] BootTime expires() const { return channel_->expires(); }

 private:
  PeerChannel(event::Loop& loop, Identity identity, Callbacks callbacks);
  // Derives the keys of EPOCH, and keeps what binds the next one to it.
  [[nodiscard]] Result<wire::EpochKeys> KeysOf(Epoch epoch, Established& established);
  // Forgets the secrets that no rekey to NEXT can need.
  void BeginRekeyTo(Epoch next);
  // Sends all that the channel has to send.
  void Flush();

  void OnConfirmed() override {}
  void OnSessionOpened(SessionId session, const wire::SessionInfo&) override;
  void OnDatagram(SessionId, ByteView) override {}
  std::size_t OnMessage(SessionId, ByteView bytes) override { return bytes.size(); }
  void OnFin(SessionId) override {}
  void OnSessionReset(SessionId, wire::EndCode) override {}
  void OnWritable(SessionId) override {}
  void OnPong(std::uint64_t, Duration) override {}
  void OnRekeyDue(Epoch next) override;
  void OnRekeyToken(Epoch next, ByteView token) override;
  void OnRekeyRefused() override { callbacks_.on_rekey_refused(); }
  bool OnHello(ByteView body) override;
  void OnEnded(wire::EndCode code, const std::string& text, bool clean) override;

  MutableByteView Reserve(std::size_t size) override;
  void Commit(std::size_t size) override;

  const Identity identity_;
  Callbacks callbacks_;
  std::uint16_t suite_ = 0;
  std::string why_not_better_;
  Epoch rekey_to_;  // of the last rekey that either end began
  std::map<Epoch, Secret> exporters_;
  Bytes outgoing_;
  std::unique_ptr<wire::Channel> channel_;
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::authd
