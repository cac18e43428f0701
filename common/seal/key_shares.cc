#include "common/seal/key_shares.h"

namespace funnel::seal {
namespace {

constexpr const char* kX25519Name = "X25519";
constexpr const char* kMlKemName = "ML-KEM-768";
constexpr std::size_t kX25519SecretSize = 32;
constexpr std::size_t kMlKemSecretSize = 32;

struct ContextDeleter {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, ContextDeleter>;

Context ContextOf(EVP_PKEY* key) {
  return Context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
}

Result<internal::Key> Generate(const char* name) {
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, name, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_generate(context.get(), &key) != 1)
    return Fail(std::string("OpenSSL cannot make a share of ") + name);
  return internal::Key(key);
}

Result<Bytes> PublicOf(const internal::Key& key, std::size_t size) {
  Bytes bytes(size);
  std::size_t written = size;
  if (EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &written) != 1 || written != size)
    return Fail("OpenSSL does not give a share's public part");
  return bytes;
}

Result<internal::Key> Import(const char* name, ByteView bytes) {
  internal::Key key(
      EVP_PKEY_new_raw_public_key_ex(nullptr, name, nullptr, bytes.data(), bytes.size()));
  if (!key) return Fail(std::string("the peer's share of ") + name + " is none");
  return key;
}

bool IsZero(ByteView bytes) {
  std::uint8_t seen = 0;
  for (std::uint8_t byte : bytes) seen |= byte;
  return seen == 0;
}

// Into OUT, of kX25519SecretSize bytes.
Result<> AgreeX25519(const internal::Key& ours, ByteView theirs, MutableByteView out) {
  const internal::Key peer = TRY(Import(kX25519Name, theirs));
  const Context context = ContextOf(ours.get());
  std::size_t size = out.size();
  const bool derived = context && EVP_PKEY_derive_init(context.get()) == 1 &&
                       EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
                       EVP_PKEY_derive(context.get(), out.data(), &size) == 1 && size == out.size();
  // OpenSSL refuses it too.
  if (!derived || IsZero(out)) return Fail("the peer's share of X25519 agrees on nothing");
  return {};
}

}  // namespace

bool HasMlKem() {
  static const bool has = [] {
    EVP_KEM* kem = EVP_KEM_fetch(nullptr, kMlKemName, nullptr);
    EVP_KEM_free(kem);
    return kem != nullptr;
  }();
  return has;
}

bool HasSuite(std::uint16_t number) {
  const wire::SuiteTraits* suite = wire::FindSuite(number);
  return suite != nullptr && (!suite->has_ml_kem || HasMlKem());
}

Result<KeyShares> KeyShares::Make(bool with_ml_kem) {
  KeyShares made;
  made.x25519_ = TRY(Generate(kX25519Name));
  made.x25519_public_ = TRY(PublicOf(made.x25519_, wire::kX25519ShareSize));
  if (!with_ml_kem) return made;

  made.ml_kem_ = TRY(Generate(kMlKemName));
  made.ml_kem_public_ = TRY(PublicOf(made.ml_kem_, wire::kMlKemKeySize));
  return made;
}

Result<Secret> KeyShares::Agree(const wire::SuiteTraits& suite, ByteView answer) const {
  const std::size_t expected =
      wire::kX25519ShareSize + (suite.has_ml_kem ? wire::kMlKemCiphertextSize : 0);
  if (answer.size() != expected) return Fail("the acceptor's share has a wrong size");
  const std::size_t before = suite.has_ml_kem ? kMlKemSecretSize : 0;
  Secret shared(before + kX25519SecretSize);
  TRY(AgreeX25519(x25519_, answer.first(wire::kX25519ShareSize),
                  shared.writable().subspan(before)));
  if (!suite.has_ml_kem) return shared;

  const ByteView ciphertext = answer.subspan(wire::kX25519ShareSize);
  const Context context = ml_kem_ ? ContextOf(ml_kem_.get()) : nullptr;
  std::size_t size = kMlKemSecretSize;
  if (!context || EVP_PKEY_decapsulate_init(context.get(), nullptr) != 1 ||
      EVP_PKEY_decapsulate(context.get(), shared.writable().data(), &size, ciphertext.data(),
                           ciphertext.size()) != 1 ||
      size != kMlKemSecretSize)
    return Fail("the acceptor's ciphertext of ML-KEM is none");
  return shared;
}

Result<AnsweredShares> AnswerShares(const wire::SuiteTraits& suite, ByteView x25519,
                                    ByteView ml_kem) {
  const internal::Key ours = TRY(Generate(kX25519Name));
  const std::size_t before = suite.has_ml_kem ? kMlKemSecretSize : 0;
  AnsweredShares answered{.answer = TRY(PublicOf(ours, wire::kX25519ShareSize)),
                          .shared = Secret(before + kX25519SecretSize)};
  const MutableByteView shared = answered.shared.writable();
  TRY(AgreeX25519(ours, x25519, shared.subspan(before)));
  if (!suite.has_ml_kem) return answered;

  const internal::Key peer = TRY(Import(kMlKemName, ml_kem));
  const Context context = ContextOf(peer.get());
  std::size_t size = kMlKemSecretSize, ciphertext = wire::kMlKemCiphertextSize;
  answered.answer.resize(wire::kX25519ShareSize + ciphertext);
  if (!context || EVP_PKEY_encapsulate_init(context.get(), nullptr) != 1 ||
      EVP_PKEY_encapsulate(context.get(), &answered.answer[wire::kX25519ShareSize], &ciphertext,
                           shared.data(), &size) != 1 ||
      size != kMlKemSecretSize || ciphertext != wire::kMlKemCiphertextSize)
    return Fail("OpenSSL cannot answer a share of ML-KEM");
  return answered;
}

}  // namespace funnel::seal
