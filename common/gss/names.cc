#include "common/gss/names.h"

#include "common/gss/error.h"

namespace funnel::gss {

Result<Name> ImportPrincipal(const std::string& principal) {
  gss_buffer_desc text = Input(AsBytes(principal));
  Name name;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_import_name(&minor, &text, const_cast<gss_OID>(GSS_KRB5_NT_PRINCIPAL_NAME), name.out());
  if (GSS_ERROR(major)) return FailGss("bad principal " + principal, major, minor);
  return name;
}

Result<std::string> DisplayPrincipal(const Name& name) {
  Buffer text;
  gss_OID type = GSS_C_NO_OID;
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_display_name(&minor, name.get(), text.out(), &type);
  if (GSS_ERROR(major)) return FailGss("cannot read the peer's name", major, minor);
  if (type != GSS_C_NO_OID && gss_oid_equal(type, GSS_C_NT_ANONYMOUS))
    return Fail("the peer is anonymous");
  return std::string(AsText(text.view()));
}

bool IsAnonymous(const std::string& principal) {
  return principal.starts_with("WELLKNOWN/ANONYMOUS@") ||
         principal.ends_with("@WELLKNOWN:ANONYMOUS");
}

}  // namespace funnel::gss
