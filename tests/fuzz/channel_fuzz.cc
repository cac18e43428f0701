// A channel whose peer has the keys and no manners, and an owner that calls what it likes. The
// input is a script: byte 0 gives the role, then steps of an opcode and its arguments.
#include <algorithm>
#include <utility>

#include "common/wire/channel/channel.h"
#include "common/wire/frame/frame.h"
#include "common/wire/frame/record.h"
#include "common/wire/frame/sealed.h"
#include "tests/fuzz/entry.h"
#include "tests/fuzz/null_cipher.h"

using namespace funnel;
using namespace funnel::wire;

namespace {

constexpr std::uint8_t kConfirmByte = 'c';
constexpr BootTime kBoot{std::chrono::seconds(1000)};

EpochKeys Keys() {
  return {std::make_unique<NullCipher>(), Bytes(kConfirmSize, kConfirmByte),
          BootTime{kBoot.since_boot + std::chrono::hours(1)}};
}

class Owner : public ChannelObserver {
 public:
  void OnConfirmed() override { Alive(); }
  void OnSessionOpened(SessionId, const SessionInfo& info) override {
    Alive();
    FUZZ_REQUIRE(info.client.size() <= 255 && info.local.size() <= 255);
  }
  void OnDatagram(SessionId, ByteView datagram) override {
    Alive();
    FUZZ_REQUIRE(datagram.size() <= kMaxDatagramSize);
  }
  std::size_t OnMessage(SessionId session, ByteView bytes) override {
    Alive();
    FUZZ_REQUIRE(!bytes.empty());
    if (mood & 4) channel->ResetSession(session, EndCode::kReset);
    if (mood & 8) channel->Close(EndCode::kShutdown, "");
    return mood & 1 ? bytes.size() : mood & 2 ? bytes.size() / 2 : 0;
  }
  void OnFin(SessionId session) override {
    Alive();
    if (mood & 16) channel->SendFin(session);
  }
  void OnSessionReset(SessionId, EndCode) override { Alive(); }
  void OnWritable(SessionId session) override {
    Alive();
    (void)channel->SendBytes(session, AsBytes("more"));
  }
  void OnPong(std::uint64_t, Duration) override { Alive(); }
  void OnRekeyDue(Epoch) override {
    Alive();
    channel->StartRekey(AsBytes("token"));
  }
  void OnRekeyToken(Epoch, ByteView token) override {
    Alive();
    FUZZ_REQUIRE(!token.empty());
    if (mood & 32) return channel->RekeyFailed();
    if (role == Role::kAcceptor)
      channel->AnswerRekey(AsBytes("reply"), Keys());
    else
      channel->InstallEpoch(Keys());
  }
  bool OnHello(ByteView) override { return mood & 64; }
  bool OnModule(const ModuleRecord& module) override {
    Alive();
    FUZZ_REQUIRE(module.name.size() <= kMaxModuleName);
    return !std::exchange(has_module, true);
  }
  void OnEnded(EndCode, const std::string&, bool) override {
    Alive();
    ended = true;
  }
  void Alive() const { FUZZ_REQUIRE(!ended); }

  Channel* channel = nullptr;
  Role role = Role::kAcceptor;
  std::uint8_t mood = 1;
  bool ended = false;
  bool has_module = false;
};

class Sink : public FrameSink {
 public:
  MutableByteView Reserve(std::size_t size) override {
    FUZZ_REQUIRE(size <= kMaxFrameSize);
    if (room == 0) return {};
    buffer_.resize(size);
    return buffer_;
  }
  void Commit(std::size_t size) override {
    FUZZ_REQUIRE(size <= buffer_.size());
    FUZZ_REQUIRE(FrameHeader::Parse(ByteView(buffer_).first(size)));
    --room;
  }
  std::size_t room = 0;

 private:
  Bytes buffer_;
};

class Script {
 public:
  explicit Script(ByteView input) : input_(input) {}
  [[nodiscard]] bool done() const { return input_.empty(); }
  std::uint8_t Byte() {
    if (input_.empty()) return 0;
    const std::uint8_t byte = input_[0];
    input_ = input_.subspan(1);
    return byte;
  }
  std::uint64_t Word() { return std::uint64_t{Byte()} << 8 | Byte(); }
  ByteView Block() {
    const ByteView block = input_.first(std::min<std::size_t>(input_.size(), Byte()));
    const ByteView kept = block.first(std::min(block.size(), input_.size()));
    input_ = input_.subspan(kept.size());
    return kept;
  }

