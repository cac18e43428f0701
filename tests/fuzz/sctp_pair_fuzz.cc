// Two endpoints of sctp/ with an association between them, and then anything: the input is a list
// of actions, one byte each and what it needs behind it. Packets come, get lost, change places or
// come twice; time passes; messages are sent; a NAT gives one another port; and chunks of every
// kind, with plausible and with wrong numbers, arrive in the other's name. After each action the
// invariants of both are checked.
#include "tests/fuzz/sctp_pair_chunks.h"
#include "tests/fuzz/sctp_pair_side.h"

using namespace sctp;
using namespace sctp::fuzz;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostActions = 300, kMostOnTheWay = 2000, kMostKept = 32;

class Pair {
 public:
  explicit Pair(const Choices& choices)
      : a_(1, SettingsOf(5001, choices)), b_(2, SettingsOf(5002, choices)) {
    a_.Begin(now_);
    b_.Begin(now_);
    a_.Connect(b_.address, 5002, now_);
    Pump();
    DeliverAll();
    FUZZ_REQUIRE(a_.association() != nullptr && a_.association()->up());
    FUZZ_REQUIRE(b_.association() != nullptr && b_.association()->up());
    a_.endpoint->Trust(a_.id, now_);
    b_.endpoint->Trust(b_.id, now_);
    Pump();
  }

  void Act(Input& in) {
    const std::uint8_t what = in.U8();
    Side& side = (what & 0x80) != 0 ? b_ : a_;
    Side& other = &side == &a_ ? b_ : a_;

    switch (what % 14) {
      case 0:
        DeliverAll();
        break;
      case 1:
        Deliver(side, other, in.U8() % 8);
        break;
      case 2:
        if (!side.on_the_way.empty()) side.on_the_way.pop_front();
        break;
      case 3:
        if (side.on_the_way.size() > 1) std::swap(side.on_the_way[0], side.on_the_way.back());
        break;
      case 4:
        if (!side.on_the_way.empty()) side.on_the_way.push_back(side.on_the_way.front());
        break;
      case 5:
        Pass(1ms * (1 + in.U8()));
        break;
      case 6:
        Pass(50ms * (1 + in.U8() % 100));
        break;
      case 7:
      case 8:
        Send(side, in);
        break;
      case 9:
      case 10:
      case 11:
        Forge(side, other, in);
        break;
      case 12:
        if (!kept_.empty()) Arrive(side, other, kept_[in.U8() % kept_.size()]);
        side.forged = other.forged = true;
        break;
      case 13:
        Command(side, other, in.U8());
        break;
    }

    Pump();
    Check(a_);
    Check(b_);
  }

  // Where nobody has made anything up, all that was taken arrives in the end, or the association
  // is over.
  void Finish() {
    DeliverAll();
    if (a_.forged || b_.forged) return;
    for (int i = 0; i < 1000 && !(IsDrained(a_) && IsDrained(b_)); ++i) {
      Pass(100ms);
      DeliverAll();
    }
    FUZZ_REQUIRE(IsDrained(a_) && IsDrained(b_));
  }

 private:
  static bool IsDrained(const Side& side) {
    const Association* association = side.association();
    return association == nullptr || association->sender()->drained();
  }

  // All that is on its way arrives, and what it leads to.
  void DeliverAll() {
    for (int i = 0; i < 12 && !(a_.on_the_way.empty() && b_.on_the_way.empty()); ++i) {
      Deliver(a_, b_, a_.on_the_way.size());
      Deliver(b_, a_, b_.on_the_way.size());
    }
  }

  void Arrive(Side& to, const Side& from, Bytes packet) {
    to.endpoint->OnPacket(from.address, packet, Checksum::kVerify, now_);
  }
  void Deliver(Side& from, Side& to, std::size_t count) {
    for (; count > 0 && !from.on_the_way.empty(); --count) {
      Bytes packet = std::move(from.on_the_way.front());
      from.on_the_way.pop_front();
      Arrive(to, from, std::move(packet));
    }
    Pump();
  }

