#include "common/config/keys/value.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/config/keys/units.h"
#include "common/config/keys/value_compound.h"
#include "common/config/names.h"

namespace funnel::config {
namespace {

// ---- words ----

template <typename E>
struct Word {
  std::string_view text;
  E value;
};
constexpr Word<bool> kBoolWords[] = {{"yes", true}, {"no", false}};
constexpr Word<LogLevel> kLogLevelWords[] = {{"error", LogLevel::kError},
                                             {"warning", LogLevel::kWarning},
                                             {"notice", LogLevel::kNotice},
                                             {"info", LogLevel::kInfo},
                                             {"debug", LogLevel::kDebug}};
constexpr Word<Engine> kEngineWords[] = {
    {"auto", Engine::kAuto}, {"kernel", Engine::kKernel}, {"own", Engine::kOwn}};
constexpr Word<Carrier> kCarrierWords[] = {
    {"auto", Carrier::kAuto}, {"direct", Carrier::kDirect}, {"udp", Carrier::kUdp}};
constexpr Word<When> kWhenWords[] = {{"always", When::kAlways}, {"on-demand", When::kOnDemand}};
constexpr Word<Protocol> kProtocolWords[] = {{"udp", Protocol::kUdp},
                                             {"tcp", Protocol::kTcp},
                                             {"socks", Protocol::kSocks},
                                             {"command", Protocol::kCommand}};
constexpr Word<ProxyProtocol> kProxyWords[] = {{"none", ProxyProtocol::kNone},
                                               {"v1", ProxyProtocol::kV1},
                                               {"v2", ProxyProtocol::kV2},
                                               {"v2-tlv", ProxyProtocol::kV2Tlv}};
constexpr Word<Balance> kBalanceWords[] = {{"round-robin", Balance::kRoundRobin},
                                           {"least-sessions", Balance::kLeastSessions},
                                           {"client", Balance::kClient}};
constexpr Word<AccessForm> kAccessWords[] = {
    {"no", AccessForm::kNo}, {"journal", AccessForm::kJournal}, {"json", AccessForm::kJson}};
constexpr Word<Fragment> kFragmentWords[] = {
    {"here", Fragment::kHere}, {"anywhere", Fragment::kAnywhere}, {"never", Fragment::kNever}};
constexpr Word<PortRule> kPortRuleWords[] = {{"same", PortRule::kSame}, {"any", PortRule::kAny}};
constexpr Word<AcceptWhen> kAcceptWords[] = {{"always", AcceptWhen::kAlways},
                                             {"up", AcceptWhen::kUp}};

constexpr Word<OnBackendDown> kBackendDownWords[] = {{"wait", OnBackendDown::kWait},
                                                     {"refuse", OnBackendDown::kRefuse}};
constexpr Word<TerminalRule> kTerminalWords[] = {{"never", TerminalRule::kNever},
                                                 {"auto", TerminalRule::kAuto}};

template <typename E, std::size_t kCount>
Result<void> ParseWord(Type type, const Word<E> (&words)[kCount], std::string_view text, E& out) {
  for (const Word<E>& word : words) {
    if (word.text != text) continue;
    out = word.value;
    return {};
  }
  return Expected(type, text);
}

template <typename E, std::size_t kCount>
std::string PrintWord(const Word<E> (&words)[kCount], E value) {
  for (const Word<E>& word : words) {
    if (word.value == value) return std::string(word.text);
  }
  return {};
}

// ---- numbers ----

std::optional<std::int64_t> ReadNumber(Type type, std::string_view text) {
  if (type == Type::kTime) return ParseTime(text);
  return type == Type::kSize ? ParseSize(text) : ParseCount(text);
}

Result<void> ParseNumber(Type type, const Range& range, std::string_view text, Field field) {
  auto value = ReadNumber(type, text);
  if (!value) return Expected(type, text);
  if (*value < range.min || *value > range.max) {
    return Fail(EscapeForLog(text, 80) + " is out of range: " + PrintRange(type, range));
  }

  if (auto* time = std::get_if<milliseconds*>(&field)) {
    **time = milliseconds(*value);
  } else if (auto* wide = std::get_if<std::uint64_t*>(&field)) {
    **wide = static_cast<std::uint64_t>(*value);
  } else if (auto* narrow = std::get_if<std::uint16_t*>(&field)) {
    **narrow = static_cast<std::uint16_t>(*value);
  } else {
    To<std::uint32_t>(field) = static_cast<std::uint32_t>(*value);
  }

  return {};
}

// ---- text ----

// Kerberos writes keytabs as "FILE:/path"; here a path has no such prefix.
bool HasTypePrefix(std::string_view text) {
  std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool IsText(Type type, std::string_view text) {
  if (type == Type::kNodeName) return IsHostName(text);
  if (type == Type::kPeerName) return IsLegalName(text);
  if (type == Type::kUser) return IsUser(text);
  if (type == Type::kModule) return IsModuleName(text);
  if (type == Type::kOption)
    return IsModuleName(text.substr(0, text.find('='))) && text.contains('=');
  return type == Type::kLabel ? IsLabel(text) : !text.empty();
}

Result<void> ParseText(Type type, std::string_view text, Field field) {
  if (!IsText(type, text)) return Expected(type, text);
  if (type == Type::kPath && HasTypePrefix(text))
    return Fail("a path alone is expected: " + EscapeForLog(text.substr(text.find(':') + 1)) +
                ", not " + EscapeForLog(text));
  if (auto* list = std::get_if<std::vector<std::string>*>(&field)) {
    (*list)->emplace_back(text);
  } else {
    To<std::string>(field) = text;
  }
  return {};
}

std::string PrintText(Field field) {
  auto* list = std::get_if<std::vector<std::string>*>(&field);
  if (list == nullptr) return To<std::string>(field);
  std::string out;
  for (const std::string& item : **list) out += (out.empty() ? "" : " ") + item;
  return out;
}

template <typename T>
constexpr bool kIsList = false;
template <typename T>
constexpr bool kIsList<std::vector<T>> = true;

}  // namespace

std::int64_t NumberOf(Field field) {
  if (auto* time = std::get_if<milliseconds*>(&field)) return (*time)->count();
  if (auto* wide = std::get_if<std::uint64_t*>(&field)) return static_cast<std::int64_t>(**wide);
  if (auto* narrow = std::get_if<std::uint16_t*>(&field)) return **narrow;
  return To<std::uint32_t>(field);
}

std::string PrintNumber(Type type, std::int64_t value) {
  if (type == Type::kTime) return PrintTime(value);
  return type == Type::kSize ? PrintSize(value) : std::to_string(value);
}

void CopyValue(Field from, Field to) {
  std::visit([to]<typename T>(T* member) { To<T>(to) = *member; }, from);
}

Result<void> ParseValue(Type type, const Range& range, std::string_view text, Field field) {
  switch (type) {
    case Type::kBool:
      return ParseWord(type, kBoolWords, text, To<bool>(field));
    case Type::kCount:
    case Type::kTime:
    case Type::kSize:
      return ParseNumber(type, range, text, field);
    case Type::kNodeName:
    case Type::kPeerName:
    case Type::kUser:
    case Type::kLabel:
    case Type::kPath:
    case Type::kModule:
    case Type::kOption:
      return ParseText(type, text, field);
    case Type::kLogLevel:
      return ParseWord(type, kLogLevelWords, text, To<LogLevel>(field));
    case Type::kEngine:
      return ParseWord(type, kEngineWords, text, To<Engine>(field));
    case Type::kCarrier:
      return ParseWord(type, kCarrierWords, text, To<Carrier>(field));
    case Type::kWhen:
      return ParseWord(type, kWhenWords, text, To<When>(field));
    case Type::kProtocol:
      return ParseWord(type, kProtocolWords, text, To<Protocol>(field));
    case Type::kProxyProtocol:
      return ParseWord(type, kProxyWords, text, To<ProxyProtocol>(field));
    case Type::kBalance:
      return ParseWord(type, kBalanceWords, text, To<Balance>(field));
    case Type::kAccessForm:
      return ParseWord(type, kAccessWords, text, To<AccessForm>(field));
    case Type::kPortRule:
      return ParseWord(type, kPortRuleWords, text, To<PortRule>(field));
    case Type::kFragment:
      return ParseWord(type, kFragmentWords, text, To<Fragment>(field));
    case Type::kAcceptWhen:
      return ParseWord(type, kAcceptWords, text, To<AcceptWhen>(field));
    case Type::kTerminal:
      return ParseWord(type, kTerminalWords, text, To<TerminalRule>(field));
    case Type::kOnBackendDown:
      return ParseWord(type, kBackendDownWords, text, To<OnBackendDown>(field));
    default:
      return ParseCompound(type, text, field);
  }
}

std::string PrintValue(Type type, Field field) {
  switch (type) {
    case Type::kBool:
      return PrintWord(kBoolWords, To<bool>(field));
    case Type::kCount:
    case Type::kTime:
    case Type::kSize:
      return PrintNumber(type, NumberOf(field));
    case Type::kNodeName:
    case Type::kPeerName:
    case Type::kUser:
    case Type::kLabel:
    case Type::kPath:
    case Type::kModule:
    case Type::kOption:
      return PrintText(field);
    case Type::kLogLevel:
      return PrintWord(kLogLevelWords, To<LogLevel>(field));
    case Type::kEngine:
      return PrintWord(kEngineWords, To<Engine>(field));
    case Type::kCarrier:
      return PrintWord(kCarrierWords, To<Carrier>(field));
    case Type::kWhen:
      return PrintWord(kWhenWords, To<When>(field));
    case Type::kProtocol:
      return PrintWord(kProtocolWords, To<Protocol>(field));
    case Type::kProxyProtocol:
      return PrintWord(kProxyWords, To<ProxyProtocol>(field));
    case Type::kBalance:
      return PrintWord(kBalanceWords, To<Balance>(field));
    case Type::kAccessForm:
      return PrintWord(kAccessWords, To<AccessForm>(field));
    case Type::kPortRule:
      return PrintWord(kPortRuleWords, To<PortRule>(field));
    case Type::kFragment:
      return PrintWord(kFragmentWords, To<Fragment>(field));
    case Type::kAcceptWhen:
      return PrintWord(kAcceptWords, To<AcceptWhen>(field));
    case Type::kTerminal:
      return PrintWord(kTerminalWords, To<TerminalRule>(field));
    case Type::kOnBackendDown:
      return PrintWord(kBackendDownWords, To<OnBackendDown>(field));
    default:
      return PrintCompound(type, field);
  }
}

std::vector<std::string> PrintValues(Type type, Field field) {
  return std::visit(
      [type]<typename T>(T* member) {
        std::vector<std::string> out;
        if constexpr (kIsList<T>) {
          for (const auto& element : *member) {
            T alone{element};
            out.push_back(PrintValue(type, &alone));
          }
        } else {
          out.push_back(PrintValue(type, member));
          if (out.front().empty()) out.clear();
        }
        return out;
      },
      field);
}

std::string PrintRange(Type type, const Range& range) {
  if (type != Type::kCount && type != Type::kTime && type != Type::kSize) return {};
  return PrintNumber(type, range.min) + " to " + PrintNumber(type, range.max);
}

}  // namespace funnel::config
