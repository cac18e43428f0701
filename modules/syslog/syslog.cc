// Syslog over UDP (RFC 5426): each datagram is one message.
//
//   <PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID DATA MSG     RFC 5424
//   <PRI>Mmm dd hh:mm:ss HOSTNAME TAG: MSG                       RFC 3164
//
// PRI is 8 * facility + severity. A message is sent once, and nobody asks for it again: it is worth
// being sent until it arrives. What says that something is unusable or must be repaired at once
// (severities 0 to 2) goes first. The collector sends nothing.
//
// Older programs write all kinds of things behind PRI: of theirs a message is recognised by the
// date. Two equal messages in a second are two: there is no key for repetitions.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "modules/common/ascii.h"
#include "modules/common/module_table.h"
#include "modules/module.h"

namespace {

using funnel_modules::IsDigit;

constexpr unsigned kMaxPriority = 191, kSeverities = 8, kLastUrgent = 2;
constexpr const char* kLabels[kSeverities] = {"emergency", "alert",  "critical", "error",
                                              "warning",   "notice", "info",     "debug"};
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes "<PRI>" from TEXT; false: it does not begin with one.
bool TakePriority(std::string_view& text, unsigned& priority) {
  constexpr std::size_t kMaxDigits = 3;
  if (!text.starts_with('<')) return false;
  const std::size_t end = text.substr(0, kMaxDigits + 2).find('>');
  if (end == std::string_view::npos || end < 2 || (text[1] == '0' && end > 2)) return false;
  const std::string_view digits = text.substr(1, end - 1);
  if (!std::ranges::all_of(digits, IsDigit)) return false;
  priority = 0;
  for (const char digit : digits) priority = priority * 10 + static_cast<unsigned>(digit - '0');
  text.remove_prefix(end + 1);
  return priority <= kMaxPriority;
}

// RFC 5424, section 6: the version, then a date as in RFC 3339, or none ("-").
bool IsNew(std::string_view text) {
  constexpr std::string_view kVersion = "1 ";
  if (!text.starts_with(kVersion)) return false;
  text.remove_prefix(kVersion.size());
  if (text.starts_with("- ")) return true;
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  return text.size() > kForm.size() &&
         std::equal(kForm.begin(), kForm.end(), text.begin(),
                    [](char form, char c) { return form == 'd' ? IsDigit(c) : c == form; });
}

// RFC 3164, section 4.1.2: a day's first digit may be a space.
bool IsOld(std::string_view text) {
  constexpr std::string_view kForm = "Mmm Dd dd:dd:dd ";
  if (text.size() < kForm.size()) return false;
  if (std::ranges::find(kMonths, text.substr(0, 3)) == std::end(kMonths)) return false;
  return std::equal(kForm.begin() + 3, kForm.end(), text.begin() + 3, [](char form, char c) {
    return form == 'd' ? IsDigit(c) : form == 'D' ? IsDigit(c) || c == ' ' : c == form;
  });
}

struct SyslogDatagram {
  static void Read(const funnel_modules::NoOptions&, funnel_end sender, const std::uint8_t* bytes,
                   std::size_t size, funnel_datagram& verdict) {
    std::string_view text(reinterpret_cast<const char*>(bytes), size);
    unsigned priority = 0;
    if (sender != FUNNEL_CLIENT || !TakePriority(text, priority)) return;
    if (!IsNew(text) && !IsOld(text)) return;
    const unsigned severity = priority % kSeverities;
    verdict.label = kLabels[severity];
    verdict.delivery = FUNNEL_RELIABLE;
    verdict.urgent = severity <= kLastUrgent ? 1 : 0;
  }
};

}  // namespace

extern "C" constexpr struct funnel_module funnel_module =
    funnel_modules::ModuleTable<funnel_modules::NoOptions, void, SyslogDatagram>::Make({
        .name = "syslog",
        .summary = "Syslog over UDP (RFC 5426, RFC 3164)",
        .head_max = 0,
    });
