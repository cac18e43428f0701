#include "common/seal/token_cipher.h"

#include <string.h>

#include <algorithm>

#include "common/base/secret.h"
#include "common/seal/aes_cts.h"
#include "common/seal/confounders.h"
#include "common/seal/hmac.h"
#include "common/seal/key_derivation.h"

namespace funnel::seal {
namespace {

constexpr std::size_t kHeader = 16;
constexpr std::size_t kConfounder = Confounders::kSize;
constexpr std::size_t kMaxMac = 24;

// RFC 4121 section 4.2.2.
constexpr std::uint8_t kSentByAcceptor = 1;
constexpr std::uint8_t kSealed = 2;
constexpr std::uint8_t kAcceptorSubkey = 4;

constexpr std::uint8_t kTokenId[2] = {5, 4};
constexpr std::uint8_t kFiller = 0xFF;

std::uint8_t FlagsOf(wire::Role sender) {
  const std::uint8_t direction = sender == wire::Role::kAcceptor ? kSentByAcceptor : 0;
  return direction | kSealed | kAcceptorSubkey;
}

std::uint32_t UsageOf(wire::Role sender) {
  return sender == wire::Role::kAcceptor ? kUsageAcceptorSeal : kUsageInitiatorSeal;
}

wire::Role Other(wire::Role role) {
  return role == wire::Role::kAcceptor ? wire::Role::kInitiator : wire::Role::kAcceptor;
}

// The keys of one direction. RFC 8009 section 5 puts the IV, which is zero, in front of what its
// MAC covers.
Result<std::unique_ptr<Hmac>> MakeMac(Enctype enctype, ByteView subkey, std::uint32_t usage) {
  static constexpr std::uint8_t kZeroIv[kAesBlock] = {};
  const EnctypeTraits& traits = TraitsOf(enctype);
  const Secret key = TRY(DeriveKey(enctype, subkey, usage, KeyPurpose::kIntegrity));
  return Hmac::Make(traits.hash, key.view(),
                    traits.mac_covers_ciphertext() ? ByteView(kZeroIv) : ByteView());
}

class TokenCipher final : public wire::FrameCipher {
 public:
  [[nodiscard]] static Result<std::unique_ptr<wire::FrameCipher>> Make(Enctype enctype,
                                                                       ByteView subkey,
                                                                       wire::Role our_role) {
    const std::uint32_t ours = UsageOf(our_role), theirs = UsageOf(Other(our_role));
    const Secret seal_key = TRY(DeriveKey(enctype, subkey, ours, KeyPurpose::kEncryption));
    const Secret open_key = TRY(DeriveKey(enctype, subkey, theirs, KeyPurpose::kEncryption));
    AesCtsEncryptor encryptor = TRY(AesCtsEncryptor::Make(seal_key.view()));
    AesCtsDecryptor decryptor = TRY(AesCtsDecryptor::Make(open_key.view()));
    std::unique_ptr<TokenCipher> cipher(
        new TokenCipher(enctype, our_role, std::move(encryptor), std::move(decryptor)));
    cipher->seal_mac_ = TRY(MakeMac(enctype, subkey, ours));
    cipher->open_mac_ = TRY(MakeMac(enctype, subkey, theirs));
    return cipher;
  }

  std::size_t Overhead() const override { return kHeader + kConfounder + kHeader + mac_bytes_; }
  Result<> Seal(std::uint64_t sequence, std::span<const ByteView> pieces,
                MutableByteView out) override;
  Result<MutableByteView> Open(MutableByteView token) override;

 private:
  TokenCipher(Enctype enctype, wire::Role our_role, AesCtsEncryptor encryptor,
              AesCtsDecryptor decryptor)
      : mac_bytes_(TraitsOf(enctype).mac_bytes),
        mac_covers_ciphertext_(TraitsOf(enctype).mac_covers_ciphertext()),
        our_flags_(FlagsOf(our_role)),
        their_flags_(FlagsOf(Other(our_role))),
        encryptor_(std::move(encryptor)),
        decryptor_(std::move(decryptor)) {}

