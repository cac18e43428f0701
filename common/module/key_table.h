// A table from keys (modules/module.h) to what an OrderLedger knows about them. Entries lie side by
// side in one array, in no order; a second array of slots, at least twice as long, leads to them by
// linear probing.
//
// Keys come from what strangers send. So a slot is chosen by a hash with a secret, which is new for
// each table: nobody can choose keys that collide. The owner limits the number of keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "common/base/siphash.h"

namespace funnel::module {

struct KeyName {
  std::uint64_t value = 0;
  std::uint32_t space = 0;
  bool operator==(const KeyName&) const = default;
};

class KeyHash {
 public:
  [[nodiscard]] std::uint64_t operator()(const KeyName& name) const {
    std::uint8_t bytes[sizeof name.value + sizeof name.space];
    std::memcpy(bytes, &name.value, sizeof name.value);
    std::memcpy(bytes + sizeof name.value, &name.space, sizeof name.space);
    return hash_.Hash64(bytes);
  }

 private:
  SipHash hash_ = SipHash::WithRandomKey();
};

template <typename Value>
class KeyTable {
 public:
  // The value of NAME, or nullptr. Valid until the table is changed.
  [[nodiscard]] const Value* Find(const KeyName& name) const {
    if (entries_.empty()) return nullptr;
    const Slot& slot = slots_[Probe(name, hash_(name))];
    return slot.entry == kNone ? nullptr : &entries_[slot.entry].value;
  }
  [[nodiscard]] bool Has(const KeyName& name) const { return Find(name) != nullptr; }

  // The value of NAME, which is added if it is not there.
  Value& Get(const KeyName& name) {
    if (2 * (entries_.size() + 1) > slots_.size()) Grow();
    const std::uint64_t hash = hash_(name);
    Slot& slot = slots_[Probe(name, hash)];
    if (slot.entry == kNone) {
      slot = {TagOf(hash), static_cast<std::uint32_t>(entries_.size())};
      entries_.push_back({name, Value()});
    }
    return entries_[slot.entry].value;
  }

  // Moves the value of NAME to OUT, and removes NAME. False: it is not there.
  bool Take(const KeyName& name, Value& out) {
    if (entries_.empty()) return false;
    const std::size_t at = Probe(name, hash_(name));
    const std::uint32_t entry = slots_[at].entry;
    if (entry == kNone) return false;
    out = std::move(entries_[entry].value);
    const auto last = static_cast<std::uint32_t>(entries_.size() - 1);
    if (entry != last) {
      slots_[Probe(entries_[last].name, hash_(entries_[last].name))].entry = entry;
      entries_[entry] = std::move(entries_[last]);
    }
    entries_.pop_back();
    Close(at);
    return true;
  }

  // It keeps its memory, for the next keys.
  void Clear() {
    if (entries_.empty()) return;
    entries_.clear();
    slots_.assign(slots_.size(), {});
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::size_t kLeastSlots = 16;

  struct Entry {
    KeyName name;
    Value value;
  };
  struct Slot {
    std::uint32_t tag = 0;  // of the name's hash: where its search begins
    std::uint32_t entry = kNone;
  };

  [[nodiscard]] static std::uint32_t TagOf(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32);
  }
  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }

  // The slot of NAME, or the empty one where it would be. There is always an empty one.
  [[nodiscard]] std::size_t Probe(const KeyName& name, std::uint64_t hash) const {
    const std::uint32_t tag = TagOf(hash);
    std::size_t at = tag & mask();
    while (slots_[at].entry != kNone &&
           (slots_[at].tag != tag || entries_[slots_[at].entry].name != name))
      at = (at + 1) & mask();
    return at;
  }

  // Empties the slot AT: those behind it that were put there only because it was taken move up.
  void Close(std::size_t at) {
    for (std::size_t next = (at + 1) & mask(); slots_[next].entry != kNone;
         next = (next + 1) & mask()) {
      const std::size_t home = slots_[next].tag & mask();
      if (((next - home) & mask()) < ((next - at) & mask())) continue;
      slots_[at] = slots_[next];
      at = next;
    }
    slots_[at] = {};
  }

  void Grow() {
    const std::vector<Slot> old =
        std::exchange(slots_, std::vector<Slot>(slots_.empty() ? kLeastSlots : 2 * slots_.size()));
    for (const Slot& slot : old) {
      if (slot.entry == kNone) continue;
      std::size_t at = slot.tag & mask();
      while (slots_[at].entry != kNone) at = (at + 1) & mask();
      slots_[at] = slot;
    }
  }

  KeyHash hash_;
  std::vector<Entry> entries_;
  std::vector<Slot> slots_;  // a power of two, or none
};

}  // namespace funnel::module
