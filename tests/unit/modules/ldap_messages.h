// LDAP's messages for tests, written from RFC 4511 and not from the module; and the module.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/modules/model.h"

namespace funnel::module::ldap_messages {

inline constexpr const char* kStartTlsName = "1.3.6.1.4.1.1466.20037";
inline constexpr const char* kCancelName = "1.3.6.1.1.8";
inline constexpr const char* kWhoAmIName = "1.3.6.1.4.1.4203.1.11.3";
inline constexpr const char* kPasswordName = "1.3.6.1.4.1.4203.1.11.1";

inline std::string Tlv(std::uint8_t tag, const std::string& value, bool long_form = false) {
  std::string out(1, static_cast<char>(tag));
  const std::size_t size = value.size();
  if (size < 0x80 && !long_form) {
    out += static_cast<char>(size);
  } else {
    out += "\x84";
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift);
  }
  return out + value;
}

inline std::string Number(std::uint32_t value, std::uint8_t tag = 0x02) {
  std::string octets;
  for (; value > 0 || octets.empty(); value >>= 8)
    octets.insert(octets.begin(), static_cast<char>(value));
  if ((octets[0] & 0x80) != 0) octets.insert(octets.begin(), '\0');
  return Tlv(tag, octets);
}

inline const std::string kControls = Tlv(0xA0, Tlv(0x30, Tlv(0x04, "1.2.840.113556.1.4.319")));

inline std::string Message(std::uint32_t id, const std::string& operation, bool controls = false) {
  return Tlv(0x30, Number(id) + operation + (controls ? kControls : ""));
}

inline std::string Bind(std::uint32_t id, bool sasl = false, const std::string& name = "cn=a") {
  return Message(id, Tlv(0x60, Number(3) + Tlv(0x04, name) +
                                   (sasl ? Tlv(0xA3, Tlv(0x04, "GSSAPI")) : Tlv(0x80, "secret"))));
}
inline std::string Search(std::uint32_t id, bool controls = false) {
  return Message(id, Tlv(0x63, Tlv(0x04, "dc=test") + std::string(40, 'x')), controls);
}
inline std::string Modify(std::uint32_t id) { return Message(id, Tlv(0x66, Tlv(0x04, "cn=a"))); }
inline std::string Delete(std::uint32_t id) { return Message(id, Tlv(0x4A, "cn=a")); }
inline std::string Compare(std::uint32_t id) { return Message(id, Tlv(0x6E, Tlv(0x04, "cn=a"))); }
inline std::string Abandon(std::uint32_t id, std::uint32_t target) {
  std::string number = Number(target);
  return Message(id, Tlv(0x50, number.substr(2)));
}
inline std::string Extended(std::uint32_t id, const std::string& name,
                            const std::string& value = "") {
  return Message(id, Tlv(0x77, Tlv(0x80, name) + (value.empty() ? "" : Tlv(0x81, value))));
}
inline std::string Cancel(std::uint32_t id, std::uint32_t target) {
  return Extended(id, kCancelName, Tlv(0x30, Number(target)));
}
inline std::string Unbind(std::uint32_t id) { return Message(id, Tlv(0x42, "")); }
inline std::string Result(std::uint32_t id, std::uint8_t operation, std::uint32_t code = 0) {
  return Message(id, Tlv(operation, Number(code, 0x0A) + Tlv(0x04, "") + Tlv(0x04, "")));
}
inline std::string Entry(std::uint32_t id, bool controls = false) {
  return Message(id, Tlv(0x64, Tlv(0x04, "cn=a") + Tlv(0x30, "")), controls);
}
inline std::string Done(std::uint32_t id) { return Result(id, 0x65); }

using Options = std::vector<funnel_option>;

class LdapModule : public ModuleUnderTest {
 public:
  explicit LdapModule(const char* entries = "free")
      : ModuleUnderTest(Options{{"entries", entries}}) {}
  funnel_verdict Client(const std::string& bytes) { return Read(FUNNEL_CLIENT, AsBytes(bytes)); }
  funnel_verdict Server(const std::string& bytes) { return Read(FUNNEL_SERVER, AsBytes(bytes)); }
};

}  // namespace funnel::module::ldap_messages
