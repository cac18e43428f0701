// The owner of one channel end in a simulation: opens sessions, sends data that both sides can
// compute, reads at its own speed, and checks everything that is reported to it.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "common/wire/channel/channel.h"

namespace funnel::wire::sim {

using Random = std::mt19937_64;

inline std::uint64_t Below(Random& random, std::uint64_t limit) { return random() % limit; }
inline bool Chance(Random& random, double probability) {
  return static_cast<double>(random() >> 11) * 0x1p-53 < probability;
}

constexpr std::size_t kMessageHead = 8;  // of a message: its index, its size

// Byte AT of the data that side SIDE sends in session ID.
inline std::uint8_t StreamByte(SessionId id, int side, std::uint64_t at) {
  return static_cast<std::uint8_t>(at * 31 + (at >> 8) * 7 + (at >> 16) + id.value() * 13 +
                                   static_cast<unsigned>(side) * 101);
}

// What a session does; both ends derive it from the scenario and the session's number.
struct Plan {
  enum class Kind { kStream, kMessages, kDatagrams };
  Kind kind;
  std::uint64_t bytes[2];  // of a stream, by role
  std::uint64_t messages[2];
  static Plan For(std::uint64_t scenario, SessionId id, std::uint64_t most_bytes);
};

// What one end sent in a message session, so that the other can check the order.
struct SentMessage {
  Order order;
  std::uint64_t after;  // index
  std::uint32_t size;
};

struct Flow {
  Plan plan{};
  std::uint64_t sent = 0, received = 0;  // bytes of a stream
  std::uint64_t datagrams_sent = 0;
  std::vector<bool> datagrams_seen;
  std::vector<SentMessage> sent_messages;
  std::vector<std::uint64_t> numbers;  // what SendMessage returned
  Bytes rest;                          // of the last one, whose beginning was sent as a piece
  bool unit_open = false;
  bool as_bytes = false;  // from here on messages are sent as a stream
  std::string parsing;    // bytes of a message that is not complete yet
  std::vector<bool> messages_seen;
  bool fin_sent = false, fin_seen = false, over = false;
  std::size_t appetite = 0;
  bool hungry = true;  // it accepts everything
};

class Party : public ChannelObserver {
 public:
  Party(Role role, std::uint64_t scenario, std::uint64_t most_bytes, Random& random)
      : role_(role), scenario_(scenario), most_bytes_(most_bytes), random_(random) {}

  // Not owned; set once both exist.
  void Attach(Channel* channel, Party* other) {
    channel_ = channel;
    other_ = other;
  }

  void OnConfirmed() override;
  void OnSessionOpened(SessionId session, const SessionInfo& info) override;
  void OnDatagram(SessionId session, ByteView datagram) override;
  std::size_t OnMessage(SessionId session, ByteView bytes) override;
  void OnFin(SessionId session) override;
  void OnSessionReset(SessionId session, EndCode code) override;
  void OnWritable(SessionId session) override;
  void OnPong(std::uint64_t, Duration) override {}
  void OnRekeyDue(Epoch next) override { rekey_due = next; }
  void OnRekeyToken(Epoch next, ByteView token) override;
  void OnEnded(EndCode code, const std::string& text, bool clean) override;

  // --- what the owner does
  void Open();
  void SendSome();  // on a random session
  void SendAll();   // whatever any session still has, and FIN
  void ReadSome();  // a random session reads on
  void ReadAll();   // from now on every session reads everything
  void ResetSome();
  [[nodiscard]] bool AllOver() const;
  void Fail(const std::string& what);

  std::map<SessionId, Flow> flows;
  std::optional<Epoch> rekey_due, rekey_token;
  bool ended = false, ended_clean = false, closed_by_us = false;
  std::string end_text;
  bool confirmed = false;
  std::string failure;  // the first broken invariant
  std::uint64_t datagrams_received = 0;

 private:
  [[nodiscard]] Flow* FlowOf(SessionId session, const char* callback);
  [[nodiscard]] SessionId Pick(bool& found);
  void SendStream(SessionId id, Flow& flow, std::size_t most);
  void SendMessages(SessionId id, Flow& flow, std::size_t count);
  // False: it could not be sent completely now.
  [[nodiscard]] bool SendMessage(SessionId id, Flow& flow, Bytes bytes);
  [[nodiscard]] bool SendRest(SessionId id, Flow& flow);
  void SendDatagrams(SessionId id, Flow& flow, std::size_t count);
  void MaybeFin(SessionId id, Flow& flow);
  void CheckStream(SessionId id, Flow& flow, ByteView bytes);
  void CheckMessages(SessionId id, Flow& flow, ByteView bytes);
  void CheckOrder(SessionId id, Flow& flow, std::uint64_t index);
  [[nodiscard]] int me() const { return role_ == Role::kInitiator ? 0 : 1; }
  [[nodiscard]] int peer() const { return 1 - me(); }

  Role role_;
  std::uint64_t scenario_, most_bytes_;
  Random& random_;
  Channel* channel_ = nullptr;
  Party* other_ = nullptr;
};

}  // namespace funnel::wire::sim
