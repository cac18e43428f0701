// Which of one backend's addresses each flow of that backend sends to. The addresses of a name are
// tried as common/net/address_race.h says: if one refuses, the next one gets what it refused. Two
// are never tried at a time, because a datagram cannot be taken back. If all refuse, and every
// resolve-interval while flows are in use, the name is looked up again; a flow whose address is no
// longer among the name's moves to another.
//
// Owned by the pool of backends (backend_chooser.h), on the loop's thread.
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
    // No address of the backend takes anything, or it has none. Called at the end of a turn; FLOW
    // may be destroyed, or given to another backend, inside this call.
    virtual void OnNoBackend(BackendFlow& flow, const std::string& why) = 0;
  };

  BackendPicker(SharedState& shared, User& user, config::Endpoint endpoint);

  // FLOW is new. Its datagrams are held until there is an address.
  void Begin(BackendFlow& flow);
  // KEEP_COPY: another backend may have to get it.
  void Send(BackendFlow& flow, ByteView datagram, bool keep_copy, TimePoint now);
  void OnAnswer(BackendFlow& flow);
  void OnFailed(BackendFlow& flow, int error);
  // FLOW will be destroyed, or given to another backend.
  void Forget(BackendFlow& flow) { waiting_.erase(flow.choice.waiting); }

 private:
  // Looks up the name's addresses for FLOW.
  void LookUp(BackendFlow& flow);
  // The answer for the flow that waits under the number LOOKUP, if that flow still exists.
  void OnResolved(std::uint64_t lookup, const net::Resolver::Answer& answer);
  // ADDRESSES are the name's present ones. Flows with another address move when they send next.
  void Learn(const std::vector<SocketAddress>& addresses);
  // Looks the name up again every resolve-interval while flows are in use.
  void CheckName(TimePoint now);
  // Starts FLOW's tries of ADDRESSES; if there is none it gives up.
  void Try(BackendFlow& flow, const std::vector<SocketAddress>& addresses);
  // Takes the next address that can be used at all; after the last one the name is looked up again.
  void Advance(BackendFlow& flow);
  // Remembers that FLOW waits; an answer finds it by this number, or finds that it has gone.
  [[nodiscard]] std::uint64_t Wait(BackendFlow& flow);
  // No address is left. The user is notified at the end of the turn, when no call of it is on the
  // stack.
  void GiveUp(BackendFlow& flow, const std::string& why);
  void ReportGivenUp();

  SharedState& shared_;
  User& user_;
  const config::Endpoint endpoint_;
  net::Resolver resolver_;
  net::AddressOrder order_;
  std::vector<SocketAddress> known_;  // the name's addresses by the last answer
  std::uint64_t generation_ = 0;      // of known_
  TimePoint next_check_{};            // of the name
  bool is_name_ = false;
  // Flows that wait for a lookup, and those given up, by a number that is used only once.
  std::unordered_map<std::uint64_t, BackendFlow*> waiting_;
  std::uint64_t last_waiting_ = 0;
  std::vector<std::pair<std::uint64_t, std::string>> given_up_;
  std::unique_ptr<event::TurnHook> hook_;
};

}  // namespace funnel::udpd