  [[nodiscard]] Result<> CheckHeader(ByteView token) const;
  [[nodiscard]] bool IsMac(ByteView message, ByteView mac) const;

  const std::size_t mac_bytes_;
  const bool mac_covers_ciphertext_;
  const std::uint8_t our_flags_, their_flags_;
  AesCtsEncryptor encryptor_;
  AesCtsDecryptor decryptor_;
  std::unique_ptr<Hmac> seal_mac_, open_mac_;
  Confounders confounders_;
};

Result<> TokenCipher::Seal(std::uint64_t sequence, std::span<const ByteView> pieces,
                           MutableByteView out) {
  std::size_t plaintext = 0;
  for (ByteView piece : pieces) plaintext += piece.size();
  if (out.size() != plaintext + Overhead()) return Fail("no room of the token's size");

  std::uint8_t* at = out.data();
  const std::uint8_t start[8] = {kTokenId[0], kTokenId[1], our_flags_, kFiller};  // EC, RRC 0
  std::memcpy(at, start, sizeof start);
  StoreBigEndian<8>(at + 8, sequence);
  at += kHeader;
  if (!confounders_.Next(at)) return Fail("no random bytes for a confounder");
  at += kConfounder;
  for (ByteView piece : pieces) at = std::copy(piece.begin(), piece.end(), at);
  std::memcpy(at, out.data(), kHeader);

  const MutableByteView encrypted = out.subspan(kHeader, kConfounder + plaintext + kHeader);
  const MutableByteView mac = out.last(mac_bytes_);
  if (!mac_covers_ciphertext_) seal_mac_->Sign(encrypted, mac);
  if (!encryptor_.EncryptInPlace(encrypted)) {
    std::fill(out.begin(), out.end(), 0);
    return Fail("OpenSSL cannot encrypt");
  }
  if (mac_covers_ciphertext_) seal_mac_->Sign(encrypted, mac);
  return {};
}

Result<> TokenCipher::CheckHeader(ByteView token) const {
  if (token.size() < Overhead()) return Fail("token is cut short");
  if (token[0] != kTokenId[0] || token[1] != kTokenId[1] || token[3] != kFiller)
    return Fail("no Wrap token");
  if (token[2] != their_flags_) return Fail("token is not sealed by the peer for us");
  if (LoadBigEndian<4>(&token[4]) != 0) return Fail("token with EC or RRC");
  return {};
}

bool TokenCipher::IsMac(ByteView message, ByteView mac) const {
  std::uint8_t expected[kMaxMac];
  const MutableByteView used(expected, mac_bytes_);
  open_mac_->Sign(message, used);
  return EqualConstantTime(used, mac);
}

Result<MutableByteView> TokenCipher::Open(MutableByteView token) {
  TRY(CheckHeader(token));
  const MutableByteView encrypted = token.subspan(kHeader, token.size() - kHeader - mac_bytes_);
  const ByteView mac = token.last(mac_bytes_);
  if (mac_covers_ciphertext_ && !IsMac(encrypted, mac)) return Fail("token is altered");
  bool authentic = decryptor_.DecryptInPlace(encrypted);
  if (!mac_covers_ciphertext_) authentic = authentic && IsMac(encrypted, mac);
  authentic = authentic && EqualConstantTime(encrypted.last(kHeader), token.first(kHeader));
  if (!authentic) {
    // Nobody may see what a forged token decrypts to.
    explicit_bzero(encrypted.data(), encrypted.size());
    return Fail("token is altered");
  }
  return encrypted.subspan(kConfounder, encrypted.size() - kConfounder - kHeader);
}

}  // namespace

Result<std::unique_ptr<wire::FrameCipher>> MakeTokenCipher(Enctype enctype, ByteView subkey,
                                                           wire::Role our_role) {
  return TokenCipher::Make(enctype, subkey, our_role);
}

std::size_t TokenOverhead(Enctype enctype) {
  return kHeader + kConfounder + kHeader + TraitsOf(enctype).mac_bytes;
}

}  // namespace funnel::seal
