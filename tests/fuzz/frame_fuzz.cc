// Clear headers and handshake bodies: what sctpd and authd read from strangers.
#include <algorithm>

#include "common/wire/frame/frame.h"
#include "common/wire/frame/hello.h"
#include "common/wire/frame/open.h"
#include "common/wire/frame/rekey_body.h"
#include "tests/fuzz/entry.h"

using namespace funnel;
using namespace funnel::wire;

namespace {

template <typename Body>
void RoundTrip(ByteView bytes) {
  const auto body = Body::Parse(bytes);
  if (!body) return;
  const Bytes again = body->Serialize();
  const auto back = Body::Parse(again);
  FUZZ_REQUIRE(back);
  FUZZ_REQUIRE(back->Serialize() == again);
}

void Open(ByteView bytes) {
  const auto open = OpenBody::Parse(bytes);
  if (!open) return;
  const Bytes bindings = OpenBindingBytes(bytes);
  const auto passed_on = WithOneHopLess(bytes);
  FUZZ_REQUIRE(passed_on.has_value() == (open->hop_limit > 0));
  if (!passed_on) return;
  FUZZ_REQUIRE(OpenBindingBytes(*passed_on) == bindings);
  FUZZ_REQUIRE(ConfirmBytes(*passed_on, {}) == ConfirmBytes(bytes, {}));
  FUZZ_REQUIRE(ProofBytes(*passed_on, {}) == ProofBytes(bytes, {}));
  FUZZ_REQUIRE(TranscriptBytes(*passed_on, {}) == TranscriptBytes(bytes, {}));
  FUZZ_REQUIRE(OpenBody::Parse(*passed_on)->hop_limit + 1 == open->hop_limit);
}

// What an authenticated peer's REKEY holds in suites with shares.
template <typename Body>
void Rekey(ByteView bytes) {
  for (std::uint16_t suite : {2, 3}) {
    const auto body = Body::Parse(*FindSuite(suite), bytes);
    if (!body) continue;
    const Bytes again = body->Serialize();
    const auto back = Body::Parse(*FindSuite(suite), again);
    FUZZ_REQUIRE(back && back->Serialize() == again);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView frame(data, size);
  const auto header = FrameHeader::Parse(frame);
  if (!header) return 0;

  const ByteView body = frame.subspan(kFrameHeaderSize);
  const Bytes again = MakeFrame(*header, body);
  FUZZ_REQUIRE(std::equal(again.begin(), again.end(), frame.begin(), frame.end()));

  switch (header->type) {
    case FrameType::kOpen:
      RoundTrip<OpenBody>(body);
      Open(body);
      break;
    case FrameType::kOpened:
      RoundTrip<OpenedBody>(body);
      break;
    case FrameType::kRefused:
      RoundTrip<RefusedBody>(body);
      break;
    case FrameType::kClosed:
      RoundTrip<ClosedBody>(body);
      break;
    default:
      RoundTrip<HelloBody>(body);
      Rekey<RekeyBody>(body);
      Rekey<RekeyAnswer>(body);
      break;
  }
  return 0;
}
