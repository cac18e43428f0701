// Two channel ends connected to each other, with everything that a test wants to see or to change.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/wire/channel/channel.h"
#include "common/wire/frame/frame.h"
#include "common/wire/frame/record.h"
#include "common/wire/frame/sealed.h"
#include "tests/unit/wire/toy_cipher.h"

namespace funnel::wire::testing {

inline EpochKeys ToyKeys(std::uint64_t key, Role role, BootTime expires) {
  return EpochKeys{std::make_unique<ToyCipher>(key, role == Role::kInitiator),
                   Bytes(32, static_cast<std::uint8_t>(key)), expires};
}

// Records what a channel reports; accepts messages unless a test forbids it.
class Recorder : public ChannelObserver {
 public:
  struct Session {
    SessionInfo info;
    std::string bytes;
    std::vector<std::string> datagrams;
    std::vector<int> marks;  // their DSCPs
    bool opened = false, fin = false, reset = false;
    EndCode code = EndCode::kNone;
    int writable = 0;
  };
  struct Ended {
    EndCode code;
    std::string text;
    bool clean;
  };

  void OnConfirmed() override { ++confirmed; }
  void OnSessionOpened(SessionId id, const SessionInfo& info) override {
    sessions[id].info = info;
    sessions[id].opened = true;
    if (on_opened) on_opened(id);
  }
  void OnDatagram(SessionId id, ByteView datagram) override { OnMarkedDatagram(id, datagram, 0); }
  void OnMarkedDatagram(SessionId id, ByteView datagram, std::uint8_t dscp) override {
    sessions[id].datagrams.emplace_back(AsText(datagram));
    sessions[id].marks.push_back(dscp);
    if (on_datagram) on_datagram(id);
  }
  std::size_t OnMessage(SessionId id, ByteView bytes) override {
    std::size_t count = bytes.size();
    if (appetite.contains(id)) {
      count = std::min(count, appetite[id]);
      appetite[id] -= count;
    }
    sessions[id].bytes += AsText(bytes.first(count));
    messages.emplace_back(id, std::string(AsText(bytes.first(count))));
    if (on_message) on_message(id);
    return count;
  }
  void OnFin(SessionId id) override { sessions[id].fin = true; }
  void OnSessionReset(SessionId id, EndCode code) override {
    sessions[id].reset = true;
    sessions[id].code = code;
    if (on_reset) on_reset(id);
  }
  void OnWritable(SessionId id) override {
    ++sessions[id].writable;
    if (on_writable) on_writable(id);
  }
  void OnSessionsAvailable() override { ++sessions_available; }
  void OnPong(std::uint64_t value, Duration round_trip) override { pongs[value] = round_trip; }
  void OnRekeyDue(Epoch next) override {
    rekeys_due.push_back(next);
    if (on_rekey_due) on_rekey_due(next);
  }
  void OnRekeyToken(Epoch next, ByteView token) override {
    rekey_tokens.emplace_back(AsText(token));
    if (on_rekey_token) on_rekey_token(next, token);
  }
  void OnRekeyRefused() override { ++rekeys_refused; }
  bool OnHello(ByteView body) override {
    hellos.emplace_back(AsText(body));
    return takes_hello;
  }
  bool OnModule(const ModuleRecord& module) override {
    modules.emplace_back(module.abi, module.name);
    return modules.size() == 1;
  }
  void OnServing() override { ++servings; }
  void OnDraining(EndCode code) override { draining.push_back(code); }
  void OnEpochInUse(Epoch epoch) override { epochs_in_use.push_back(epoch); }
  void OnEnded(EndCode code, const std::string& text, bool clean) override {
    ended.push_back({code, text, clean});
  }

  int confirmed = 0, sessions_available = 0, rekeys_refused = 0, servings = 0;
  bool takes_hello = false;
  std::map<SessionId, Session> sessions;
  std::vector<std::pair<SessionId, std::string>> messages;
  std::map<SessionId, std::size_t> appetite;  // bytes that a session still accepts; absent: all
  std::map<std::uint64_t, Duration> pongs;
  std::vector<Epoch> rekeys_due, epochs_in_use;
  std::vector<std::string> rekey_tokens, hellos;
  std::vector<std::pair<std::uint64_t, std::string>> modules;
  std::vector<Ended> ended;
  std::vector<EndCode> draining;
  std::function<void(SessionId)> on_opened, on_datagram, on_message, on_reset, on_writable;
  std::function<void(Epoch)> on_rekey_due;
  std::function<void(Epoch, ByteView)> on_rekey_token;
};

// A sink with limited room.
class Wire : public FrameSink {
 public:
  MutableByteView Reserve(std::size_t size) override {
    if (frames.size() >= room) return {};
    largest_reservation = std::max(largest_reservation, size);
    reserved.assign(size, 0xEE);
    return reserved;
  }
  void Commit(std::size_t size) override {
    reserved.resize(size);
    frames.push_back(std::move(reserved));
  }
  Bytes Take(std::size_t index = 0) {
    Bytes frame = std::move(frames[index]);
    frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(index));
    return frame;
  }

  std::deque<Bytes> frames;
  Bytes reserved;
  std::size_t room = 1 << 20;
  std::size_t largest_reservation = 0;
};

struct End {
  Recorder seen;
  Wire out;
  std::unique_ptr<Channel> channel;
};

