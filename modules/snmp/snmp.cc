// SNMP over UDP (RFC 3417): each datagram is one message, in BER.
//
//   version 1, 2c   SEQUENCE { version INTEGER, community OCTET STRING, PDU }
//   version 3       SEQUENCE { version INTEGER, SEQUENCE { id, max size, flags, model },
//                              parameters OCTET STRING, SEQUENCE { ..., PDU } or encrypted }
//   PDU             [type] { request-id INTEGER, ... }
//
//   poll      get, get-next, get-bulk: it is asked again a second later, so an old one only makes
//             work: it expires after 5 s
//   set       and answers: as the service says
//   trap      and inform: they tell what happened, a trap only once: sent until they arrive
//
// A receiver of version 3 with authentication takes nothing that is 150 s old (RFC 3414, section
// 3.2, step 7), so that bounds them all. Of an encrypted message the flags say whether it is
// reportable: what is not, and was not asked for, is a trap.
//
// A repetition has the same bytes in versions 1 and 2c. In version 3 it has another message id, and
// an answer to the earlier one would not be taken for its own: so it is none.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "modules/common/module_table.h"
#include "modules/module.h"

namespace {

constexpr std::uint8_t kInteger = 0x02, kOctets = 0x04, kSequence = 0x30;
constexpr std::uint32_t kPollMs = 5'000, kWindowMs = 150'000;
// Of msgFlags (RFC 3412, section 6.4).
constexpr std::uint8_t kAuthenticated = 0x01, kEncrypted = 0x02, kReportable = 0x04;

enum class Sort { kPoll, kSet, kAnswer, kTrap };

struct Row {
  std::uint8_t tag;
  Sort sort;
  const char* label;
};
constexpr Row kPdus[] = {
    {0xA0, Sort::kPoll, "get"},        {0xA1, Sort::kPoll, "get-next"},
    {0xA2, Sort::kAnswer, "response"}, {0xA3, Sort::kSet, "set"},
    {0xA4, Sort::kTrap, "trap"},       {0xA5, Sort::kPoll, "get-bulk"},
    {0xA6, Sort::kTrap, "inform"},     {0xA7, Sort::kTrap, "trap"},
    {0xA8, Sort::kAnswer, "report"},
};
constexpr std::uint8_t kTrapOfVersion1 = 0xA4;

struct View {
  const std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
};

// Takes an element with TAG from FROM. Lengths of up to four octets, as in UDP none is longer.
bool Take(View& from, std::uint8_t tag, View& content) {
  if (from.size < 2 || from.bytes[0] != tag) return false;
  const std::size_t octets = from.bytes[1] < 0x80 ? 0 : from.bytes[1] & 0x7Fu;
  if (from.bytes[1] == 0x80 || octets > 4 || from.size < 2 + octets) return false;
  std::uint64_t length = octets == 0 ? from.bytes[1] : 0;
  for (std::size_t i = 0; i < octets; ++i) length = length << 8 | from.bytes[2 + i];
  if (length > from.size - 2 - octets) return false;
  content = {from.bytes + 2 + octets, static_cast<std::size_t>(length)};
  from = {content.bytes + content.size, from.size - 2 - octets - content.size};
  return true;
}

bool TakeSmall(View& from, std::uint32_t& value) {
  View content;
  if (!Take(from, kInteger, content) || content.size < 1 || content.size > 5) return false;
  value = 0;
  for (std::size_t i = 0; i < content.size; ++i) value = value << 8 | content.bytes[i];
  return true;
}

struct Message {
  const Row* pdu = nullptr;  // nullptr: it is encrypted
  std::uint32_t version = 0;
  std::uint8_t flags = 0;
};

bool ReadPdu(View from, Message& message) {
  if (from.size == 0) return false;
  message.pdu = std::ranges::find(kPdus, from.bytes[0], &Row::tag);
  if (message.pdu == std::end(kPdus)) return false;
  View pdu;
  if (!Take(from, message.pdu->tag, pdu) || from.size != 0) return false;
  // A trap of version 1 has no request-id, and no later version has such a trap.
  if (message.pdu->tag == kTrapOfVersion1) return message.version == 0 && pdu.size > 0;
  std::uint32_t request_id = 0;
  return TakeSmall(pdu, request_id);
}

bool ReadVersion3(View from, Message& message) {
  View global, flags, parameters, contents;
  std::uint32_t id = 0, max_size = 0, model = 0;
  if (!Take(from, kSequence, global) || !TakeSmall(global, id) || !TakeSmall(global, max_size) ||
      !Take(global, kOctets, flags) || flags.size != 1 || !TakeSmall(global, model) ||
      global.size != 0 || !Take(from, kOctets, parameters))
    return false;
  message.flags = flags.bytes[0];
  if ((message.flags & kEncrypted) != 0) return Take(from, kOctets, contents) && from.size == 0;
  View engine, name;
  return Take(from, kSequence, contents) && from.size == 0 && Take(contents, kOctets, engine) &&
         Take(contents, kOctets, name) && ReadPdu(contents, message);
}

bool ReadMessage(View from, Message& message) {
  constexpr std::uint32_t kVersion1 = 0, kVersion2c = 1, kVersion3 = 3;
  View whole, community;
  if (!Take(from, kSequence, whole) || from.size != 0 || !TakeSmall(whole, message.version))
    return false;
  switch (message.version) {
    case kVersion1:
    case kVersion2c:
      return Take(whole, kOctets, community) && ReadPdu(whole, message);
    case kVersion3:
      return ReadVersion3(whole, message);
    default:
      return false;
  }
}

// Traps and informs, and answers to informs, go the other way than polls; whoever began the flow.
Sort SortOf(const Message& message, funnel_end sender) {
  if (message.pdu != nullptr) return message.pdu->sort;
  const bool reportable = (message.flags & kReportable) != 0;
  return sender == FUNNEL_CLIENT && !reportable ? Sort::kTrap : Sort::kSet;
}

struct SnmpDatagram {
  static void Read(const funnel_modules::NoOptions&, funnel_end sender, const std::uint8_t* bytes,
                   std::size_t size, funnel_datagram& verdict) {
    Message message;
    if (!ReadMessage({bytes, size}, message)) return;
    verdict.label = message.pdu != nullptr ? message.pdu->label : "encrypted message";
    const bool window = (message.flags & kAuthenticated) != 0;

    switch (SortOf(message, sender)) {
      case Sort::kPoll:
        verdict.delivery = FUNNEL_EXPIRES;
        verdict.lifetime_ms = kPollMs;
        break;
      case Sort::kTrap:
        verdict.delivery = FUNNEL_RELIABLE;
        verdict.lifetime_ms = window ? kWindowMs : 0;
        break;
      case Sort::kSet:
      case Sort::kAnswer:
        if (!window) break;
        verdict.delivery = FUNNEL_EXPIRES;
        verdict.lifetime_ms = kWindowMs;
        break;
    }
  }
};

}  // namespace

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, void, SnmpDatagram>::Make({
        .name = "snmp",
        .summary = "SNMP over UDP (RFC 3417, RFC 3412)",
        .head_max = 0,
    });
