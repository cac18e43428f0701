// What tests of a channel's parts stand on: an observer that ignores all, and a context.
#pragma once

#include <variant>
#include <vector>

#include "common/wire/channel_context.h"
#include "common/wire/record.h"

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

// The records of kind R that wait in CONTROL, all of whose others are dropped.
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

}  // namespace funnel::wire::testing
