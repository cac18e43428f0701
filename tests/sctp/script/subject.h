// An endpoint of ours that a script controls: time passes for it only when the script says so.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "sctp/endpoint/endpoint.h"
#include "tests/sctp/test_random.h"

namespace sctp::testing {

// Room for one packet.
inline constexpr std::size_t kBufferBytes = 65536;

// A time as scripts have it: "0.25".
[[nodiscard]] Duration Seconds(const std::string& text);

inline constexpr std::uint16_t kSubjectPort = 5001, kTesterPort = 5002;

class Subject : public EndpointObserver {
 public:
  struct Departure {
    Bytes packet;
    Address to;
    TimePoint time;
  };

  // Behaves as RFC 9260 says where the library would not: Reno, ends that are believed, DATA.
  Subject();

  // Before anything else: the settings of a script's `set NAME VALUE ...`. Fails if they are
  // unknown.
  [[nodiscard]] funnel::Result<> Set(const std::string& name, const std::string& value);

  [[nodiscard]] bool Connect();
  [[nodiscard]] bool Send(StreamId stream, ByteView message, const SendOptions& options);
  void Shutdown();
  void Abort(const std::string& text);
  void OnPacket(const Address& from, MutableByteView packet);
  // Lets time pass until something is sent, or until END.
  void Pass(TimePoint end);

  [[nodiscard]] std::size_t associations() { return endpoint().associations(); }
  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] std::deque<Departure>& departures() { return departures_; }
  // "up", "down aborted", "message stream=1 bytes=10 protocol=0": what its owner was told.
  [[nodiscard]] std::deque<std::string>& events() { return events_; }

 private:
  void OnUp(AssociationId association, const Address& peer, bool incoming) override;
  void OnDown(AssociationId association, DownReason reason, std::string_view text) override;
  void OnMessage(AssociationId association, StreamId stream, std::uint32_t protocol,
                 MutableByteView message) override;
  void OnWritable(AssociationId /*association*/) override {}

  Endpoint& endpoint();
  void Drain();

  EndpointSettings settings_;
  TestRandom random_{1};
  TimePoint now_{std::chrono::hours(1)};
  std::unique_ptr<Endpoint> endpoint_;  // made at the first use
  AssociationId id_{};
  std::deque<Departure> departures_;
  std::deque<std::string> events_;
};

// Host NUMBER of the tester's, or of others.
[[nodiscard]] Address HostNumber(std::uint8_t number);

}  // namespace sctp::testing
