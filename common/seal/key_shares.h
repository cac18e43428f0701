// The ephemeral shares of one handshake: X25519 (RFC 7748), and ML-KEM-768 (FIPS 203) where the
// suite has it and OpenSSL is 3.5 or later.
//
// The initiator makes a KeyShares, sends what is public of it, and agrees with the acceptor's
// answer; the acceptor answers in one step. What was secret of the shares goes with them.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/wire/frame/suite.h"

namespace funnel::seal {

// Whether this process's OpenSSL has ML-KEM-768.
[[nodiscard]] bool HasMlKem();
// Whether there is such a suite, and it can be had with that OpenSSL.
[[nodiscard]] bool HasSuite(std::uint16_t number);

namespace internal {
struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }  // wipes what is private
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
}  // namespace internal

class KeyShares {
 public:
  [[nodiscard]] static Result<KeyShares> Make(bool with_ml_kem);

  // What the acceptor gets. ml_kem(): empty without.
  [[nodiscard]] const Bytes& x25519() const { return x25519_public_; }
  [[nodiscard]] const Bytes& ml_kem() const { return ml_kem_public_; }

  // The secret for the key schedule, from the acceptor's answer: its X25519 share, then the
  // ciphertext where SUITE has one. Fails on another size, and on a share for which all secrets are
  // the same (RFC 7748 section 6.1).
  [[nodiscard]] Result<Secret> Agree(const wire::SuiteTraits& suite, ByteView answer) const;

 private:
  internal::Key x25519_, ml_kem_;
  Bytes x25519_public_, ml_kem_public_;
};

struct AnsweredShares {
  Bytes answer;   // for the initiator
  Secret shared;  // for the key schedule
};
// The acceptor's part. ML_KEM: used where SUITE has it.
[[nodiscard]] Result<AnsweredShares> AnswerShares(const wire::SuiteTraits& suite, ByteView x25519,
                                                  ByteView ml_kem);

}  // namespace funnel::seal
