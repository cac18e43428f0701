// The last handshakes that failed, for `funnelctl status`.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

namespace funnel::authd {

struct Failure {
  enum class Direction { kOut, kIn };
  std::int64_t when = 0;  // seconds since 1970
  std::string service;
  std::string peer;
  Direction direction = Direction::kOut;
  std::string principal;  // ours when we initiated; the initiator's, if known, when we accepted
  std::string text;
};

// Strangers can cause failures: only the newest are kept, the others are just counted.
class Failures {
 public:
  static constexpr std::size_t kKept = 64;
  void Add(Failure failure);
  [[nodiscard]] const std::deque<Failure>& kept() const { return kept_; }
  [[nodiscard]] std::uint64_t omitted() const { return omitted_; }

 private:
  std::deque<Failure> kept_;
  std::uint64_t omitted_ = 0;
};

}  // namespace funnel::authd