  void PumpSide(Side& side) {
    std::uint8_t buffer[2048];
    // More than windows and answers can explain is a loop.
    for (int packets = 0; const auto departure = side.endpoint->NextPacket(buffer, now_);
         ++packets) {
      FUZZ_REQUIRE(packets < 5000);
      FUZZ_REQUIRE(departure->size > kCommonHeaderSize && departure->size <= 1472);
      side.on_the_way.emplace_back(buffer, buffer + departure->size);
      if (side.on_the_way.size() > kMostOnTheWay) side.on_the_way.pop_front();
      if (kept_.size() < kMostKept)
        kept_.push_back(side.on_the_way.back());
      else
        kept_[kept_count_++ % kMostKept] = side.on_the_way.back();
    }
  }
  // What became due by it is done as well, a few times.
  void Pump() {
    for (int rounds = 0; rounds < 4; ++rounds) {
      a_.endpoint->OnTimer(now_);
      b_.endpoint->OnTimer(now_);
      PumpSide(a_);
      PumpSide(b_);
      if (std::min(a_.endpoint->NextTimer(), b_.endpoint->NextTimer()) > now_) return;
    }
  }
  void Pass(Duration span) {
    const TimePoint end = now_ + span;
    for (int turns = 0;; ++turns) {
      FUZZ_REQUIRE(turns < 20'000);
      const TimePoint next = std::min(a_.endpoint->NextTimer(), b_.endpoint->NextTimer());
      if (next > end) break;
      now_ = std::max(now_, next);
      Pump();
    }
    now_ = end;
  }

  void Check(const Side& side) const {
    FUZZ_REQUIRE(!side.endpoint->HasPackets());
    FUZZ_REQUIRE(side.endpoint->associations() <= kMostAssociations);
    // What was due has been done.
    FUZZ_REQUIRE(side.endpoint->NextTimer() > now_);
    const Association* association = side.association();
    if (association == nullptr || association->sender() == nullptr) return;
    FUZZ_REQUIRE(association->sender()->InvariantsHold());
    FUZZ_REQUIRE(association->receiver()->held_bytes() <= 3 * kWindowBytes + 2000);
    FUZZ_REQUIRE(association->sender()->messages().bytes() <= kWindowBytes + kLargestMessage);
    // Whoever is there looks after it that the other is.
    FUZZ_REQUIRE(side.endpoint->NextTimer() != TimePoint::max());
  }

  void Send(Side& side, Input& in) {
    const std::uint8_t flags = in.U8();
    const std::uint16_t stream = flags & 0x07;
    Bytes message(4 + in.U16() % (kLargestMessage - 4));
    funnel::StoreBigEndian<4>(message.data(), side.sent[stream]);
    SendOptions options;
    // Unordered ones are too short to have a number.
    if ((options.unordered = (flags & 0x08) != 0)) message.resize(1 + flags % 3);
    if ((flags & 0x10) != 0) options.deadline = now_ + 10ms * in.U8();
    if (side.endpoint->Send(side.id, StreamId(stream), message, options, now_) ==
            SendStatus::kSent &&
        !options.unordered)
      ++side.sent[stream];
  }

  void Command(Side& side, Side& other, std::uint8_t which) {
    switch (which % 8) {
      case 0:
        side.endpoint->Shutdown(side.id, now_);
        break;
      case 1:
        side.endpoint->Configure(
            side.id, StreamId(which / 8 % 8),
            {static_cast<std::uint8_t>(which / 64), static_cast<std::uint16_t>(1 + which / 8)});
        break;
      case 2:
        // It dies without a word, and restarts.
        if (&side == &a_ && which >= 0xc0) {
          side.Begin(now_);
          side.ForgetNumbers();
          other.ForgetNumbers();
          side.sent.clear();
          side.forged = other.forged = true;  // it cannot be known here who sent what
        }
        [[fallthrough]];
      case 3:
        if (&side == &a_) side.Connect(other.address, 5002, now_);
        side.forged = other.forged = true;
        break;
      case 4:  // what it sends comes from there from now on
        side.address.port = static_cast<std::uint16_t>(9899 + which / 8);
        break;
      default:
        break;
    }
  }

  // A packet in FROM's name arrives at TO.
  void Forge(Side& to, Side& from, Input& in) {
    const Association* there = to.association();
    if (there == nullptr) return;
    to.forged = from.forged = true;

    const std::uint8_t flags = in.U8();
    CommonHeader header{there->identity().peer_port, there->identity().own_port,
                        there->identity().own_tag};
    if ((flags & 0x80) != 0) header.tag = there->identity().peer_tag;
    if ((flags & 0x40) != 0) header.tag = VerificationTag(flags & 0x3f);

    Bytes buffer(1472);
    PacketWriter packet(buffer, header);
    const auto cumulative = [](const Association* association) {
      return association != nullptr && association->receiver() != nullptr
                 ? association->receiver()->cumulative()
                 : Tsn(0);
    };

    const ForgedChunks chunks(cumulative(there) + 1, cumulative(from.association()));
    for (int left = 1 + flags % 4; left > 0; --left) chunks.Add(packet.out(), in);
    buffer.resize(packet.Finish().size());
    Arrive(to, from, std::move(buffer));
  }

  TimePoint now_{1h};
  Side a_, b_;
  std::vector<Bytes> kept_;  // of what was ever sent, to arrive again
  std::size_t kept_count_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const std::uint8_t choices = in.U8();
  Pair pair({.questions = (choices & 1) == 0, .search_mtu = (choices & 2) != 0});
  for (std::size_t i = 0; i < kMostActions && !in.empty(); ++i) pair.Act(in);
  pair.Finish();
  return 0;
}
