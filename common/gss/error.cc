#include "common/gss/error.h"

#include <krb5.h>

#include "common/gss/handles.h"

namespace funnel::gss {
namespace {

struct Reason {
  std::int32_t code;
  std::string_view words;
};

// It is from the krb5 mechanism's own table of errors, whose header is not installed.
constexpr std::int32_t kKeytabNoMatch = 39756033;  // KG_KEYTAB_NOMATCH

constexpr Reason kReasons[] = {
    {kKeytabNoMatch, "wrong keytab: it has no key of that principal"},
    {KRB5_KDC_UNREACH, "unreachable KDC"},
    {KRB5_REALM_UNKNOWN, "unreachable KDC: none is configured for the realm"},
    {KRB5_REALM_CANT_RESOLVE, "unreachable KDC: its name does not resolve"},
    {KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, "unknown principal: the KDC does not have ours"},
    {KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, "unknown principal: the KDC does not have the peer's"},
    {KRB5_KT_NOTFOUND, "wrong keytab: it has no key of that principal"},
    {KRB5_KT_KVNONOTFOUND, "wrong keytab: it has no key of the ticket's version"},
    {KRB5KRB_AP_ERR_NOKEY, "wrong keytab: it has no key for the ticket"},
    {KRB5KRB_AP_ERR_BADKEYVER, "wrong keytab: it has no key of the ticket's version"},
    {KRB5KRB_AP_ERR_BAD_INTEGRITY, "wrong keytab: its key does not open the ticket"},
    {KRB5KRB_AP_WRONG_PRINC, "wrong keytab: the ticket is for another principal"},
    {KRB5KRB_AP_ERR_NOT_US, "wrong keytab: the ticket is for another principal"},
    {KRB5KDC_ERR_PREAUTH_FAILED, "wrong keytab: the KDC has another key of our principal"},
    {KRB5_KT_BADNAME, "wrong keytab: no such file"},
    {KRB5KRB_AP_ERR_TKT_EXPIRED, "expired ticket"},
    {KRB5KDC_ERR_NAME_EXP, "expired principal: ours"},
    {KRB5KDC_ERR_SERVICE_EXP, "expired principal: the peer's"},
    {KRB5KDC_ERR_KEY_EXP, "expired key of our principal"},
    {KRB5KDC_ERR_CLIENT_REVOKED, "locked principal: ours"},
    {KRB5KDC_ERR_SERVICE_REVOKED, "locked principal: the peer's"},
    {KRB5KRB_AP_ERR_SKEW, "clock skew: the two clocks differ by more than is allowed"},
    {KRB5_KDCREP_SKEW, "clock skew: our clock and the KDC's differ by more than is allowed"},
    {KRB5KRB_AP_ERR_TKT_NYV, "clock skew: the ticket is not valid yet"},
    {KRB5KDC_ERR_NEVER_VALID, "clock skew: the ticket would have ended before it began"},
    {KRB5KRB_AP_ERR_REPEAT, "replayed token"},
    {KRB5KDC_ERR_ETYPE_NOSUPP, "no common encryption type with the KDC"},
    {KRB5_BAD_ENCTYPE, "encryption type that is not allowed"},
    {KRB5_NOPERM_ETYPE, "encryption type that is not allowed"},
    {KRB5_CONFIG_CANTOPEN, "krb5.conf cannot be read"},
    {KRB5_CONFIG_BADFORMAT, "krb5.conf is malformed"},
};

std::string Display(OM_uint32 status, int type) {
  std::string text;
  OM_uint32 more = 0;
  do {
    Buffer piece;
    OM_uint32 minor = 0;
    const OM_uint32 major = gss_display_status(
        &minor, status, type,
        type == GSS_C_MECH_CODE ? const_cast<gss_OID>(gss_mech_krb5) : nullptr, &more, piece.out());
    if (GSS_ERROR(major)) break;
    if (!text.empty()) text += "; ";
    text += AsText(piece.view());
  } while (more != 0);
  return text;
}

}  // namespace

std::string_view PlainReason(OM_uint32 minor) {
  for (const Reason& reason : kReasons)
    if (static_cast<OM_uint32>(reason.code) == minor) return reason.words;
  return {};
}

std::unexpected<Error> FailGss(std::string_view what, OM_uint32 major, OM_uint32 minor) {
  // The mechanism's text comes first: asking for the other text may replace it.
  const std::string mechanism_text = minor != 0 ? Display(minor, GSS_C_MECH_CODE) : "";
  std::string both = Display(major, GSS_C_GSS_CODE);
  if (!mechanism_text.empty()) both += ": " + mechanism_text;
  std::string message(what);
  message += ": ";
  const std::string_view plain = PlainReason(minor);
  if (plain.empty()) return Fail(message + both);
  return Fail(message + std::string(plain) + " (" + both + ")");
}

}  // namespace funnel::gss
