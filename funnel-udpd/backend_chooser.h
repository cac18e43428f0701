// Which backend each flow sends to: the pool chooses one when the flow begins, and its picker one
// of that backend's addresses. If a backend takes nothing, the flow goes on to the next with what
// was refused; if it is down or a reload removed it, with what comes from then on. So a flow stays
// with its backend as long as that is of use.
//
// Owned by ConnectSide, on the loop's thread.
#pragma once

#include <string>

#include "funnel-udpd/backend_picker.h"

namespace funnel::udpd {

class BackendChooser final : private BackendPicker::User {
 public:
  class User {
   public:
    virtual ~User() = default;
    // No backend takes anything. Called at the end of a turn; FLOW may be destroyed inside this
    // call.
    virtual void OnNoBackend(BackendFlow& flow, const std::string& why) = 0;
  };

  BackendChooser(SharedState& shared, User& user);

  // FLOW is new. Its datagrams are held until there is an address.
  void Begin(BackendFlow& flow);
  void Send(BackendFlow& flow, ByteView datagram, TimePoint now);
  void OnAnswer(BackendFlow& flow, TimePoint now);
  void OnFailed(BackendFlow& flow, int error);
  // FLOW will be destroyed.
  void Forget(BackendFlow& flow);
  void OnReload();

 private:
  struct Picker;

  [[nodiscard]] static BackendPicker& PickerOf(BackendFlow& flow);
  // Gives FLOW another backend, none of those that refused it. False: there is none.
  [[nodiscard]] bool Move(BackendFlow& flow);
  void OnNoBackend(BackendFlow& flow, const std::string& why) override;

  SharedState& shared_;
  User& user_;
  TimePoint last_failure_{};
};

}  // namespace funnel::udpd
