// Loaded before funnel-authd and edges (LD_PRELOAD): writes down what must be gone from their
// memory later, each acceptor subkey and each secret that two shares agree on, as "what
// hexadecimal" lines in the file that FUNNEL_SECRETS names. It keeps no copy itself, unless
// FUNNEL_SECRETS_LEAK is there: then it keeps the first of each kind, as a leak would, so that a
// search that finds nothing otherwise is known to work.
#include <dlfcn.h>
#include <fcntl.h>
#include <gssapi/gssapi_krb5.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace {

// A lost line could not be noticed later.
void Leak(const char* what, const void* bytes, std::size_t size) {
  static bool leaked[2];
  bool& done = leaked[what[0] == 's' && what[1] == 'h' ? 0 : 1];
  if (std::getenv("FUNNEL_SECRETS_LEAK") == nullptr || std::exchange(done, true)) return;
  void* copy = std::malloc(size);
  memcpy(copy, bytes, size);
  // Otherwise the compiler leaves out a variable that is never read.
  asm volatile("" : : "r"(copy) : "memory");
}

void Record(const char* what, const void* bytes, std::size_t size) {
  Leak(what, bytes, size);
  const char* path = std::getenv("FUNNEL_SECRETS");
  char line[256];
  const std::size_t name = strlen(what);
  if (path == nullptr || name + 2 + 2 * size > sizeof line) return;
  memcpy(line, what, name);
  line[name] = ' ';
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned char byte = static_cast<const unsigned char*>(bytes)[i];
    line[name + 1 + 2 * i] = "0123456789abcdef"[byte >> 4];
    line[name + 2 + 2 * i] = "0123456789abcdef"[byte & 15];
  }
  line[name + 1 + 2 * size] = '\n';
  const int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0 || write(file, line, name + 2 + 2 * size) < 0) abort();
  close(file);
  explicit_bzero(line, sizeof line);
}

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" OM_uint32 gss_krb5_export_lucid_sec_context(OM_uint32* minor, gss_ctx_id_t* context,
                                                       OM_uint32 version, void** out) {
  static auto* const next =
      Next<decltype(gss_krb5_export_lucid_sec_context)>("gss_krb5_export_lucid_sec_context");
  const OM_uint32 major = next(minor, context, version, out);
  if (GSS_ERROR(major)) return major;
  const auto* lucid = static_cast<const gss_krb5_lucid_context_v1_t*>(*out);
  Record("subkey", lucid->cfx_kd.acceptor_subkey.data, lucid->cfx_kd.acceptor_subkey.length);
  return major;
}

extern "C" int EVP_PKEY_derive(EVP_PKEY_CTX* context, unsigned char* key, std::size_t* size) {
  static auto* const next = Next<decltype(EVP_PKEY_derive)>("EVP_PKEY_derive");
  const int done = next(context, key, size);
  if (done == 1 && key != nullptr) Record("shared", key, *size);
  return done;
}
