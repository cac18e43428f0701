// Answers packets that belong to no association, without storing anything: INIT (RFC 9260 section
// 5.1), a COOKIE ECHO that is too old, and what comes out of the blue (section 8.4).
//
// Owned by the endpoint.
#pragma once

#include <optional>
#include <vector>

#include "sctp/endpoint/replies.h"
#include "sctp/endpoint/rules.h"
#include "sctp/endpoint/slot_table.h"
#include "sctp/endpoint/turns.h"
#include "sctp/handshake/cookie.h"

namespace sctp {

class Responder {
 public:
  // All of it outlives this.
  struct Around {
    const AssociationSettings& settings;
    CookieBox& cookies;
    Rules& rules;
    SlotTable& slots;
    Turns& turns;
    Replies& replies;
    EndpointCounters& counters;
  };
  explicit Responder(const Around& around) : around_(around) {}

  // CHUNK, the only one of PACKET, is INIT: answers with INIT ACK and a cookie, or with ABORT.
  void OnInit(const Address& from, const PacketView& packet, const ChunkView& chunk, TimePoint now);
  // The cookie of a COOKIE ECHO, if it is ours, of this peer, and not too old; otherwise it is
  // counted, and answered where it was too old.
  [[nodiscard]] std::optional<Cookie> OnCookieEcho(const Address& from, const PacketView& packet,
                                                   const ChunkView& chunk, TimePoint now);
  // Any other packet, whose first chunk is FIRST.
  void OnOutOfTheBlue(const Address& from, const PacketView& packet, const ChunkView& first,
                      TimePoint now);

 private:
  // An INIT of a peer that has an association in SLOT already: makes COOKIE fit that. False: that
  // INIT was given another answer.
  [[nodiscard]] bool FitToPresent(Slot& slot, const CommonHeader& header,
                                  const std::vector<Host>& hosts, Cookie& cookie, TimePoint now);
  void RefuseInit(const Address& from, const CommonHeader& header, CauseCode cause,
                  ByteView value = {});

  Around around_;
};

}  // namespace sctp
