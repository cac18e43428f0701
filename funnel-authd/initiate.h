// The initiating edges' handshakes. Initiate is answered with Opening; then Complete is answered
// with Context, and CompleteRefused with Failed and the peer's reason. Rekeys use the same
// messages.
//
// Between Opening and Complete a handshake waits here, for kPendingLife at most. Thread: the
// loop's; tokens are made, and answers finished, in the pools. The caller has checked that CLIENT
// is the edge of the service that it names.
#pragma once

#include <map>
#include <variant>

#include "common/ipc/authd_messages.h"
#include "funnel-authd/handshake.h"
#include "funnel-authd/shared_state.h"

namespace funnel::authd {

class InitiateHandshakes {
 public:
  // From our token to the peer's answer; an edge waits for less than this.
  static constexpr std::chrono::seconds kPendingLife{60};
  // The limit in all, of which each service has its share.
  static constexpr std::size_t kMaxPending = 4096;

  explicit InitiateHandshakes(SharedState& shared) : shared_(shared) {}

  void On(ClientId client, const ipc::Initiate& message);
  void On(ClientId client, const ipc::Complete& message);
  void On(ClientId client, const ipc::CompleteRefused& message);
  void ClientGone(ClientId client);
  void Expire(TimePoint now);
  void set_services(std::size_t count) { slots_.set_limits(Shares::Halves(kMaxPending, count)); }
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }

 private:
  using Begun = std::variant<BegunOpen, BegunRekey>;
  struct Pending {
    ClientId client;
    ServiceName service;
    std::string identity, expect, peer;
    bool is_rekey = false;
    Epoch epoch;              // of a rekey
    std::uint16_t suite = 0;  // of a rekey
    Begun begun;
    TimePoint ends;
    Shares::Slot slot;
  };

  // Makes the token in the pool, then calls OnBegun().
  void Start(ClientId client, std::uint32_t request, Pending pending,
             std::move_only_function<Result<Begun>()> begin);
  void OnBegun(ClientId client, std::uint32_t request, Pending pending, Result<Begun> begun);
  // Gives the edge its context, or the reason why there is none.
  void OnFinished(ClientId client, std::uint32_t request, Pending pending,
                  Result<Established> established);
  void AnswerBusy(ClientId client, std::uint32_t request);
  // nullopt: it is unknown, or another client's; the client has been answered then.
  [[nodiscard]] std::optional<Pending> Take(ClientId client, std::uint32_t request,
                                            std::uint64_t handshake);
  void Fails(ClientId client, std::uint32_t request, const Pending& pending, ipc::FailureCode code,
             const std::string& text, Counter counter, bool authenticated = false);

  SharedState& shared_;
  std::uint64_t last_ = 0;
  Shares slots_{Shares::Halves(kMaxPending, 0)};  // one a service
  std::map<std::uint64_t, Pending> pending_;
};

}  // namespace funnel::authd
