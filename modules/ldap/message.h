// The beginning of an LDAPMessage (RFC 4511, section 4.1.1):
//
//   30 length | 02 length messageID | operation: tag, length, ... | [A0 length controls]
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "modules/module.h"

namespace ldap {

enum Operation : std::uint8_t {
  kBindRequest = 0x60,
  kBindResponse = 0x61,
  kUnbindRequest = 0x42,
  kSearchRequest = 0x63,
  kSearchEntry = 0x64,
  kSearchDone = 0x65,
  kSearchReference = 0x73,
  kModifyRequest = 0x66,
  kModifyResponse = 0x67,
  kAddRequest = 0x68,
  kAddResponse = 0x69,
  kDeleteRequest = 0x4A,
  kDeleteResponse = 0x6B,
  kModifyDnRequest = 0x6C,
  kModifyDnResponse = 0x6D,
  kCompareRequest = 0x6E,
  kCompareResponse = 0x6F,
  kAbandonRequest = 0x50,
  kExtendedRequest = 0x77,
  kExtendedResponse = 0x78,
  kIntermediateResponse = 0x79,
};

enum class Extension { kOther, kStartTls, kCancel, kWhoAmI };

struct Message {
  std::uint64_t length = 0;  // of the whole message
  std::uint32_t id = 0;
  std::uint8_t operation = 0;
  bool has_controls = false;
  // Bind: authenticates by SASL.
  bool sasl = false;
  // Bind and extended responses: the resultCode is success.
  bool success = false;
  Extension extension = Extension::kOther;  // of an extended request
  std::optional<std::uint32_t> target;      // of Abandon and Cancel: the operation to end
};

// So many bytes of a message have all that is in Message, except what has no fixed place: a longer
// name counts as an unknown one.
constexpr std::size_t kHeadMax = 160;

enum class Parsed { kMessage, kNeedMore, kWrong };
// BYTES are of SENDER, at least one. With kHeadMax bytes it does not ask for more.
[[nodiscard]] Parsed Parse(funnel_end sender, const std::uint8_t* bytes, std::size_t size,
                           Message& message);

// "search request".
[[nodiscard]] const char* LabelOf(std::uint8_t operation);

}  // namespace ldap
