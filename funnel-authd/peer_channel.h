// One end of an established @peer channel: wire::Channel with stream 0 of an association as its
// link. It carries HELLO, rekeys, and in the end FAREWELL.
//
// Thread: the loop's. Callbacks come from inside OnFrame() and OnTimer(); the owner may destroy the
// channel from a later turn only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/event/loop.h"
#include "common/wire/channel.h"
#include "common/wire/frame.h"
#include "common/wire/hello.h"
#include "funnel-authd/handshake.h"

namespace funnel::authd {

class PeerChannel : private wire::ChannelObserver, private wire::FrameSink {
 public:
  struct Callbacks {
    std::function<void(Bytes frame)> send;
    std::function<void(const wire::HelloBody&)> on_hello;
    std::function<void(Epoch next)> on_rekey_due;
    std::function<void(Epoch next, Bytes token)> on_rekey_token;
    // Over; why.
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
  // Answers to on_rekey_due and on_rekey_token.
  void StartRekey(ByteView token);
  void AnswerRekey(ByteView token, Established next);
  void InstallEpoch(Established next);
  void RekeyFailed();
  void Close(wire::EndCode code, const std::string& text);

  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] const Secret& exporter() const { return exporter_; }
  [[nodiscard]] BootTime expires() const { return expires_; }

 private:
  PeerChannel(event::Loop& loop, Identity identity, Callbacks callbacks);
  [[nodiscard]] Result<wire::EpochKeys> KeysOf(Established& established);
  void Flush();

  void OnConfirmed() override {}
  void OnSessionOpened(SessionId session, const wire::SessionInfo&) override;
  void OnDatagram(SessionId, ByteView) override {}
  std::size_t OnMessage(SessionId, ByteView bytes) override { return bytes.size(); }
  void OnFin(SessionId) override {}
  void OnSessionReset(SessionId, wire::EndCode) override {}
  void OnWritable(SessionId) override {}
  void OnPong(std::uint64_t, Duration) override {}
  void OnRekeyDue(Epoch next) override { callbacks_.on_rekey_due(next); }
  void OnRekeyToken(Epoch next, ByteView token) override;
  bool OnHello(ByteView body) override;
  void OnEnded(wire::EndCode code, const std::string& text, bool clean) override;

  MutableByteView Reserve(std::size_t size) override;
  void Commit(std::size_t size) override;

  const Identity identity_;
  Callbacks callbacks_;
  Secret exporter_;
  BootTime expires_;
  Bytes outgoing_;
  std::unique_ptr<wire::Channel> channel_;
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::authd
