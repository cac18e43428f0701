// All that one engine reported, in order. Tests of engines look at it, for each SCTP stack and
// network (engine_harness.h, tests/lab/engines/engine_lab.h).
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctp::test {

class EngineLog : public EngineObserver {
 public:
  struct Up {
    AssociationId id;
    UpInfo info;
  };
  struct Down {
    AssociationId id;
    DownReason reason;
    std::string text;
  };
  struct Message {
    AssociationId id;
    StreamId stream;
    std::uint32_t payload_protocol;
    Bytes bytes;
    TimePoint when;
  };

  void OnUp(AssociationId id, const UpInfo& info) override { ups.push_back({id, info}); }
  void OnDown(AssociationId id, DownReason reason, std::string_view text) override {
    downs.push_back({id, reason, std::string(text)});
  }
  void OnMessage(AssociationId id, StreamId stream, std::uint32_t payload_protocol,
                 MutableByteView message) override {
    message_bytes += message.size();
    Message kept{id, stream, payload_protocol, Bytes(message.begin(), message.end()), Now()};
    if (on_message) on_message(kept);
    if (keep_messages) messages.push_back(std::move(kept));
  }
  void OnWritable(AssociationId) override {
    ++writables;
    if (on_writable) on_writable();
  }
  void OnMoved(AssociationId, const PeerPath& path) override { moves.push_back(path); }

  std::vector<Up> ups;
  std::vector<Down> downs;
  std::vector<Message> messages;
  std::vector<PeerPath> moves;
  std::size_t message_bytes = 0;
  bool keep_messages = true;
  int writables = 0;
  std::function<void(const Message&)> on_message;
  std::function<void()> on_writable;
};

}  // namespace funnel::sctp::test
