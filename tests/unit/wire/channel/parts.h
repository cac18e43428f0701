// The environment for tests of a channel's parts: an observer that ignores everything, a context,
// and the parts of one end put together as in a channel.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/wire/channel/channel_context.h"
#include "common/wire/channel/credit_ledger.h"
#include "common/wire/channel/delivery.h"
#include "common/wire/channel/epoch_keys.h"
#include "common/wire/channel/epochs.h"
#include "common/wire/channel/frame_packer.h"
#include "common/wire/channel/frame_sealer.h"
#include "common/wire/channel/keepalive.h"
#include "common/wire/channel/lifecycle.h"
#include "common/wire/channel/rekeying.h"
#include "common/wire/channel/scheduler.h"
#include "common/wire/channel/send_buffer.h"
#include "common/wire/channel/session_ends.h"
#include "common/wire/channel/stuck_watch.h"
#include "common/wire/frame/frame.h"
#include "common/wire/frame/record.h"
#include "common/wire/frame/sealed.h"
#include "common/wire/session/receive_buffer.h"
#include "common/wire/session/session_table.h"
#include "tests/unit/wire/toy_cipher.h"

namespace funnel::wire::testing {

class DeafObserver : public ChannelObserver {
 public:
  void OnConfirmed() override {}
  void OnSessionOpened(SessionId, const SessionInfo&) override {}
  void OnDatagram(SessionId, ByteView) override {}
  std::size_t OnMessage(SessionId, ByteView bytes) override { return bytes.size(); }
  void OnFin(SessionId) override {}
  void OnSessionReset(SessionId, EndCode) override {}
  void OnWritable(SessionId) override {}
  void OnPong(std::uint64_t, Duration) override {}
  void OnRekeyDue(Epoch) override {}
  void OnRekeyToken(Epoch, ByteView) override {}
  void OnEnded(EndCode, const std::string&, bool) override {}
};

inline constexpr TimePoint kPartsStart{std::chrono::seconds(100)};
inline constexpr BootTime kPartsBoot{std::chrono::seconds(1000)};

inline ChannelContext MakeContext(Role role, ChannelObserver& observer,
                                  const ChannelSettings& settings = {}) {
  return {.role = role,
          .id = ChannelId(1),
          .settings = settings,
          .observer = observer,
          .now = kPartsStart,
          .boot_now = kPartsBoot,
          .stats = {},
          .control = {}};
}

// The records of kind R that wait in CONTROL; all others there are dropped.
template <typename R>
std::vector<R> TakeRecords(RecordQueue& control) {
  std::vector<R> records;
  for (; !control.empty(); control.Pop()) {
    ByteReader reader(control.Front());
    const auto record = ParseRecord(reader);
    if (record && std::holds_alternative<R>(*record)) records.push_back(std::get<R>(*record));
  }
  return records;
}

// Records ends, and what is delivered.
class Listener : public DeafObserver {
 public:
  std::size_t OnMessage(SessionId, ByteView bytes) override {
    const std::size_t count = std::min(bytes.size(), appetite);
    appetite -= count;
    received += AsText(bytes.first(count));
    if (on_message) on_message();
    return count;
  }
  void OnDatagram(SessionId, ByteView datagram) override {
    datagrams.emplace_back(AsText(datagram));
    if (on_datagram) on_datagram();
  }
  void OnSessionOpened(SessionId id, const SessionInfo&) override { opened.push_back(id); }
  void OnFin(SessionId id) override { fins.push_back(id); }
  void OnSessionReset(SessionId id, EndCode code) override { resets.emplace_back(id, code); }
  void OnWritable(SessionId id) override { writable.push_back(id); }

  std::size_t appetite = 1 << 30;  // bytes that it still accepts
  std::string received;
  std::vector<std::string> datagrams;
  std::vector<SessionId> opened, fins, writable;
  std::vector<std::pair<SessionId, EndCode>> resets;
  std::function<void()> on_message, on_datagram;
};

// Frames that were sent, opened again with the peer's key.
class OpenedFrames : public FrameSink {
 public:
  MutableByteView Reserve(std::size_t size) override {
    if (frames.size() >= room) return {};
    reserved_.assign(size, 0);
    return reserved_;
  }
  void Commit(std::size_t size) override {
    const auto plain =
        peer_.Open(MutableByteView(reserved_).subspan(kFrameHeaderSize, size - kFrameHeaderSize));
    ASSERT_TRUE(plain);
    sizes.push_back(size);
    headers.push_back(*SealedHeader::Parse(*plain));
    frames.emplace_back(plain->begin() + kSealedHeaderSize, plain->end());
  }
  // The records of kind R in frame INDEX.
  template <typename R>
  std::vector<R> RecordsOf(std::size_t index) const {
    std::vector<R> records;
    for (ByteReader reader(frames[index]); !reader.AtEnd();) {
      const auto record = ParseRecord(reader);
      if (!record) break;
      if (std::holds_alternative<R>(*record)) records.push_back(std::get<R>(*record));
    }
    return records;
  }

  std::vector<Bytes> frames;  // their records
  std::vector<SealedHeader> headers;
  std::vector<std::size_t> sizes;
  std::size_t room = 1000;

 private:
  ToyCipher peer_{1, /*initiator=*/false};
  Bytes reserved_;
};

// All parts of one end. Unless a test says otherwise, the peer has confirmed, and has seen our
// CONFIRM.
struct Parts {
  explicit Parts(Role role = Role::kInitiator, const ChannelSettings& settings = {})
      : context(MakeContext(role, observer, settings)) {
    epochs.current().peer_confirmed = epochs.current().we_are_confirmed = true;
    (void)life.Confirm();
  }

  Session& Open() { return *sessions.Open(); }
  MessageRecord Message(const Session& session, std::uint64_t number, ByteView bytes,
                        bool fin = false) const {
    return {.order = fin           ? Order::kAfterAll
                     : number == 0 ? Order::kFree
                                   : Order::kOrdered,
            .fin = fin,
            .session = session.id,
            .number = number,
            .bytes = bytes};
  }

  Listener observer;
  ChannelContext context;
  Lifecycle life{kPartsStart + std::chrono::seconds(60)};
  Epochs epochs{EpochKeys{std::make_unique<ToyCipher>(1, /*initiator=*/true), Bytes(32, 1),
                          BootTime{std::chrono::seconds(5000)}},
                kPartsBoot};
  Keepalive keepalive{std::chrono::seconds(30), std::chrono::seconds(60), kPartsStart};
  SessionTable sessions{context.role, context.settings.max_sessions};
  SessionTable::Hold hold{sessions};
  StuckWatch stuck{context.settings};
  ReceiveBuffer receive;
  CreditLedger ledger{context, sessions, keepalive};
  Rekeying rekeying{context.role, context.settings, epochs, context.control};
  FrameSealer sealer{context, epochs};
  Scheduler scheduler{ledger, sealer};
  SendBuffer send{{context, life, sessions, ledger, sealer, scheduler}};
  SessionEnds ends{{context, sessions, ledger, send, receive, stuck}};
  Delivery delivery{{context, ledger, receive, stuck, ends}};
  FramePacker packer{{context, rekeying, ledger, sealer, scheduler, send, ends}};
};

}  // namespace funnel::wire::testing
