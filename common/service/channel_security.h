// The security context of one live channel at authd: the keys that are made of it, its exchange for
// a new one (a rekey), its announcement when authd has restarted, and its return at the end.
//
//   initiator: OnRekeyDue -> User::StartRekey -> OnRekeyToken -> User::UseKeys -> OnEpochInUse
//   acceptor:                                    OnRekeyToken -> User::UseKeys -> OnEpochInUse
// Either: User::OnRekeyFailed instead, and the present keys go on to their limit.
//
// Owned by the channel, whose identity outlives it. Thread: the loop's. The calls to User come from
// the loop, never from inside a call of the channel's.
#pragma once

#include <optional>
#include <string>

#include "common/service/channel_identity.h"
#include "common/service/shared_state.h"
#include "common/wire/channel/epoch_keys.h"

namespace funnel::service {

class ChannelSecurity {
 public:
  // The channel. None of these may destroy the ChannelSecurity.
  class User {
   public:
    virtual ~User() = default;
    // Initiator: TOKEN goes to the peer.
    virtual void StartRekey(ByteView token) = 0;
    // Of the next epoch. Acceptor: REPLY goes to the peer.
    virtual void UseKeys(wire::EpochKeys keys, ByteView reply) = 0;
    virtual void OnRekeyFailed() = 0;
    // The rule that allowed the channel no longer holds.
    virtual void OnRevoked(const std::string& reason) = 0;
  };

  // CONTEXT is authd's number of it.
  ChannelSecurity(SharedState& shared, const ChannelIdentity& identity, std::uint64_t context,
                  Secret exporter, User& user);
  // Gives back all that authd keeps for it.
  ~ChannelSecurity();
  ChannelSecurity(const ChannelSecurity&) = delete;
  ChannelSecurity& operator=(const ChannelSecurity&) = delete;

  // Of what authd has given. Fails when that is of no use.
  [[nodiscard]] Result<wire::EpochKeys> MakeKeys(Epoch epoch, const ipc::Context& context);
  // What wire::ChannelObserver says of rekeying.
  void OnRekeyDue(Epoch next);
  void OnRekeyToken(Epoch next, ByteView token);
  void OnRekeyRefused();
  void OnEpochInUse();
  // authd has restarted.
  void Announce();
  // The channel is over: what authd answers from now on is only given back.
  void OnChannelOver() { over_ = true; }

  // At authd; 0: authd has restarted and does not know it (yet).
  [[nodiscard]] std::uint64_t context() const { return present_.number; }
  // Of the newest keys.
  [[nodiscard]] std::uint16_t enctype() const { return enctype_; }

 private:
  // What authd keeps of an epoch, and what the next rekey is bound to.
  struct Context {
    std::uint64_t number = 0;
    Secret exporter;
  };

  void OnOpening(const ipc::Opening& opening);
  // Keys for the next epoch; as acceptor with the token to answer.
  void OnContext(ipc::Context context);
  void FailRekey(const AuthdClient::Answer& answer);
  void FailRekey(const std::string& why);
  void LogFailure(std::string_view why);

  SharedState& shared_;
  const ChannelIdentity& identity_;
  User& user_;
  Context present_;              // of the epoch in use
  std::optional<Context> next_;  // of keys that wait to be used
  std::uint16_t enctype_ = 0;
  Epoch rekey_epoch_;
  std::uint64_t handshake_ = 0;       // initiator: begun, not completed
  AuthdClient::RequestId rekey_ = 0;  // one at a time
  AuthdClient::RequestId announcement_ = 0;
  bool over_ = false;
};

}  // namespace funnel::service
