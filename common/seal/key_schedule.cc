#include "common/seal/key_schedule.h"

#include <algorithm>

#include "common/seal/derive.h"
#include "common/seal/hmac.h"
#include "common/seal/sha384.h"

namespace funnel::seal {
namespace {

using Hash = EnctypeTraits::Hash;

constexpr std::size_t kConfirmSize = 32;

void Put(Secret& to, std::size_t at, ByteView bytes) {
  std::copy(bytes.begin(), bytes.end(), to.writable().begin() + static_cast<std::ptrdiff_t>(at));
}

// RFC 5869 section 2.2.
Secret Extract(ByteView salt, ByteView first, ByteView second) {
  Secret input(first.size() + second.size());
  Put(input, 0, first);
  Put(input, first.size(), second);
  Secret extracted(kSha384Size);
  Hmac::Make(Hash::kSha384, salt)->Sign(input.view(), extracted.writable());
  return extracted;
}

// RFC 5869 section 2.3, of at most one block: T(1) = HMAC(PRK, info | 01).
void Expand(const Hmac& extracted, wire::Suite suite, std::string_view label, MutableByteView out) {
  const Bytes info =
      ByteWriter().Append(label).U8(0).U16(static_cast<std::uint16_t>(suite)).U8(1).Release();
  extracted.Sign(info, out);
}

}  // namespace

ScheduleOutput RunSchedule(const ScheduleInput& input) {
  const Sha384Digest salt = Sha384(input.transcript);
  const Secret extracted = Extract(salt, input.subkey, input.shared);
  const auto expander = Hmac::Make(Hash::kSha384, extracted.view());
  ScheduleOutput out{
      .frames = Secret(kAeadMaterialSize),
      .confirm = Secret(kConfirmSize),
      .exporter = Secret(kExporterSize),
  };
  auto expand = [&](std::string_view label, MutableByteView to) {
    Expand(*expander, input.suite, label, to);
  };

  const MutableByteView frames = out.frames.writable();
  expand("Funnel 1 initiator key", frames.subspan(0, kAeadKeySize));
  expand("Funnel 1 initiator IV", frames.subspan(kAeadKeySize, kAeadIvSize));
  expand("Funnel 1 acceptor key", frames.subspan(kAeadDirectionSize, kAeadKeySize));
  expand("Funnel 1 acceptor IV", frames.subspan(kAeadDirectionSize + kAeadKeySize, kAeadIvSize));
  expand("Funnel 1 CONFIRM", out.confirm.writable());
  expand("Funnel 1 exporter", out.exporter.writable());
  return out;
}

Bytes ProofOf(Enctype enctype, ByteView subkey, ByteView message) {
  const Bytes input = ByteWriter()
                          .Append("Funnel 1 OPENED proof")
                          .U8(0)
                          .U16(static_cast<std::uint16_t>(enctype))
                          .Release();
  Secret key(kSha384Size);
  Hmac::Make(Hash::kSha384, subkey)->Sign(input, key.writable());
  Bytes proof(wire::kProofSize);
  Hmac::Make(Hash::kSha384, key.view())->Sign(message, proof);
  return proof;
}

}  // namespace funnel::seal
