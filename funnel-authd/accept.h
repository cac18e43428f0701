// The accepting side: sctpd's Accept -> Accepted with a claim, or AcceptRefused; the edge's Redeem
// -> Context; and rekeys that an initiator asks for.
//
// Thread: the loop's; tokens are accepted in the pool. The caller has checked who asks.
#pragma once

#include <optional>
#include <string>

#include "common/ipc/authd_messages.h"
#include "funnel-authd/handshake.h"
#include "funnel-authd/shared_state.h"

namespace funnel::authd {

class AcceptHandshakes {
 public:
  explicit AcceptHandshakes(SharedState& shared) : shared_(shared) {}

  void On(ClientId sctpd, const ipc::Accept& message);
  void On(ClientId sctpd, const ipc::DropClaim& message);
  void On(ClientId edge, const ipc::Redeem& message);
  void On(ClientId edge, const ipc::AcceptRekey& message);

 private:
  // What a worker found out about an OPEN.
  struct Verdict {
    std::string initiator;               // once authenticated
    std::optional<std::string> refusal;  // its reason
    bool circle = false;
    std::vector<wire::Feed> fed_by;
    Bytes refused_body;
    ConcludedOpen concluded;
  };
  // Who asked, and for which peer and service.
  struct Request {
    ClientId client;
    std::uint32_t request = 0;
    std::string peer;
    std::string wire_name;
    ServiceName service;
    std::string identity;
  };
  // The questions that only an authenticated initiator gets an answer to.
  static void JudgeInitiator(const config::Configuration& config,
                             const config::ServiceConfig& service, const wire::OpenBody& open,
                             Verdict& verdict);
  [[nodiscard]] static Verdict Judge(gss::CredentialStore& credentials,
                                     const config::Configuration& config,
                                     const config::ServiceConfig& service,
                                     const wire::OpenBody& open, ByteView open_body);
  void OnVerdict(const Request& request, Verdict verdict);
  void RefuseForClaims(const Request& request);
  void Refuse(const Request& request, wire::RefusalCode code, const std::string& text,
              const std::string& initiator, Bytes refused_body);
  // WORK runs in the pool and THEN on the loop, unless the deadline comes first: TOO_LATE. False:
  // there is too much to do already.
  template <typename Outcome>
  [[nodiscard]] bool Run(ClientId client, const std::string& key, std::function<void()> too_late,
                         std::move_only_function<Outcome()> work,
                         std::move_only_function<void(Outcome)> then);

  SharedState& shared_;
};

}  // namespace funnel::authd
