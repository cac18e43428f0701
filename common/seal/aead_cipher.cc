#include "common/seal/aead_cipher.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <climits>

#include "common/seal/aes_cts.h"
#include "common/seal/key_schedule.h"
#include "common/wire/frame/frame.h"

namespace funnel::seal {
namespace {

constexpr int kSequenceSize = 6;
constexpr std::uint64_t kMaxSequence = (std::uint64_t{1} << 48) - 1;
constexpr std::size_t kTagSize = 16;
// Type, version, epoch and channel of the clear header (frame.h): all but its lifetime.
constexpr std::size_t kClearSize = 8;

using Iv = std::array<std::uint8_t, kAeadIvSize>;
using Associated = std::array<std::uint8_t, kClearSize + kSequenceSize>;

enum class Direction : int { kOpen = 0, kSeal = 1 };

const EVP_CIPHER* CipherOf(Aead aead) {
  return aead == Aead::kAes256Gcm ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
}

// One direction's key in one epoch.
class AeadKey {
 public:
  [[nodiscard]] static Result<AeadKey> Make(Aead aead, ByteView material, Direction direction,
                                            const Associated& associated) {
    AeadKey made;
    made.associated_ = associated;
    std::copy_n(&material[kAeadKeySize], kAeadIvSize, made.iv_.begin());
    made.context_.reset(EVP_CIPHER_CTX_new());
    if (!made.context_ ||
        EVP_CipherInit_ex(made.context_.get(), CipherOf(aead), nullptr, material.data(),
                          made.iv_.data(), static_cast<int>(direction)) != 1)
      return Fail("OpenSSL cannot set up the cipher");
    return made;
  }
  ~AeadKey() { explicit_bzero(iv_.data(), iv_.size()); }
  AeadKey(AeadKey&&) noexcept = default;
  AeadKey& operator=(AeadKey&&) noexcept = default;

  // Begins the frame of SEQUENCE.
  [[nodiscard]] bool Begin(std::uint64_t sequence) {
    StoreBigEndian<kSequenceSize>(&associated_[kClearSize], sequence);
    Iv nonce = iv_;
    for (int i = 0; i < kSequenceSize; ++i)
      nonce[kAeadIvSize - kSequenceSize + static_cast<std::size_t>(i)] ^=
          associated_[kClearSize + static_cast<std::size_t>(i)];
    int size = 0;
    // -1 and null: direction, cipher and key stay.
    return EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data(), -1) == 1 &&
           EVP_CipherUpdate(context_.get(), nullptr, &size, associated_.data(),
                            static_cast<int>(associated_.size())) == 1;
  }
  // From FROM to TO, which may be the same.
  [[nodiscard]] bool Process(ByteView from, std::uint8_t* to) {
    if (from.empty()) return true;
    int size = 0;
    return from.size() <= INT_MAX &&
           EVP_CipherUpdate(context_.get(), to, &size, from.data(),
                            static_cast<int>(from.size())) == 1 &&
           static_cast<std::size_t>(size) == from.size();
  }
  [[nodiscard]] bool Tag(std::uint8_t* tag) {
    return End() && EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) == 1;
  }
  [[nodiscard]] bool CheckTag(std::uint8_t* tag) {
    return EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag) == 1 && End();
  }

 private:
  AeadKey() = default;
  [[nodiscard]] bool End() {
    std::uint8_t rest[16];
    int size = 0;
    return EVP_CipherFinal_ex(context_.get(), rest, &size) == 1 && size == 0;
  }

  internal::CipherContext context_;  // OpenSSL wipes its key
  Iv iv_{};
  Associated associated_{};
};

class AeadCipher final : public wire::FrameCipher {
 public:
  AeadCipher(AeadKey sealer, AeadKey opener)
      : sealer_(std::move(sealer)), opener_(std::move(opener)) {}

  std::size_t Overhead() const override { return kAeadOverhead; }

  std::optional<std::uint64_t> ClearSequence(ByteView token) const override {
    if (token.size() < kAeadOverhead) return std::nullopt;
    return LoadBigEndian<kSequenceSize>(token.data());
  }

  Result<> Seal(std::uint64_t sequence, std::span<const ByteView> pieces,
                MutableByteView out) override {
    std::size_t plaintext = 0;
    for (ByteView piece : pieces) plaintext += piece.size();
    if (out.size() != plaintext + kAeadOverhead) return Fail("no room of the frame's size");
    if (sequence < next_ || sequence > kMaxSequence) return Fail("a sequence is used up");
    next_ = sequence + 1;

    StoreBigEndian<kSequenceSize>(out.data(), sequence);
    bool sealed = sealer_.Begin(sequence);
    std::uint8_t* at = out.data() + kSequenceSize;
    for (ByteView piece : pieces) {
      sealed = sealed && sealer_.Process(piece, at);
      at += piece.size();
    }
    if (sealed && sealer_.Tag(at)) return {};
    std::fill(out.begin(), out.end(), 0);
    return Fail("OpenSSL cannot encrypt");
  }

  Result<MutableByteView> Open(MutableByteView token) override {
    if (token.size() < kAeadOverhead) return Fail("frame is cut short");
    const MutableByteView body = token.subspan(kSequenceSize, token.size() - kAeadOverhead);
    const bool opened = opener_.Begin(LoadBigEndian<kSequenceSize>(token.data())) &&
                        opener_.Process(body, body.data()) &&
                        opener_.CheckTag(token.last(kTagSize).data());
    if (opened) return body;
    // Nobody may see what a forged frame decrypts to.
    explicit_bzero(body.data(), body.size());
    return Fail("frame is altered");
  }

 private:
  AeadKey sealer_, opener_;
  std::uint64_t next_ = 0;  // the least sequence that was not given to the sealer
};

}  // namespace

Result<std::unique_ptr<wire::FrameCipher>> MakeAeadCipher(const AeadKeys& keys) {
  if (keys.material.size() != kAeadMaterialSize) return Fail("the keys have not their size");
  Associated associated{static_cast<std::uint8_t>(wire::FrameType::kSealed), wire::kFrameVersion};
  StoreBigEndian<2>(&associated[2], keys.epoch.value());
  StoreBigEndian<4>(&associated[4], keys.channel.value());

  const ByteView initiator = keys.material.first(kAeadDirectionSize);
  const ByteView acceptor = keys.material.last(kAeadDirectionSize);
  const bool we_initiate = keys.our_role == wire::Role::kInitiator;
  AeadKey sealer = TRY(
      AeadKey::Make(keys.aead, we_initiate ? initiator : acceptor, Direction::kSeal, associated));
  AeadKey opener = TRY(
      AeadKey::Make(keys.aead, we_initiate ? acceptor : initiator, Direction::kOpen, associated));
  return std::make_unique<AeadCipher>(std::move(sealer), std::move(opener));
}

}  // namespace funnel::seal
