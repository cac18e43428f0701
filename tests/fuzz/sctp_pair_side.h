// One of two endpoints that a fuzz target drives: what was reported to it, and the packets that
// left it.
#pragma once

#include <deque>
#include <map>
#include <random>
#include <set>

#include "sctp/endpoint/endpoint.h"
#include "tests/fuzz/entry.h"

namespace sctp::fuzz {

inline constexpr std::size_t kWindowBytes = 64 * 1024, kLargestMessage = 16 * 1024;
inline constexpr std::uint16_t kStreams = 16;
inline constexpr std::size_t kMostAssociations = 8;

class Random : public RandomSource {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  void Fill(MutableByteView out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mt19937 engine_;
};

// What an input chooses for both.
struct Choices {
  bool questions = true;
  bool search_mtu = false;
};

inline EndpointSettings SettingsOf(std::uint16_t port, const Choices& choices) {
  EndpointSettings settings;
  settings.port = port;
  settings.max_associations = kMostAssociations;
  settings.association.ends_are_questions = choices.questions;
  settings.association.search_mtu = choices.search_mtu;
  settings.association.window_bytes = kWindowBytes;
  settings.association.first_window_bytes = kWindowBytes / 2;
  settings.association.send_buffer_bytes = kWindowBytes;
  settings.association.max_message_bytes = kLargestMessage;
  settings.association.out_streams = settings.association.in_streams = kStreams;
  return settings;
}

class Side : public EndpointObserver {
 public:
  Side(std::uint8_t number, const EndpointSettings& settings)
      : settings_(settings), random_(number) {
    address.host[15] = number;
    address.port = 9899;
  }
  void Begin(TimePoint now) {
    endpoint = std::make_unique<Endpoint>(settings_, random_, *this, now);
    known_.clear();
  }
  void Connect(const Address& peer, std::uint16_t port, TimePoint now) {
    const auto connected = endpoint->Connect(peer, port, now);
    if (!connected) return;
    id = *connected;
    known_.insert(id);
  }

  void OnUp(AssociationId association, const Address&, bool incoming) override {
    FUZZ_REQUIRE(incoming == !known_.contains(association));
    known_.insert(association);
    id = association;
  }
  void OnDown(AssociationId association, DownReason, std::string_view) override {
    FUZZ_REQUIRE(known_.erase(association) == 1);
  }
  void OnMessage(AssociationId association, StreamId stream, std::uint32_t,
                 MutableByteView message) override {
    FUZZ_REQUIRE(known_.contains(association));
    FUZZ_REQUIRE(!message.empty() && message.size() <= kLargestMessage &&
                 stream.value() < kStreams);
    if (!forged && message.size() >= 4) {
      // Ordered, and the peer means what it says: each comes once, and after those before it.
      const auto number = static_cast<std::uint32_t>(funnel::LoadBigEndian<4>(message.data()));
      FUZZ_REQUIRE(number >= next_[stream.value()]);
      next_[stream.value()] = number + 1;
    }
  }
  void OnWritable(AssociationId association) override {
    FUZZ_REQUIRE(known_.contains(association));
  }
  [[nodiscard]] const Association* association() const { return endpoint->Find(id); }
  void ForgetNumbers() { next_.clear(); }

  Address address;
  std::unique_ptr<Endpoint> endpoint;
  AssociationId id;
  bool forged = false;
  std::map<std::uint16_t, std::uint32_t> sent;  // next number by stream
  std::deque<Bytes> on_the_way;                 // from here

 private:
  EndpointSettings settings_;
  Random random_;
  std::set<AssociationId> known_;
  std::map<std::uint16_t, std::uint32_t> next_;
};

}  // namespace sctp::fuzz
