// Which of the backend's addresses each flow sends to. A name's addresses are tried as
// common/net/address_race.h says: the next one where one refuses, with what it refused; never two
// at a time, for a datagram cannot be taken back. Where all refuse, and every resolve-interval
// while flows are in use, the name is looked up again; a flow whose address it has no more moves.
//
// Owned by ConnectSide, on the loop's thread.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/net/address_order.h"
#include "common/net/resolver.h"
#include "funnel-udpd/backend_flow.h"

namespace funnel::udpd {

class BackendPicker {
 public:
  class User {
   public:
    virtual ~User() = default;
    // None of the backend's addresses takes anything, or it has none. Called from the end of a
    // turn; FLOW may be destroyed from here.
    virtual void OnNoBackend(BackendFlow& flow, const std::string& why) = 0;
  };

  BackendPicker(SharedState& shared, User& user);

  // FLOW is new. Its datagrams are held until there is an address.
  void Begin(BackendFlow& flow);
  void Send(BackendFlow& flow, ByteView datagram);
  void OnAnswer(BackendFlow& flow);
  void OnFailed(BackendFlow& flow, int error);
  // FLOW is about to be destroyed.
  void Forget(BackendFlow& flow) { waiting_.erase(flow.choice.waiting); }
  void OnReload();

 private:
  // Asks for the name's addresses on behalf of FLOW.
  void LookUp(BackendFlow& flow);
  // The answer for the flow that waits under number LOOKUP, if that is still there.
  void OnResolved(std::uint64_t lookup, const net::Resolver::Answer& answer);
  // What the name has now. Flows that use another address move when they next send.
  void Learn(const std::vector<SocketAddress>& addresses);
  // Looks the name up again every resolve-interval while flows are in use.
  void CheckName(TimePoint now);
  // Begins a race of FLOW over ADDRESSES; without any it gives up.
  void Try(BackendFlow& flow, const std::vector<SocketAddress>& addresses);
  // Takes the next address that can be used at all; after the last one the name is asked again.
  void Advance(BackendFlow& flow);
  // Notes that FLOW waits; an answer finds it by this number, or finds that it has gone.
  [[nodiscard]] std::uint64_t Wait(BackendFlow& flow);
  // No address is left. The user is notified at the end of the turn, where no call of its is
  // running.
  void GiveUp(BackendFlow& flow, const std::string& why);
  void ReportGivenUp();

  SharedState& shared_;
  User& user_;
  net::Resolver resolver_;
  net::AddressOrder order_;
  std::vector<SocketAddress> known_;  // what the backend's name was last said to be
  std::uint64_t generation_ = 0;      // of known_
  TimePoint next_check_{};            // of the name
  TimePoint last_failure_{};
  bool is_name_ = false;
  // Flows whose name is looked up, and those given up, by a number that is never used again.
  std::unordered_map<std::uint64_t, BackendFlow*> waiting_;
  std::uint64_t last_waiting_ = 0;
  std::vector<std::pair<std::uint64_t, std::string>> given_up_;
  std::unique_ptr<event::TurnHook> hook_;
};

}  // namespace funnel::udpd
