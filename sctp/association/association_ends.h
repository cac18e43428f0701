// How an association that is up ends, and what is done about who says that it has: its orderly end
// (Closing), and where AssociationSettings::ends_are_questions, the question that an ABORT, a
// restart or a SHUTDOWN is (EndQuestion, ShutdownClaim). It decides; the association does what
// comes of it.
//
// Owned by the association. Where SENDER is spoken of, there must be one.
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
  // All of it outlives this.
  struct Around {
    const AssociationSettings& settings;
    std::optional<Sender>& sender;
    AssociationCounters& counters;
  };
  // All is over. TEXT is valid until the next call.
  struct End {
    DownReason reason;
    std::string_view text;
  };
  // COOKIE_TRIP: from our INIT ACK to its COOKIE ECHO; 0: we began.
  AssociationEnds(const Around& around, Duration cookie_trip)
      : around_(around), cookie_trip_(cookie_trip) {}

  // We want to end. What is held is delivered as well; a question that is being asked goes on.
  void Shutdown(TimePoint now);
  // A COOKIE ECHO, or an ABORT, of an association that is up. False, nullopt: it is being asked.
  [[nodiscard]] bool OnRestart(TimePoint now);
  [[nodiscard]] std::optional<End> OnAbort(std::string_view text, TimePoint now);
  // SHUTDOWN, whose cumulative TSN was taken. True: SHUTDOWN ACK is the answer.
  [[nodiscard]] bool OnShutdown(TimePoint now);
  // The peer shows by an INIT that it has not got our answer to its SHUTDOWN.
  void RepeatShutdownAck(TimePoint now) { closing_.OnShutdown(now); }
  // True: SHUTDOWN COMPLETE is the answer, and all is over.
  [[nodiscard]] bool OnShutdownAck(TimePoint now);
  // True: all is over.
  [[nodiscard]] bool OnShutdownComplete();
  // INFO of a HEARTBEAT ACK that only the peer can have sent. False: not of a question.
  [[nodiscard]] bool OnHeartbeatAck(ByteView info, TimePoint now);
  // Data that had not come before. Who has sent SHUTDOWN or SHUTDOWN ACK has none left.
  void OnNewData(TimePoint now);
  // A packet with data was read. True: it is to be acknowledged at once.
  [[nodiscard]] bool OnDataPacket(TimePoint now);
  // After each packet and at each time: what was taken may be delivered by now, and a SHUTDOWN that
  // came may be asked about, or is to be forgotten.
  void Settle(TimePoint now);
  // What was claimed has been proven by now, or never will be.
  [[nodiscard]] std::optional<End> OnTimer(TimePoint now);
  [[nodiscard]] TimePoint NextTimer() const;

  // SHUTDOWN COMPLETE is to leave, alone in its packet.
  [[nodiscard]] bool TakeComplete() { return closing_.TakeComplete(); }
  // What is due of an end, up to CUMULATIVE received. What it yields is to be asked by all other
  // paths, too: the one in use may be silent.
  [[nodiscard]] std::optional<ByteView> Write(BufferWriter& out, Tsn cumulative, TimePoint now,
                                              RandomSource& random);

  // How long an answer to a HEARTBEAT may take by the path in use.
  [[nodiscard]] Duration ProbeTimeout() const;
  [[nodiscard]] Closing::State closing() const { return closing_.state(); }
  // New messages are taken, and still come.
  [[nodiscard]] bool open() const { return closing_.open(); }
  [[nodiscard]] bool receiving() const { return closing_.receiving(); }
  // Whether it has really ended is being asked; and how often that was refuted.
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
