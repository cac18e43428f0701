// Makes messages of chunks and puts ordered ones in order: by (stream, ordered or not, MID). What
// needs no waiting is delivered from the packet it came in, without a copy.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "sctp/receive/assembly.h"
#include "sctp/receive/loose_fragments.h"
#include "sctp/wire/forward_tsn_chunk.h"

namespace sctp {

class Reassembly {
 public:
  struct Settings {
    DataFormat format = DataFormat::kIData;
    std::uint16_t streams = 1;
    std::size_t max_message_bytes = 1 << 20;
  };
  // BUFFERS and SINK outlive it.
  Reassembly(const Settings& settings, BufferPool& buffers, MessageSink& sink);

  enum class Outcome {
    kTaken,
    kImpossible,  // contradicts what came before (a MID delivered already ...); dropped
    kTooLarge,    // its message is; dropped, and the message can never be whole
  };
  // CHUNK's TSN is new, its stream legal.
  Outcome Add(const DataView& chunk);
  // Whether Add() would deliver CHUNK from where it lies, and keep nothing.
  [[nodiscard]] bool DeliversAtOnce(const DataView& chunk) const;
  // What keeping a chunk costs besides its payload, at most.
  static constexpr std::size_t kMostOverheadBytes = std::max(
      Assembly::kOverheadBytes + Assembly::kPieceOverheadBytes, LooseFragments::kOverheadBytes);
  // The peer has given up messages (FORWARD-TSN). What is whole is delivered, the rest dropped.
  void Skip(const Skipped& skipped);
  // ... and fragments without a MID, up to TSN.
  void SkipLoose(Tsn tsn) { loose_.Forget(tsn); }

  // Bytes kept, with what keeping them costs.
  [[nodiscard]] std::size_t held_bytes() const { return held_ + loose_.held_bytes(); }

 private:
  struct Key {
    StreamId stream;
    bool unordered = false;
    Mid mid;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      const std::uint64_t all = std::uint64_t{key.stream.value()} << 33 |
                                std::uint64_t{key.unordered} << 32 | key.mid.value();
      return static_cast<std::size_t>(all * 0x9e3779b97f4a7c15 >> 16);
    }
  };
  using Map = std::unordered_map<Key, Assembly, KeyHash>;
  struct Stream {
    Mid next;                   // of ordered messages
    std::uint32_t waiting = 0;  // entries of assemblies_
  };

  [[nodiscard]] Stream& StreamOf(StreamId stream);
  // MIDs of DATA have 16 bit: the one that is nearest to what is expected.
  [[nodiscard]] Mid Widen(Mid mid, const Stream& stream) const;
  [[nodiscard]] bool DeliversAtOnce(const DataView& chunk, const Stream& stream) const;
  [[nodiscard]] Map::iterator AssemblyFor(const Key& key);
  void Erase(Map::iterator at);
  void DeliverWhole(Map::iterator at);
  // Ordered messages that have become next.
  void DeliverFollowing(StreamId id);
  void DropWaiting(const Skipped& skipped);

  Settings settings_;
  BufferPool& buffers_;
  MessageSink& sink_;
  LooseFragments loose_;
  std::vector<Stream> streams_;  // as far as one was used
  Map assemblies_;
  std::vector<Map::node_type> spare_;  // to be used again
  std::size_t held_ = 0;
};

}  // namespace sctp
