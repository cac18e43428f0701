// How the sessions of a channel share the receiver's room for undelivered messages, so that a
// reader that is stuck stops only itself, however many are stuck. As in switches with a shared
// buffer and dynamic thresholds: each session has a small part for itself, and of the common pool
// it may hold a fraction of what is free. Those that are stuck give nothing back, so the last
// quarter is only for sessions whose readers read.
//
// Credit that was granted is never taken back (man/funnel-protocol.7): a receiver that runs short
// asks by SHARE that senders use only a part of it, and reports at once what was consumed.
#pragma once

#include <cstdint>
#include <optional>

#include "common/wire/frame/record.h"

namespace funnel::wire {

// A session's own part, whatever the others hold.
constexpr std::uint64_t kReservedShare = 4096;

// The receiver's side. What a session holds is its undelivered charge (credit.h) and kWaitingCost
// for each piece of it that waits.
class SharedBuffer {
 public:
  // Memory of a piece that waits beyond its charge: the structures that order it.
  static constexpr std::uint64_t kWaitingCost = 160;

  explicit SharedBuffer(std::uint64_t pool) : pool_(pool) {}

  // A session that held BEFORE holds AFTER now.
  void Move(std::uint64_t before, std::uint64_t after);

  // How much of the pool is free.
  [[nodiscard]] std::uint64_t free() const;
  // What may be on its way to SESSIONS sessions in all: less and less as the pool fills, so that
  // there is room for what the sender sends before our report reaches it.
  [[nodiscard]] std::uint64_t InFlight(std::uint64_t sessions) const;
  // Room is short: consumption is reported at once, and windows do not grow.
  [[nodiscard]] bool is_short() const { return reported_.has_value(); }
  // What is to be reported to the peer, if that differs enough from the last report.
  [[nodiscard]] std::optional<ShareRecord> Report();

 private:
  [[nodiscard]] bool IsWorthTelling(std::uint64_t free) const;

  const std::uint64_t pool_;
  std::uint64_t held_ = 0;                 // by all
  std::uint64_t excess_ = 0;               // ... beyond their own parts
  std::optional<std::uint64_t> reported_;  // what was free then; nullopt: enough
  std::uint64_t serial_ = 0;
};

// The sender's side: what the peer's last SHARE asks for.
class Restraint {
 public:
  // False: it is older than one that came before.
  bool OnShare(const ShareRecord& share);
  // What a session may have sent beyond what the peer is known to have consumed.
  [[nodiscard]] std::uint64_t LimitFor(bool reads) const;

 private:
  ShareRecord share_{.serial = 0, .fresh = kUnlimitedShare, .reading = kUnlimitedShare};
};

}  // namespace funnel::wire
