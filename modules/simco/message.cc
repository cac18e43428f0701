#include "modules/simco/message.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "modules/common/module_table.h"

namespace simco {
namespace {

using funnel_modules::Load16;
using funnel_modules::Load32;

constexpr std::uint8_t kMajorVersion = 3;
// type 16 | length of the value 16 | value
constexpr std::size_t kAttributeHeader = 4;

enum AttributeType : std::uint16_t { kVersion = 1, kRule = 5, kAddress = 9 };

// Section 4.3: which letter stands for an attribute in Kind, and how long its value is.
struct AttributeRow {
  std::uint16_t type;
  char letter;
  std::uint16_t least, most;
};
constexpr AttributeRow kAttributes[] = {
    {kVersion, 'v', 4, 4},  {2, 'c', 0, 4096},  // authentication challenge
    {3, 't', 0, 4096},                          // authentication token
    {4, 'm', 8, 8},                             // the middlebox's capabilities
    {kRule, 'p', 4, 4},                         // policy rule identifier
    {6, 'g', 4, 4},                             // group identifier
    {7, 'l', 4, 4},                             // lifetime
    {8, 'o', 0, 255},                           // owner
    {kAddress, 'a', 4, 24},                     // address tuple
    {10, 'r', 4, 4},                            // parameters of a reservation
    {11, 'e', 4, 4},                            // parameters of an enabled rule
};

// Section 5.
constexpr Kind kRequests[] = {
    {kEstablish, "vc?", true, "session establishment"},
    {0x0102, "t?", true, "session authentication"},
    {0x0103, "", true, "session termination"},
    {0x0111, "rlg?", false, "reserve request"},
    {0x0112, "eaalg?", false, "enable request"},
    {0x0113, "eaalp", false, "enable after reservation request"},
    {0x0114, "aal", false, "disable request"},
    {0x0115, "pl", false, "lifetime request"},
    {0x0121, "p", false, "status request"},
    {0x0122, "", false, "list request"},
};
constexpr Kind kAnswers[] = {
    {0x0201, "m", true, "session established"},
    {0x0202, "c?t?", true, "session authentication wanted"},
    {0x0203, "", true, "session terminated"},
    {0x0211, "pglaa?", false, "reserved"},
    {0x0212, "pglaa", false, "enabled"},
    {0x0214, "pl", false, "disabled"},
    {0x0215, "l", false, "lifetime changed"},
    {0x0216, "", false, "deleted"},
    {0x0221, "pglaa?o", false, "status of a reservation"},
    {0x0222, "p*", false, "list"},
    {0x0223, "pgeaaaalo", false, "status of an enabled rule"},
    {0x0224, "paalo", false, "status of a disabled rule"},
    {0x0322, "v", true, "version refused"},
    {0x0401, "", true, "message was badly formed"},
    {0x0402, "", true, "session ends"},
    {0x0403, "pl", false, "rule event"},
};
// Negative replies without attributes (section 4.2.3).
constexpr Kind kRequestRefused = {0x0300, "", false, "refused"};
constexpr Kind kSessionRefused = {0x0300, "", true, "session refused"};

const Kind* RecogniseRefusal(std::uint8_t sub_type) {
  const auto within = [&](std::uint8_t first, std::uint8_t last) {
    return sub_type >= first && sub_type <= last;
  };
  if (within(0x20, 0x26)) return &kSessionRefused;
  return within(0x10, 0x13) || within(0x40, 0x58) ? &kRequestRefused : nullptr;
}

// Section 4.3.8: the first octet says whether an address is there, and of which version of IP.
bool IsAddressTuple(const std::uint8_t* value, std::size_t size) {
  switch (size) {
    case 4:
      return value[0] >> 4 == 1;
    case 12:
      return value[0] == 0x01;
    case 24:
      return value[0] == 0x02;
    default:
      return false;
  }
}

bool IsValue(const AttributeRow& row, const std::uint8_t* value, std::size_t size) {
  if (size < row.least || size > row.most) return false;
  if (row.type == kVersion) return value[0] == kMajorVersion;
  return row.type != kAddress || IsAddressTuple(value, size);
}

// Which attributes of a kind a message has had. The text fixes how many there are of each, not
// their order (section 6).
class Expected {
 public:
  explicit Expected(const char* letters) : letters_(letters) {}

  // False: there is no more room for one of LETTER.
  [[nodiscard]] bool Take(char letter) {
    for (std::size_t i = 0; letters_[i] != '\0'; ++i) {
      if (letters_[i] != letter || had_[i]) continue;
      had_[i] = letters_[i + 1] != '*';
      return true;
    }
    return false;
  }
  [[nodiscard]] bool IsComplete() const {
    for (std::size_t i = 0; letters_[i] != '\0'; ++i) {
      const bool is_letter = letters_[i] != '?' && letters_[i] != '*';
      const bool may_miss = letters_[i + 1] == '?' || letters_[i + 1] == '*';
      if (is_letter && !may_miss && !had_[i]) return false;
    }
    return true;
  }

 private:
  const char* letters_;
  // As many as the longest text in the tables has characters.
  std::array<bool, 16> had_{};
};

}  // namespace

bool Kind::MayHavePayload(std::size_t size) const {
  if (size <= kMaxPayload) return true;
  const bool is_list = std::strchr(attributes, '*') != nullptr;
  return is_list && size % kListEntry == 0;
}

const Kind* Recognise(funnel_end sender, std::uint16_t type) {
  if (sender == FUNNEL_CLIENT) {
    const Kind* kind = std::ranges::find(kRequests, type, &Kind::type);
    return kind == std::end(kRequests) ? nullptr : kind;
  }
  const Kind* kind = std::ranges::find(kAnswers, type, &Kind::type);
  if (kind != std::end(kAnswers)) return kind;
  return type >> 8 == 0x03 ? RecogniseRefusal(static_cast<std::uint8_t>(type)) : nullptr;
}

bool IsBasicType(funnel_end sender, std::uint8_t basic) {
  return sender == FUNNEL_CLIENT ? basic == 0x01 : basic >= 0x02 && basic <= 0x04;
}

bool Attributes::Read(const Kind& kind, const std::uint8_t* bytes, std::size_t size) {
  Expected expected(kind.attributes);
  while (size >= kAttributeHeader) {
    const AttributeRow* row = std::ranges::find(kAttributes, Load16(bytes), &AttributeRow::type);
    if (row == std::end(kAttributes) || !expected.Take(row->letter)) return false;
    const std::size_t value_size = Load16(bytes + 2);
    const std::uint8_t* value = bytes + kAttributeHeader;
    if (value_size > size - kAttributeHeader || !IsValue(*row, value, value_size)) return false;

    if (row->type == kRule) {
      if (rule_count < rules.size()) rules[rule_count] = Load32(value);
      ++rule_count;
    }
    bytes = value + value_size;
    size -= kAttributeHeader + value_size;
  }
  return size == 0 && expected.IsComplete();
}

}  // namespace simco
