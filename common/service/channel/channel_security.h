// The security context of one live channel at authd: makes the keys, exchanges the context for a
// new one (a rekey), announces it when authd has restarted, and returns it at the end.
//
//   initiator: OnRekeyDue -> User::StartRekey -> OnRekeyToken -> User::UseKeys -> OnEpochInUse
//   acceptor:                                    OnRekeyToken -> User::UseKeys -> OnEpochInUse
// In both, User::OnRekeyFailed may come instead: then the present keys stay in use up to their
// limit.
//
// Owned by the channel, whose identity outlives it. Thread: the loop's. The calls to User come from
// the loop, never from inside a call of the channel's.
#pragma once

#include <optional>
#include <string>

#include "common/service/channel/channel_identity.h"
#include "common/service/shared_state.h"
#include "common/wire/channel/epoch_keys.h"

namespace funnel::service {

class ChannelSecurity {
 public:
  // The channel. None of these may destroy the ChannelSecurity.
  class User {
   public:
    virtual ~User() = default;
    // Initiator: send TOKEN to the peer.
    virtual void StartRekey(ByteView token) = 0;
    // The keys of the next epoch. Acceptor: send REPLY to the peer.
    virtual void UseKeys(wire::EpochKeys keys, ByteView reply) = 0;
    virtual void OnRekeyFailed() = 0;
    // The rule that allowed the channel is gone.
    virtual void OnRevoked(const std::string& reason) = 0;
  };

  // CONTEXT is its number at authd.
  ChannelSecurity(SharedState& shared, const ChannelIdentity& identity, std::uint64_t context,
                  Secret exporter, User& user);
  // Returns all that authd keeps for the channel.
  ~ChannelSecurity();
  ChannelSecurity(const ChannelSecurity&) = delete;
  ChannelSecurity& operator=(const ChannelSecurity&) = delete;

  // Makes keys of what authd has given. Fails when that is of no use.
  [[nodiscard]] Result<wire::EpochKeys> MakeKeys(Epoch epoch, const ipc::Context& context);
  // The calls about rekeying of wire::ChannelObserver.
  void OnRekeyDue(Epoch next);
  void OnRekeyToken(Epoch next, ByteView token);
  void OnRekeyRefused();
  void OnEpochInUse();
  // authd has restarted: give it the context again.
  void Announce();
  // The channel is over: whatever authd answers from now on is returned to it.
  void OnChannelOver() { over_ = true; }

  // The context's number at authd; 0: authd has restarted and does not know it (yet).
  [[nodiscard]] std::uint64_t context() const { return present_.number; }
  // The enctype of the newest keys.
  [[nodiscard]] std::uint16_t enctype() const { return enctype_; }

 private:
  // What authd keeps of an epoch, and what the next rekey is bound to.
  struct Context {
    std::uint64_t number = 0;
    Secret exporter;
  };

  void OnOpening(const ipc::Opening& opening);
  // authd has the context of the next epoch; as acceptor also the token to answer with.
  void OnContext(ipc::Context context);
  void FailRekey(const AuthdClient::Answer& answer);
  void FailRekey(const std::string& why);
  void LogFailure(std::string_view why);

  SharedState& shared_;
  const ChannelIdentity& identity_;
  User& user_;
  Context present_;              // that of the epoch in use
  std::optional<Context> next_;  // that of keys which are not used yet
  std::uint16_t enctype_ = 0;
  Epoch rekey_epoch_;
  std::uint64_t handshake_ = 0;       // initiator: one that has begun and is not completed
  AuthdClient::RequestId rekey_ = 0;  // there is one at a time
  AuthdClient::RequestId announcement_ = 0;
  bool over_ = false;
};

}  // namespace funnel::service
