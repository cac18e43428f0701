// The records whose length lets who does not know them skip them.
#include <algorithm>

#include "common/wire/frame/record.h"

namespace funnel::wire {
namespace {

bool IsNameByte(std::uint8_t byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

Result<Record> ReadShare(ByteView fields) {
  ByteReader reader(fields);
  const auto serial = ReadVarint(reader);
  const auto fresh = ReadVarint(reader);
  const auto reading = ReadVarint(reader);
  if (!serial || !fresh || !reading || !reader.AtEnd()) return Fail("SHARE is malformed");
  return ShareRecord{*serial, *fresh, *reading};
}

Result<Record> ReadModule(ByteView fields) {
  ByteReader reader(fields);
  const auto abi = ReadVarint(reader);
  if (!abi) return Fail("MODULE is malformed");
  const ByteView name = reader.Rest();
  if (name.size() > kMaxModuleName || !std::ranges::all_of(name, IsNameByte))
    return Fail("MODULE has no name of a module");
  if (*abi != 0 && name.empty()) return Fail("MODULE has an ABI without a module");
  return ModuleRecord{*abi, AsText(name)};
}

Result<Record> ReadMark(ByteView fields) {
  if (fields.size() != 1 || fields[0] == 0 || fields[0] > kMaxDscp)
    return Fail("MARK is malformed");
  return MarkRecord{fields[0]};
}

Result<Record> ReadServing(ByteView fields) {
  ByteReader reader(fields);
  const auto serial = ReadVarint(reader);
  const auto state = ReadVarint(reader);
  if (!serial || !state || !reader.AtEnd()) return Fail("SERVING is malformed");
  return ServingRecord{*serial, static_cast<Serving>(*state)};
}

}  // namespace

void AppendRecord(Bytes& out, const ShareRecord& record) {
  std::uint8_t raw[2 + 3 * kMaxVarintSize];
  std::uint8_t* end = StoreVarint(raw + 2, record.serial);
  end = StoreVarint(StoreVarint(end, record.fresh), record.reading);
  raw[0] = static_cast<std::uint8_t>(RecordKind::kShare);
  // Always one byte long: three fields of eight at most.
  StoreVarint(raw + 1, static_cast<std::uint64_t>(end - raw - 2));
  out.insert(out.end(), raw, end);
}

void AppendRecord(Bytes& out, const ModuleRecord& record) {
  const ByteView name = AsBytes(record.name);
  std::uint8_t raw[1 + 2 * kMaxVarintSize];
  raw[0] = static_cast<std::uint8_t>(RecordKind::kModule);
  std::uint8_t* end = StoreVarint(raw + 1, VarintSize(record.abi) + name.size());
  out.insert(out.end(), raw, StoreVarint(end, record.abi));
  out.insert(out.end(), name.begin(), name.end());
}

void AppendRecord(Bytes& out, const MarkRecord& record) {
  const std::uint8_t raw[kMarkSize] = {static_cast<std::uint8_t>(RecordKind::kMark), 1,
                                       record.dscp};
  out.insert(out.end(), raw, raw + kMarkSize);
}

void AppendRecord(Bytes& out, const ServingRecord& record) {
  std::uint8_t raw[2 + 2 * kMaxVarintSize];
  raw[0] = static_cast<std::uint8_t>(RecordKind::kServing);
  std::uint8_t* end = StoreVarint(raw + 2, record.serial);
  end = StoreVarint(end, static_cast<std::uint64_t>(record.state));
  // Always one byte long: two fields of eight at most.
  StoreVarint(raw + 1, static_cast<std::uint64_t>(end - raw - 2));
  out.insert(out.end(), raw, end);
}

Result<Record> ReadSkippable(std::uint8_t kind, ByteView fields) {
  if (kind == static_cast<std::uint8_t>(RecordKind::kShare)) return ReadShare(fields);
  if (kind == static_cast<std::uint8_t>(RecordKind::kModule)) return ReadModule(fields);
  if (kind == static_cast<std::uint8_t>(RecordKind::kMark)) return ReadMark(fields);
  if (kind == static_cast<std::uint8_t>(RecordKind::kServing)) return ReadServing(fields);
  return SkippedRecord{};
}

}  // namespace funnel::wire
