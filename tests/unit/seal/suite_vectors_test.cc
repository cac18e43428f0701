// Keys and frames of suites above 1 from another implementation (tests/tools/suite_vectors.py).
#include <gtest/gtest.h>

#include <fstream>

#include "common/base/text.h"
#include "common/seal/aead_cipher.h"
#include "common/seal/key_schedule.h"
#include "common/wire/frame/open.h"

namespace funnel::seal {
namespace {

constexpr ChannelId kChannel(0x01020304);

class SuiteVectors : public testing::TestWithParam<std::uint16_t> {
 protected:
  SuiteVectors() {
    std::ifstream file(SUITE_VECTORS);
    for (std::string line; std::getline(file, line);) {
      const std::size_t colon = line.find(": ");
      vectors_[line.substr(0, colon)] = HexDecode(line.substr(colon + 2)).value();
    }
  }
  Bytes Get(const std::string& name) const { return vectors_.at(name); }
  Bytes OfSuite(const std::string& name) const {
    return Get("suite " + std::to_string(GetParam()) + " " + name);
  }
  Bytes Material() const {
    return ByteWriter()
        .Append(OfSuite("initiator key"))
        .Append(OfSuite("initiator IV"))
        .Append(OfSuite("acceptor key"))
        .Append(OfSuite("acceptor IV"))
        .Release();
  }
  std::unique_ptr<wire::FrameCipher> Cipher(wire::Role role) const {
    const Bytes material = Material();
    return MakeAeadCipher({.aead = GetParam() == 2 ? Aead::kAes256Gcm : Aead::kChaCha20Poly1305,
                           .material = material,
                           .our_role = role,
                           .channel = kChannel,
                           .epoch = Epoch()})
        .value();
  }

  std::map<std::string, Bytes> vectors_;
};

TEST_P(SuiteVectors, AcceptorProvesWhatItReceivedAndAnswered) {
  const Bytes open = OfSuite("OPEN"), opened = OfSuite("OPENED");
  const Bytes proof =
      ProofOf(Enctype::kAes256Sha384, Get("subkey"), wire::ProofBytes(open, opened));
  EXPECT_EQ(proof, OfSuite("proof"));
  EXPECT_EQ(wire::OpenedBody::Parse(opened)->proof, proof);
}

TEST_P(SuiteVectors, ScheduleGivesTheseKeys) {
  const Bytes transcript = wire::TranscriptBytes(OfSuite("OPEN"), OfSuite("OPENED"));
  EXPECT_EQ(transcript, OfSuite("transcript"));
  const Bytes subkey = Get("subkey"), shared = OfSuite("shared");
  const ScheduleOutput keys = RunSchedule({.suite = wire::Suite(GetParam()),
                                           .subkey = subkey,
                                           .shared = shared,
                                           .transcript = transcript});
  EXPECT_TRUE(std::ranges::equal(keys.frames.view(), Material()));
  EXPECT_TRUE(std::ranges::equal(keys.confirm.view(), OfSuite("CONFIRM")));
  EXPECT_TRUE(std::ranges::equal(keys.exporter.view(), OfSuite("exporter")));
}

TEST_P(SuiteVectors, FramesAreThese) {
  for (const auto& [role, name] : {std::pair{wire::Role::kInitiator, "initiator"},
                                   std::pair{wire::Role::kAcceptor, "acceptor"}}) {
    const auto cipher = Cipher(role);
    for (const std::uint64_t sequence : {0, 258}) {
      const Bytes plaintext = Get("plaintext");
      const ByteView pieces[] = {ByteView(plaintext).first(5), ByteView(plaintext).subspan(5)};
      Bytes sealed(plaintext.size() + cipher->Overhead());
      ASSERT_TRUE(cipher->Seal(sequence, pieces, sealed));
      EXPECT_EQ(sealed, OfSuite(name + std::string(" frame ") + std::to_string(sequence)));
    }
  }
}

TEST_P(SuiteVectors, OpensTheseFrames) {
  Bytes sealed = OfSuite("initiator frame 258");
  const auto cipher = Cipher(wire::Role::kAcceptor);
  EXPECT_EQ(cipher->ClearSequence(sealed), 258u);
  EXPECT_TRUE(std::ranges::equal(cipher->Open(sealed).value(), Get("plaintext")));
}

INSTANTIATE_TEST_SUITE_P(Suites, SuiteVectors, testing::Values(2, 4));

}  // namespace
}  // namespace funnel::seal
