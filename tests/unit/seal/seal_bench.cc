// Measures what sealing and opening cost, first in suites above 1, and how much faster suite 1 is
// than MIT's gss_wrap() and gss_unwrap(). Prints a table; exit status 1 if at 16 KiB the factor is
// below 3. No test runs this.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "common/seal/aead_cipher.h"
#include "common/seal/key_schedule.h"
#include "common/seal/token_cipher.h"
#include "tests/unit/gss/mit_context.h"
#include "tests/unit/gss/test_realm.h"

namespace funnel::seal {
namespace {

using Clock = std::chrono::steady_clock;

// Microseconds for each call, the best of several rounds.
template <typename Call>
double Measure(Call&& call) {
  double best = 1e9;
  for (int round = 0; round < 7; ++round) {
    constexpr int kCalls = 300;
    const auto begin = Clock::now();
    for (int i = 0; i < kCalls; ++i) call();
    const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
    best = std::min(best, took.count() / kCalls);
  }
  return best;
}

struct Row {
  double mit_wrap, seal, mit_unwrap, open;
  [[nodiscard]] double factor() const { return (mit_wrap + mit_unwrap) / (seal + open); }
};

// Fills in everything except MIT's; afterwards TOKEN is a sealed frame.
void MeasureOurs(wire::FrameCipher& sender, wire::FrameCipher& receiver, ByteView plaintext,
                 Bytes& token, Row& row) {
  std::uint64_t sequence = 0;
  const ByteView pieces[] = {plaintext};
  token.resize(plaintext.size() + sender.Overhead());
  if (!sender.Seal(sequence++, pieces, token)) std::abort();
  Bytes scratch = token;
  row.seal = Measure([&] {
    if (!sender.Seal(sequence++, pieces, scratch)) std::abort();
  });
  // Opening is in place, so each call needs a fresh token: the copy is included in the figure.
  row.open = Measure([&] {
    std::memcpy(scratch.data(), token.data(), token.size());
    if (!receiver.Open(scratch)) std::abort();
  });
}

Row Compare(const test::MitPair& mit, Enctype enctype, std::size_t size) {
  auto sender = MakeTokenCipher(enctype, mit.subkey(), wire::Role::kInitiator).value();
  auto receiver = MakeTokenCipher(enctype, mit.subkey(), wire::Role::kAcceptor).value();
  const Bytes plaintext(size, 'x');
  Bytes token;
  Row row{};
  MeasureOurs(*sender, *receiver, plaintext, token, row);
  row.mit_wrap = Measure([&] { (void)test::MitWrap(mit.initiator(), plaintext); });
  row.mit_unwrap = Measure([&] { (void)test::MitUnwrap(mit.acceptor(), token); });
  return row;
}

void MeasureAead(const char* name, Aead aead) {
  const Bytes material(kAeadMaterialSize, 7);
  auto make = [&](wire::Role role) {
    return MakeAeadCipher(
               {.aead = aead, .material = material, .our_role = role, .channel = {}, .epoch = {}})
        .value();
  };
  for (std::size_t size : {64, 1400, 16384}) {
    auto sender = make(wire::Role::kInitiator), receiver = make(wire::Role::kAcceptor);
    Bytes token;
    Row row{};
    MeasureOurs(*sender, *receiver, Bytes(size, 'x'), token, row);
    std::printf("%-28s %6zu %9s %6.2f us %10s %6.2f us\n", name, size, "-", row.seal, "-",
                row.open);
  }
}

int Main() {
  test::TestRealm realm;
  bool quick_enough = true;
  std::printf("%-28s %6s %9s %9s %10s %9s %7s\n", "enctype", "bytes", "gss_wrap", "Seal",
              "gss_unwrap", "Open", "factor");

  MeasureAead("suites 2, 3: AES-256-GCM", Aead::kAes256Gcm);
  MeasureAead("suites 4, 5: ChaCha20", Aead::kChaCha20Poly1305);

  for (int number = 17; number <= 20; ++number) {
    const Enctype enctype = *EnctypeFromNumber(number);
    const std::string kind(TraitsOf(enctype).name);
    const std::string client = realm.At("client/" + kind), server = realm.At("dns/" + kind);
    for (const auto& name : {client, server})
      realm.Admin({"addprinc -randkey -e " + kind + ":normal " + name});
    realm.Keytab("keytab", {client, server});

    realm.SetClientEnctypes(kind);
    const test::MitPair mit(realm.Path("keytab"), client, server);
    for (std::size_t size : {64, 1400, 16384}) {
      const Row row = Compare(mit, enctype, size);
      std::printf("%-28s %6zu %6.2f us %6.2f us %7.2f us %6.2f us %6.1fx\n", kind.c_str(), size,
                  row.mit_wrap, row.seal, row.mit_unwrap, row.open, row.factor());
      if (size == 16384 && row.factor() < 3) quick_enough = false;
    }
  }
  return quick_enough ? 0 : 1;
}

}  // namespace
}  // namespace funnel::seal

int main() { return funnel::seal::Main(); }
