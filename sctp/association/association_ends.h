// How an association that is up ends, and how a message that claims its end is checked: the orderly
// end (Closing), and with AssociationSettings::ends_are_questions the questions that follow an
// ABORT, a restart or a SHUTDOWN (EndQuestion, ShutdownClaim). This class decides; the association
// acts on it.
//
// Owned by the association. Calls that concern SENDER need one.
#pragma once

#include <optional>
#include <string_view>

#include "sctp/association/settings.h"
#include "sctp/handshake/closing.h"
#include "sctp/handshake/end_question.h"
#include "sctp/handshake/shutdown_claim.h"
#include "sctp/send/sender.h"

namespace sctp {

class AssociationEnds {
 public:
  // All of it must outlive this.
  struct Around {
    const AssociationSettings& settings;
    std::optional<Sender>& sender;
    AssociationCounters& counters;
  };
  // The association is over. TEXT is valid until the next call.
  struct End {
    DownReason reason;
    std::string_view text;
  };
  // COOKIE_TRIP is the time from our INIT ACK to its COOKIE ECHO; 0: we began.
  AssociationEnds(const Around& around, Duration cookie_trip)
      : around_(around), cookie_trip_(cookie_trip) {}

  // We want to end. What is held is still delivered; a question that is being asked continues.
  void Shutdown(TimePoint now);
  // A COOKIE ECHO, or an ABORT, of an association that is up. False, nullopt: a question is asked
  // first.
  [[nodiscard]] bool OnRestart(TimePoint now);
  [[nodiscard]] std::optional<End> OnAbort(std::string_view text, TimePoint now);
  // SHUTDOWN, whose cumulative TSN was processed. True: answer with SHUTDOWN ACK.
  [[nodiscard]] bool OnShutdown(TimePoint now);
  // An INIT of the peer shows that it has not received our answer to its SHUTDOWN.
  void RepeatShutdownAck(TimePoint now) { closing_.OnShutdown(now); }
  // True: answer with SHUTDOWN COMPLETE; the association is over.
  [[nodiscard]] bool OnShutdownAck(TimePoint now);
  // True: the association is over.
  [[nodiscard]] bool OnShutdownComplete();
  // INFO is of a HEARTBEAT ACK that only the peer can have sent. False: it belongs to no question.
  [[nodiscard]] bool OnHeartbeatAck(ByteView info, TimePoint now);
  // New data has come. A peer that has sent SHUTDOWN or SHUTDOWN ACK has none left.
  void OnNewData(TimePoint now);
  // A packet with data was read. True: acknowledge it at once.
  [[nodiscard]] bool OnDataPacket(TimePoint now);
  // Call it after each packet and at each timer: by then data may be delivered, and a SHUTDOWN that
  // came may become a question, or be forgotten.
  void Settle(TimePoint now);
  // What was claimed is proven by now, or cannot be any more.
  [[nodiscard]] std::optional<End> OnTimer(TimePoint now);
  [[nodiscard]] TimePoint NextTimer() const;

  // SHUTDOWN COMPLETE must be sent, alone in its packet.
  [[nodiscard]] bool TakeComplete() { return closing_.TakeComplete(); }
  // Writes the chunks that an end needs now, with CUMULATIVE as what was received. If it returns a
  // question, ask it by all other paths, too: the one in use may be dead.
  [[nodiscard]] std::optional<ByteView> Write(BufferWriter& out, Tsn cumulative, TimePoint now,
                                              RandomSource& random);

  // How long an answer to a HEARTBEAT may take on the path in use.
  [[nodiscard]] Duration ProbeTimeout() const;
  [[nodiscard]] Closing::State closing() const { return closing_.state(); }
  // New messages are accepted, and still arrive.
  [[nodiscard]] bool open() const { return closing_.open(); }
  [[nodiscard]] bool receiving() const { return closing_.receiving(); }
  // Whether a question about its end is being asked; and how often such claims were refuted.
  [[nodiscard]] bool asking() const { return question_.asked(); }
  [[nodiscard]] std::uint64_t refuted() const { return question_.refuted(); }

 private:
  [[nodiscard]] bool AsksAboutShutdown() const {
    return question_.asked(EndQuestion::About::kShutdown);
  }
  void Ask(EndQuestion::About about, std::string_view text, TimePoint now);
  void ForgetClaim();
  void RefuteClaim(TimePoint now);

  Around around_;
  const Duration cookie_trip_;
  Closing closing_;
  EndQuestion question_;
  ShutdownClaim claim_;
};

}  // namespace sctp
