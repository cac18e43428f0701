// What a channel itself costs, both ends, without cryptography and without I/O: nanoseconds for a
// datagram of 100 bytes by how many wait together, and for 16 KiB of a stream.
#include <cstdio>
#include <cstdlib>

#include "common/wire/channel/channel.h"
#include "common/wire/frame/frame.h"
#include "tests/fuzz/null_cipher.h"

namespace {

using namespace funnel;
using namespace funnel::wire;

constexpr BootTime kBoot{std::chrono::seconds(1000)};

class Owner : public ChannelObserver {
 public:
  void OnConfirmed() override {}
  void OnSessionOpened(SessionId, const SessionInfo&) override {}
  void OnDatagram(SessionId, ByteView bytes) override { received += bytes.size(); }
  std::size_t OnMessage(SessionId, ByteView bytes) override {
    received += bytes.size();
    return bytes.size();
  }
  void OnFin(SessionId) override {}
  void OnSessionReset(SessionId, EndCode) override {}
  void OnWritable(SessionId) override {}
  void OnPong(std::uint64_t, Duration) override {}
  void OnRekeyDue(Epoch) override {}
  void OnRekeyToken(Epoch, ByteView) override {}
  void OnEnded(EndCode, const std::string& text, bool) override {
    std::fprintf(stderr, "ended: %s\n", text.c_str());
    std::exit(1);
  }
  std::uint64_t received = 0;
};

// Frames one behind the other in one buffer, as in a channel socket's.
class Sink : public FrameSink {
 public:
  MutableByteView Reserve(std::size_t size) override {
    if (used_ + size > buffer_.size()) return {};
    return MutableByteView(buffer_).subspan(used_, size);
  }
  void Commit(std::size_t size) override {
    frames_.push_back({used_, size});
    used_ += size;
  }
  void DeliverTo(Channel& channel) {
    for (auto [begin, size] : frames_)
      channel.OnSealed(MutableByteView(buffer_).subspan(begin, size), Now(), kBoot);
    frames_.clear();
    used_ = 0;
  }

 private:
  Bytes buffer_ = Bytes(1 << 20);
  std::size_t used_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>> frames_;
};

struct Pair {
  Pair() : a(Make(Role::kInitiator, seen_a)), b(Make(Role::kAcceptor, seen_b)) { Exchange(); }
  static std::unique_ptr<Channel> Make(Role role, Owner& owner) {
    return std::make_unique<Channel>(role, ChannelId(1), ChannelSettings{},
                                     EpochKeys{std::make_unique<NullCipher>(), Bytes(32),
                                               BootTime{kBoot.since_boot + std::chrono::hours(1)}},
                                     owner, Now(), kBoot);
  }
  void Exchange() {
    for (int i = 0; i < 3; ++i) {
      (void)a->Flush(sink, Now(), kBoot);
      sink.DeliverTo(*b);
      (void)b->Flush(sink, Now(), kBoot);
      sink.DeliverTo(*a);
    }
  }
  Owner seen_a, seen_b;
  Sink sink;
  std::unique_ptr<Channel> a, b;
};

double NanosecondsSince(TimePoint begin, double count) {
  return std::chrono::duration<double, std::nano>(Now() - begin).count() / count;
}

void Datagrams(int together) {
  Pair pair;
  std::vector<SessionId> flows;
  for (int i = 0; i < 1000; ++i) flows.push_back(*pair.a->OpenSession({"192.0.2.1:1", ""}));
  pair.Exchange();
  const Bytes datagram(100, 7);
  const int rounds = 2'000'000 / together;
  std::size_t next = 0;
  const TimePoint begin = Now();

  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < together; ++i) pair.a->SendDatagram(flows[next++ % flows.size()], datagram);
    (void)pair.a->Flush(pair.sink, begin, kBoot);
    pair.sink.DeliverTo(*pair.b);
  }

  std::printf("datagram of 100 bytes, %3d together: %7.1f ns\n", together,
              NanosecondsSince(begin, rounds * static_cast<double>(together)));
  if (pair.seen_b.received !=
      static_cast<std::uint64_t>(rounds) * static_cast<unsigned>(together) * 100)
    std::abort();
}

void Stream(bool prepared) {
  Pair pair;
  const SessionId session = *pair.a->OpenSession({});
  pair.Exchange();
  const Bytes piece(16 * 1024, 7);
  constexpr std::uint64_t kTotal = std::uint64_t{4} << 30;
  std::uint64_t sent = 0;
  const TimePoint begin = Now();

  while (sent < kTotal) {
    for (int i = 0; i < 8; ++i) {
      if (prepared) {
        const std::size_t size = pair.a->PrepareBytes(session).size();
        if (size == 0) break;
        pair.a->CommitBytes(session, size);
        sent += size;
      } else {
        sent += pair.a->SendBytes(session, piece);
      }
    }
    (void)pair.a->Flush(pair.sink, Now(), kBoot);
    pair.sink.DeliverTo(*pair.b);
    (void)pair.b->Flush(pair.sink, Now(), kBoot);
    pair.sink.DeliverTo(*pair.a);
  }

  std::printf("16 KiB of a stream, %s: %7.1f ns (%.1f GB/s)\n", prepared ? "prepared" : "copied  ",
              NanosecondsSince(begin, static_cast<double>(sent) / 16384),
              static_cast<double>(sent) / NanosecondsSince(begin, 1));
}

}  // namespace

int main() {
  for (int together : {1, 4, 16, 64}) Datagrams(together);
  Stream(/*prepared=*/false);
  Stream(/*prepared=*/true);
}
