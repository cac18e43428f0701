// The last refusals, for `funnelctl status`: a refused channel itself is gone soon.
#pragma once

#include <cstdint>
#include <ctime>
#include <deque>
#include <string>

namespace funnel::sctpd {

struct Refusal {
  enum class Direction : std::uint8_t { kIn, kOut };  // the peer refused us; we refused the peer
  std::int64_t when = std::time(nullptr);             // seconds since 1970
  std::string service;
  std::string peer;
  Direction direction = Direction::kIn;
  std::uint16_t code = 0;
  std::string text;
  bool authenticated = false;
};

class Refusals {
 public:
  // Beyond LIMIT the oldest are forgotten and counted.
  void Add(Refusal refusal, std::size_t limit) {
    kept_.push_back(std::move(refusal));
    for (; kept_.size() > limit; ++omitted_) kept_.pop_front();
  }
  // The peer's reason is proven now: marks the newest refusal of this service as authenticated.
  void Authenticate(const std::string& service, const std::string& peer, const std::string& text) {
    for (auto it = kept_.rbegin(); it != kept_.rend(); ++it) {
      if (it->direction != Refusal::Direction::kIn || it->service != service || it->peer != peer)
        continue;
      it->authenticated = true;
      it->text = text;
      return;
    }
  }
  [[nodiscard]] const std::deque<Refusal>& kept() const { return kept_; }
  [[nodiscard]] std::uint64_t omitted() const { return omitted_; }

 private:
  std::deque<Refusal> kept_;
  std::uint64_t omitted_ = 0;
};

}  // namespace funnel::sctpd