 private:
  ByteView input_;
};

class Play {
 public:
  explicit Play(ByteView input) : script_(input) {
    const std::uint8_t first = script_.Byte();
    owner_.role = first & 1 ? Role::kInitiator : Role::kAcceptor;
    ChannelSettings settings;
    if (first & 2)
      settings.features = {Feature::kDatagrams, Feature::kOpenings, Feature::kModules,
                           Feature::kServing};
    if (first & 4) settings.lifetime = std::chrono::seconds(3);
    settings.max_sessions = 50;
    settings.rekey_after_frames = 20;
    channel_ =
        std::make_unique<Channel>(owner_.role, ChannelId(1), settings, Keys(), owner_, now_, boot_);
    owner_.channel = channel_.get();
    channel_->SendModule({1, "dns"});
  }

  void Run() {
    while (!script_.done()) {
      Step(script_.Byte());
      FUZZ_REQUIRE(channel_->undelivered_bytes() <= (16u << 20));
      FUZZ_REQUIRE(channel_->queued_bytes() <= (8u << 20));
      FUZZ_REQUIRE(channel_->session_count() <= 2048);
      FUZZ_REQUIRE(owner_.ended == (channel_->state() == Channel::State::kEnded));
    }
    sink_.room = 100'000;
    for (int i = 0; i < 50 && channel_->Flush(sink_, now_, boot_) != Flushed::kAll; ++i) {
    }
    (void)channel_->NextTimer();
  }

 private:
  void Step(std::uint8_t op) {
    const SessionId session(op >> 4);
    switch (op & 15) {
      case 0:  // the next frame in sequence
      case 1:
        return Frame(next_++, /*confirm=*/true);
      case 2:  // one that leaps ahead, or comes late
        return Frame(next_ += script_.Byte(), /*confirm=*/true);
      case 3:
        return Frame(script_.Word(), /*confirm=*/false);
      case 4:
        owner_.mood = script_.Byte();
        return;
      case 5:
        (void)channel_->SendBytes(session, Bytes(script_.Word() * 4));
        return;
      case 6:
        channel_->SendFin(session);
        return;
      case 7:
        channel_->ResetSession(session, EndCode::kReset);
        return;
      case 8:
        channel_->Resume(session);
        return;
      case 9:
        sink_.room = script_.Byte();
        (void)channel_->Flush(sink_, now_, boot_);
        return;
      case 10:
        return Pass(std::chrono::milliseconds(script_.Word() * 8));
      case 11:
        if (op & 0x80)
          (void)channel_->OpenFlow({"client", "local"});
        else
          (void)channel_->OpenSession({"client", "local"});
        return;
      case 12:
        channel_->SendDatagram(session, Bytes(script_.Word()));
        return;
      case 13:
        (void)channel_->SendMessage(session, Bytes(script_.Word()), Order::kFree);
        return;
      case 14:
        if (op == 0xFE) channel_->OnLinkClosed(script_.Byte() & 1, now_);
        if (op == 0xEE) channel_->Close(EndCode::kShutdown, "bye");
        channel_->EndSession(session);
        return;
      default: {
        const MutableByteView place = channel_->PrepareBytes(session);
        if (!place.empty()) channel_->CommitBytes(session, script_.Word() % place.size());
        return;
      }
    }
  }

  void Frame(std::uint64_t sequence, bool confirm) {
    const std::uint8_t flags = script_.Byte();
    SealedHeader header{.reliable = (flags & 1) == 0,
                        .confirmed = (flags & 2) != 0,
                        .reliable_before = flags & 4 ? script_.Word() : sequence,
                        .sequence = sequence};
    if (header.reliable_before > sequence) header.reliable_before = sequence;
    const Epoch epoch(flags >> 6);
    Bytes plain(kSealedHeaderSize);
    header.Serialize(std::span(plain).first<kSealedHeaderSize>());
    if (confirm) AppendRecord(plain, ConfirmRecord{Bytes(kConfirmSize, kConfirmByte)});
    const ByteView records = script_.Block();
    plain.insert(plain.end(), records.begin(), records.end());
    Bytes frame = MakeFrame({.epoch = epoch, .channel = ChannelId(1)}, plain);
    channel_->OnSealed(frame, now_, boot_);
  }

  void Pass(Duration time) {
    now_ += time;
    boot_.since_boot += time;
    const auto due = channel_->NextTimer();
    if (due && *due <= now_) channel_->OnTimer(now_, boot_);
  }

  Script script_;
  Owner owner_;
  Sink sink_;
  std::unique_ptr<Channel> channel_;
  TimePoint now_{std::chrono::seconds(10)};
  BootTime boot_ = kBoot;
  std::uint64_t next_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Play(ByteView(data, size)).Run();
  return 0;
}