// Initiator `a`, acceptor `b`, one clock.
class Ends {
 public:
  explicit Ends(const ChannelSettings& settings = {}, std::uint64_t key = 7)
      : Ends(settings, settings, key) {}
  Ends(const ChannelSettings& for_a, const ChannelSettings& for_b, std::uint64_t key = 7) {
    Make(a, Role::kInitiator, for_a, key);
    Make(b, Role::kAcceptor, for_b, key);
  }
  void Make(End& end, Role role, const ChannelSettings& settings, std::uint64_t key) {
    end.channel = std::make_unique<Channel>(role, kId, settings, ToyKeys(key, role, expires),
                                            end.seen, now, boot);
  }

  // True: nothing waits.
  bool Flush(End& end) {
    last_flush = end.channel->Flush(end.out, now, boot);
    return last_flush == Flushed::kAll;
  }
  void Give(End& to, Bytes frame) { to.channel->OnSealed(frame, now, boot); }
  // Delivers everything that FROM has sent; returns the number of frames.
  std::size_t Deliver(End& from) {
    std::size_t count = 0;
    for (; !from.out.frames.empty(); ++count) Give(Other(from), from.out.Take());
    return count;
  }
  // Runs until nothing happens any more. Each end is flushed when an edge would do it: at once (its
  // owner may have sent something), after input, and when the last flush asked for it.
  void Run() {
    bool flush_a = true, flush_b = true;
    for (int i = 0; i < 100000 && (flush_a || flush_b); ++i) {
      if (flush_a) flush_a = FlushAgain(a);
      if (flush_b) flush_b = FlushAgain(b);
      if (Deliver(a) > 0) flush_b = true;
      if (Deliver(b) > 0) flush_a = true;
    }
    for (End* end : {&a, &b})
      EXPECT_TRUE(!end->channel->WantsFlush() || end->out.room == 0) << "left unsaid";
  }
  void Pass(Duration time) {
    now += time;
    boot.since_boot += time;
    for (End* end : {&a, &b}) {
      if (auto due = end->channel->NextTimer(); due && *due <= now)
        end->channel->OnTimer(now, boot);
    }
  }
  End& Other(End& end) { return &end == &a ? b : a; }

  static constexpr ChannelId kId{0x12345678};
  Flushed last_flush = Flushed::kAll;
  TimePoint now{std::chrono::seconds(1000)};
  BootTime boot{std::chrono::seconds(5000)};
  BootTime expires{std::chrono::seconds(5000 + 36000)};
  End a, b;

 private:
  bool FlushAgain(End& end) {
    Flush(end);
    return last_flush == Flushed::kAgain || (last_flush == Flushed::kSinkFull && end.out.room > 0);
  }
};

// A peer that has the keys but follows no rules: it seals anything that a test gives it.
class Rogue {
 public:
  Rogue(Role role, std::uint64_t key = 7) : role_(role), key_(key) {}

  Bytes Seal(const SealedHeader& header, ByteView records, Epoch epoch = Epoch(0)) const {
    std::uint8_t head[kSealedHeaderSize];
    header.Serialize(head);
    ToyCipher cipher(key_, role_ == Role::kInitiator);
    Bytes frame = MakeFrame({.epoch = epoch, .channel = ChannelId(0x12345678)},
                            Bytes(kSealedHeaderSize + records.size() + cipher.Overhead()));
    const ByteView pieces[] = {head, records};
    (void)cipher.Seal(header.sequence, pieces, MutableByteView(frame).subspan(kFrameHeaderSize));
    return frame;
  }
  // The next reliable frame, with CONFIRM at its beginning.
  Bytes Next(ByteView records) {
    Bytes with_confirm;
    AppendRecord(with_confirm, ConfirmRecord{Bytes(32, static_cast<std::uint8_t>(key_))});
    with_confirm.insert(with_confirm.end(), records.begin(), records.end());
    const std::uint64_t sequence = sequence_++;
    return Seal({.reliable = true, .reliable_before = sequence, .sequence = sequence},
                with_confirm);
  }
  template <typename R>
  Bytes NextWith(const R& record) {
    Bytes raw;
    AppendRecord(raw, record);
    return Next(raw);
  }

 private:
  Role role_;
  std::uint64_t key_;
  std::uint64_t sequence_ = 0;
};

inline Bytes MessageBytes(const MessageRecord& record) {
  Bytes raw(kMaxMessageHeader);
  raw.resize(static_cast<std::size_t>(StoreMessageHeader(raw.data(), record) - raw.data()));
  raw.insert(raw.end(), record.bytes.begin(), record.bytes.end());
  return raw;
}

// Sends BYTES on a session as credit allows; returns how many were sent.
inline std::size_t SendAll(Ends& ends, End& from, SessionId id, std::string_view bytes) {
  std::size_t sent = 0;
  for (int round = 0; round < 100000 && sent < bytes.size(); ++round) {
    sent += from.channel->SendBytes(id, AsBytes(bytes.substr(sent)));
    ends.Run();
  }
  return sent;
}

inline std::string Pattern(std::size_t size, unsigned seed = 1) {
  std::string text(size, '\0');
  std::uint32_t state = seed * 2654435761u + 1;
  for (char& c : text) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

}  // namespace funnel::wire::testing
