// Pieces of user messages as a far end sends them: each is length 16, bytes. One value has one
// encoding, and what is held stays within its limits.
#include <algorithm>

#include "common/streams/piece_joiner.h"
#include "tests/fuzz/entry.h"

using namespace funnel;
using namespace funnel::streams;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kBudget = 4096;
  JoinBudget budget(kBudget);
  {
    PieceJoiner joiner(16, budget);
    ByteReader reader(ByteView(data, size));
    while (const auto message = reader.Block16()) {
      if (const auto piece = wire::StreamPiece::Parse(*message)) {
        std::uint8_t header[wire::kMaxPieceHeader];
        const std::uint8_t* end = wire::StorePieceHeader(header, *piece);
        FUZZ_REQUIRE(std::equal<const std::uint8_t*>(header, end, message->data()));
        FUZZ_REQUIRE(static_cast<std::size_t>(end - header) + piece->bytes.size() ==
                     message->size());
      }

      const auto whole = joiner.Offer(*message);
      FUZZ_REQUIRE(budget.used() <= kBudget);
      if (!whole) break;
      if (!*whole) continue;
      FUZZ_REQUIRE((*whole)->size() > 0 && (*whole)->size() <= wire::kMaxUserMessage);
      // It could not be sent at first.
      const auto again = joiner.Offer(*message);
      FUZZ_REQUIRE(again && *again && (*again)->size() == (*whole)->size());
      joiner.Done(**again);
    }
    FUZZ_REQUIRE(joiner.has_unfinished() == (budget.used() > 0));
  }
  FUZZ_REQUIRE(budget.used() == 0);
  return 0;
}
