// The accepting side. sctpd's Accept is answered with Accepted and a claim, or with AcceptRefused;
// the edge's Redeem is answered with Context. Rekeys that an initiator asks for are accepted here,
// too.
//
// Thread: the loop's; tokens are accepted in the pool. The caller has checked who sent the request.
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
  // Who sent the request, and for which peer and service.
  struct Request {
    ClientId client;
    std::uint32_t request = 0;
    std::string peer;
    std::string wire_name;
    ServiceName service;
    std::string identity;
  };
  // Checks what only an authenticated initiator may learn the answer to.
  static void JudgeInitiator(const config::Configuration& config,
                             const config::ServiceConfig& service, const wire::OpenBody& open,
                             Verdict& verdict);
  [[nodiscard]] static Verdict Judge(gss::CredentialStore& credentials,
                                     const config::Configuration& config,
                                     const config::ServiceConfig& service,
                                     const wire::OpenBody& open, ByteView open_body);
  // Ends an Accept: puts the context into a claim for the edge, or refuses.
  void OnVerdict(const Request& request, Verdict verdict);
  // There is no room for another claim.
  void RefuseForClaims(const Request& request);
  void Refuse(const Request& request, wire::RefusalCode code, const std::string& text,
              const std::string& initiator, Bytes refused_body);
  // Runs WORK in the pool and THEN on the loop; where the deadline comes first, TOO_LATE instead.
  // False: the pool has too much work already.
  template <typename Outcome>
  [[nodiscard]] bool Run(ClientId client, const std::string& key, std::function<void()> too_late,
                         std::move_only_function<Outcome()> work,
                         std::move_only_function<void(Outcome)> then);

  SharedState& shared_;
};

}  // namespace funnel::authd
