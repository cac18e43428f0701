// Records: one value has one encoding, so what parses comes back byte for byte.
#include <algorithm>

#include "common/wire/frame/record.h"
#include "common/wire/frame/sealed.h"
#include "tests/fuzz/entry.h"

using namespace funnel;
using namespace funnel::wire;

namespace {

struct Again {
  Bytes operator()(const PaddingRecord&) const { return {}; }
  Bytes operator()(const SkippedRecord&) const { return {}; }
  // Unknown fields inside are not kept.
  Bytes operator()(const OpenSessionRecord&) const { return {}; }
  Bytes operator()(const OpeningRecord&) const { return {}; }
  Bytes operator()(const DatagramRecord& record) const {
    Bytes raw(DatagramHeaderSize(record.session, record.bytes.size()));
    FUZZ_REQUIRE(StoreDatagramHeader(raw.data(), record.session, record.bytes.size()) ==
                 raw.data() + raw.size());
    raw.insert(raw.end(), record.bytes.begin(), record.bytes.end());
    return raw;
  }
  Bytes operator()(const MessageRecord& record) const {
    Bytes raw(MessageHeaderSize(record));
    FUZZ_REQUIRE(StoreMessageHeader(raw.data(), record) == raw.data() + raw.size());
    raw.insert(raw.end(), record.bytes.begin(), record.bytes.end());
    return raw;
  }
  template <typename R>
  Bytes operator()(const R& record) const {
    Bytes raw;
    AppendRecord(raw, record);
    return raw;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView plaintext(data, size);
  const auto header = SealedHeader::Parse(plaintext);
  if (!header) return 0;

  std::uint8_t head[kSealedHeaderSize];
  header->Serialize(head);
  FUZZ_REQUIRE(std::equal(head, head + kSealedHeaderSize, data));

  ByteReader reader(plaintext.subspan(kSealedHeaderSize));
  while (!reader.AtEnd()) {
    const std::size_t begin = kSealedHeaderSize + reader.position();
    const auto record = ParseRecord(reader);
    if (!record) break;

    const std::size_t end = kSealedHeaderSize + reader.position();
    FUZZ_REQUIRE(end > begin);
    const Bytes again = std::visit(Again{}, *record);
    const ByteView original = plaintext.subspan(begin, end - begin);
    FUZZ_REQUIRE(again.empty() ||
                 std::equal(again.begin(), again.end(), original.begin(), original.end()));
  }
  return 0;
}
