// libcrypto's plain hash functions, which OpenSSL 3 calls deprecated: their state is a plain struct
// that is copied in a few nanoseconds. EVP_MD_CTX_copy_ex() and EVP_MAC_init() allocate a new state
// each time, which at 100 bytes a frame costs more than the hashing.
#include "common/seal/hmac.h"

#include <openssl/sha.h>
#include <string.h>

#include <algorithm>
#include <cassert>

namespace funnel::seal {
namespace {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
struct Sha1Hash {
  using State = SHA_CTX;
  static constexpr std::size_t kBlock = SHA_CBLOCK, kDigest = SHA_DIGEST_LENGTH;
  static void Init(State* state) { SHA1_Init(state); }
  static void Update(State* state, ByteView bytes) {
    SHA1_Update(state, bytes.data(), bytes.size());
  }
  static void Final(std::uint8_t* digest, State* state) { SHA1_Final(digest, state); }
};

struct Sha256Hash {
  using State = SHA256_CTX;
  static constexpr std::size_t kBlock = SHA256_CBLOCK, kDigest = SHA256_DIGEST_LENGTH;
  static void Init(State* state) { SHA256_Init(state); }
  static void Update(State* state, ByteView bytes) {
    SHA256_Update(state, bytes.data(), bytes.size());
  }
  static void Final(std::uint8_t* digest, State* state) { SHA256_Final(digest, state); }
};

struct Sha384Hash {
  using State = SHA512_CTX;
  static constexpr std::size_t kBlock = SHA512_CBLOCK, kDigest = SHA384_DIGEST_LENGTH;
  static void Init(State* state) { SHA384_Init(state); }
  static void Update(State* state, ByteView bytes) {
    SHA384_Update(state, bytes.data(), bytes.size());
  }
  static void Final(std::uint8_t* digest, State* state) { SHA384_Final(digest, state); }
};

#pragma GCC diagnostic pop

template <typename Hash>
class HmacOf final : public Hmac {
 public:
  HmacOf(ByteView key, ByteView prefix) {
    std::uint8_t block[Hash::kBlock] = {};
    if (key.size() > sizeof block) {
      typename Hash::State state;
      Hash::Init(&state);
      Hash::Update(&state, key);
      Hash::Final(block, &state);
      explicit_bzero(&state, sizeof state);
    } else {
      std::copy(key.begin(), key.end(), block);
    }
    StartWith(&inner_, block, 0x36);
    StartWith(&outer_, block, 0x5C);
    explicit_bzero(block, sizeof block);
    Hash::Update(&inner_, prefix);
  }
  ~HmacOf() override {
    explicit_bzero(&inner_, sizeof inner_);
    explicit_bzero(&outer_, sizeof outer_);
  }
  HmacOf(const HmacOf&) = delete;
  HmacOf& operator=(const HmacOf&) = delete;

  void Sign(ByteView message, MutableByteView out) const override {
    assert(out.size() <= Hash::kDigest);
    std::uint8_t digest[Hash::kDigest];
    typename Hash::State state = inner_;
    Hash::Update(&state, message);
    Hash::Final(digest, &state);
    explicit_bzero(&state, sizeof state);
    state = outer_;
    Hash::Update(&state, digest);
    Hash::Final(digest, &state);
    // The end of a message may be secret (HKDF's is), and lies here.
    explicit_bzero(&state, sizeof state);
    std::copy_n(digest, out.size(), out.begin());
  }

 private:
  static void StartWith(typename Hash::State* state, const std::uint8_t (&block)[Hash::kBlock],
                        std::uint8_t pad) {
    std::uint8_t padded[Hash::kBlock];
    for (std::size_t i = 0; i < Hash::kBlock; ++i) padded[i] = block[i] ^ pad;
    Hash::Init(state);
    Hash::Update(state, padded);
    explicit_bzero(padded, sizeof padded);
  }

  typename Hash::State inner_, outer_;
};

}  // namespace

std::unique_ptr<Hmac> Hmac::Make(EnctypeTraits::Hash hash, ByteView key, ByteView prefix) {
  switch (hash) {
    case EnctypeTraits::Hash::kSha1:
      return std::make_unique<HmacOf<Sha1Hash>>(key, prefix);
    case EnctypeTraits::Hash::kSha256:
      return std::make_unique<HmacOf<Sha256Hash>>(key, prefix);
    case EnctypeTraits::Hash::kSha384:
      return std::make_unique<HmacOf<Sha384Hash>>(key, prefix);
  }
  __builtin_unreachable();
}

}  // namespace funnel::seal
