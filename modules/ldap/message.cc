#include "modules/ldap/message.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "modules/ldap/ber.h"

namespace ldap {
namespace {

constexpr std::uint8_t kSequence = 0x30, kInteger = 0x02, kEnumerated = 0x0A, kOctets = 0x04;
constexpr std::uint8_t kSasl = 0xA3;                               // of bind's authentication
constexpr std::uint8_t kRequestName = 0x80, kRequestValue = 0x81;  // of an extended request
constexpr std::uint32_t kMostVersions = 127;

struct Row {
  std::uint8_t operation;
  funnel_end sender;
  const char* label;
};
constexpr Row kOperations[] = {
    {kBindRequest, FUNNEL_CLIENT, "bind request"},
    {kBindResponse, FUNNEL_SERVER, "bind response"},
    {kUnbindRequest, FUNNEL_CLIENT, "unbind request"},
    {kSearchRequest, FUNNEL_CLIENT, "search request"},
    {kSearchEntry, FUNNEL_SERVER, "search entry"},
    {kSearchDone, FUNNEL_SERVER, "search done"},
    {kSearchReference, FUNNEL_SERVER, "search reference"},
    {kModifyRequest, FUNNEL_CLIENT, "modify request"},
    {kModifyResponse, FUNNEL_SERVER, "modify response"},
    {kAddRequest, FUNNEL_CLIENT, "add request"},
    {kAddResponse, FUNNEL_SERVER, "add response"},
    {kDeleteRequest, FUNNEL_CLIENT, "delete request"},
    {kDeleteResponse, FUNNEL_SERVER, "delete response"},
    {kModifyDnRequest, FUNNEL_CLIENT, "modify DN request"},
    {kModifyDnResponse, FUNNEL_SERVER, "modify DN response"},
    {kCompareRequest, FUNNEL_CLIENT, "compare request"},
    {kCompareResponse, FUNNEL_SERVER, "compare response"},
    {kAbandonRequest, FUNNEL_CLIENT, "abandon request"},
    {kExtendedRequest, FUNNEL_CLIENT, "extended request"},
    {kExtendedResponse, FUNNEL_SERVER, "extended response"},
    {kIntermediateResponse, FUNNEL_SERVER, "intermediate response"},
};

const Row* Find(std::uint8_t operation) {
  const Row* row = std::ranges::find(kOperations, operation, &Row::operation);
  return row == std::end(kOperations) ? nullptr : row;
}

struct Name {
  const char* oid;
  Extension extension;
};
constexpr Name kExtensions[] = {
    {"1.3.6.1.4.1.1466.20037", Extension::kStartTls},  // RFC 4511, section 4.14
    {"1.3.6.1.1.8", Extension::kCancel},               // RFC 3909
    {"1.3.6.1.4.1.4203.1.11.3", Extension::kWhoAmI},   // RFC 4532
};

Extension FindExtension(const std::uint8_t* oid, std::size_t size) {
  for (const Name& name : kExtensions)
    if (std::strlen(name.oid) == size && std::memcmp(name.oid, oid, size) == 0)
      return name.extension;
  return Extension::kOther;
}

// --- the contents of operations; each function reads as far as the bytes reach

Got ReadAbandon(BerReader& in, std::uint64_t length, Message& message) {
  if (length == 0 || length > 4) return Got::kWrong;
  const std::uint8_t* octets = nullptr;
  if (!in.Take(length, octets)) return Got::kNeedMore;
  std::uint32_t target = 0;
  for (std::size_t i = 0; i < length; ++i) target = target << 8 | octets[i];
  message.target = target;
  return Got::kValue;
}

//   version INTEGER, name LDAPDN, authentication: [0] simple, [3] SASL
Got ReadBind(BerReader& in, Message& message) {
  std::uint32_t version = 0;
  if (const Got got = in.Number(kInteger, version); got != Got::kValue) return got;
  if (version == 0 || version > kMostVersions) return Got::kWrong;
  std::uint8_t tag = 0;
  std::uint64_t length = 0;
  if (const Got got = in.Header(tag, length); got != Got::kValue) return got;
  if (tag != kOctets) return Got::kWrong;
  const std::uint8_t* name = nullptr;
  if (!in.Take(length, name)) return Got::kNeedMore;
  if (const Got got = in.Header(tag, length); got != Got::kValue) return got;
  message.sasl = tag == kSasl;
  return Got::kValue;
}

//   [0] requestName, [1] requestValue OPTIONAL; Cancel's value: SEQUENCE { cancelID INTEGER }
Got ReadExtended(BerReader& in, Message& message) {
  std::uint8_t tag = 0;
  std::uint64_t length = 0;
  if (const Got got = in.Header(tag, length); got != Got::kValue) return got;
  if (tag != kRequestName || length == 0) return Got::kWrong;
  const std::uint8_t* oid = nullptr;
  if (!in.Take(length, oid)) return Got::kNeedMore;
  message.extension = FindExtension(oid, length);
  if (message.extension != Extension::kCancel) return Got::kValue;

  for (const std::uint8_t expected : {kRequestValue, kSequence}) {
    if (const Got got = in.Header(tag, length); got != Got::kValue) return got;
    if (tag != expected) return Got::kWrong;
  }
  std::uint32_t target = 0;
  const Got got = in.Number(kInteger, target);
  if (got == Got::kValue) message.target = target;
  return got;
}

Got ReadResult(BerReader& in, Message& message) {
  std::uint32_t code = 0;
  const Got got = in.Number(kEnumerated, code);
  message.success = got == Got::kValue && code == 0;
  return got;
}

Got ReadOperation(BerReader& in, std::uint64_t length, Message& message) {
  switch (message.operation) {
    case kUnbindRequest:
      return length == 0 ? Got::kValue : Got::kWrong;
    case kAbandonRequest:
      return ReadAbandon(in, length, message);
    case kBindRequest:
      return ReadBind(in, message);
    case kExtendedRequest:
      return ReadExtended(in, message);
    case kBindResponse:
    case kExtendedResponse:
      return ReadResult(in, message);
    default:
      return Got::kValue;
  }
}

Parsed Outcome(Got got) { return got == Got::kNeedMore ? Parsed::kNeedMore : Parsed::kWrong; }

}  // namespace

Parsed Parse(funnel_end sender, const std::uint8_t* bytes, std::size_t size, Message& message) {
  if (bytes[0] != kSequence) return Parsed::kWrong;
  BerReader outer(bytes, size);
  std::uint8_t tag = 0;
  std::uint64_t content = 0;
  if (const Got got = outer.Header(tag, content); got != Got::kValue) return Outcome(got);
  const std::size_t begin = outer.position();
  message.length = begin + content;

  // What follows the message is not part of it.
  const bool whole = message.length <= size;
  BerReader in(bytes + begin, std::min<std::uint64_t>(content, size - begin));
  const auto wrong_or_more = [&](Got got) { return whole ? Parsed::kWrong : Outcome(got); };
  if (const Got got = in.Number(kInteger, message.id); got != Got::kValue)
    return wrong_or_more(got);
  std::uint64_t length = 0;
  if (const Got got = in.Header(message.operation, length); got != Got::kValue)
    return wrong_or_more(got);
  const Row* row = Find(message.operation);
  const std::uint64_t end = in.position() + length;
  if (row == nullptr || row->sender != sender || end > content) return Parsed::kWrong;
  message.has_controls = end < content;

  const Got got = ReadOperation(in, length, message);
  if (got == Got::kValue) return in.position() <= end ? Parsed::kMessage : Parsed::kWrong;
  if (got == Got::kWrong || whole) return Parsed::kWrong;
  // The name is too long for the head, so it is none of those that we look for.
  return size >= kHeadMax ? Parsed::kMessage : Parsed::kNeedMore;
}

const char* LabelOf(std::uint8_t operation) {
  const Row* row = Find(operation);
  return row == nullptr ? nullptr : row->label;
}

}  // namespace ldap
