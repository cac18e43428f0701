// The nonces of OPENs that this node has relayed: if one comes again while its channels exist, it
// has gone round in a loop.
#pragma once

#include <array>
#include <set>
#include <utility>

#include "common/wire/frame/open.h"

namespace funnel::sctpd {

using Nonce = std::array<std::uint8_t, wire::kNonceSize>;

class PassingNonces {
 public:
  // One channel's hold on its nonce, released by its destructor. The PassingNonces outlive it.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept : all_(std::exchange(other.all_, nullptr)), nonce_(other.nonce_) {}
    Hold& operator=(Hold&& other) noexcept {
      std::swap(all_, other.all_);
      std::swap(nonce_, other.nonce_);
      return *this;
    }
    ~Hold() { Release(); }
    // Releases it early.
    void Release() {
      if (all_ == nullptr) return;
      auto& nonces = std::exchange(all_, nullptr)->nonces_;
      nonces.erase(nonces.find(nonce_));
    }

   private:
    friend class PassingNonces;
    Hold(PassingNonces& all, const Nonce& nonce) : all_(&all), nonce_(nonce) {}
    PassingNonces* all_ = nullptr;
    Nonce nonce_{};
  };

  [[nodiscard]] Hold Add(const Nonce& nonce) {
    nonces_.insert(nonce);
    return Hold(*this, nonce);
  }
  [[nodiscard]] bool Contains(const Nonce& nonce) const { return nonces_.contains(nonce); }
  [[nodiscard]] std::size_t size() const { return nonces_.size(); }

 private:
  std::multiset<Nonce> nonces_;
};

}  // namespace funnel::sctpd
