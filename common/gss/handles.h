// Owners of the objects that the GSS-API returns. Each is used by one thread at a time.
#pragma once

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>   // IWYU pragma: export
#include <gssapi/gssapi_krb5.h>  // IWYU pragma: export

#include <utility>

#include "common/base/bytes.h"

namespace funnel::gss {

template <typename Raw, OM_uint32 (*kRelease)(OM_uint32*, Raw*)>
class Handle {
 public:
  Handle() = default;
  Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, Raw{})) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      Reset();
      raw_ = std::exchange(other.raw_, Raw{});
    }
    return *this;
  }
  ~Handle() { Reset(); }

  [[nodiscard]] Raw get() const { return raw_; }
  // For calls that set or replace the handle.
  [[nodiscard]] Raw* out() { return &raw_; }
  explicit operator bool() const { return raw_ != Raw{}; }

 private:
  void Reset() {
    OM_uint32 minor = 0;
    if (raw_ != Raw{}) kRelease(&minor, &raw_);
    raw_ = Raw{};
  }
  Raw raw_{};
};

inline OM_uint32 DeleteContext(OM_uint32* minor, gss_ctx_id_t* context) {
  return gss_delete_sec_context(minor, context, GSS_C_NO_BUFFER);
}

using Name = Handle<gss_name_t, gss_release_name>;
using Credential = Handle<gss_cred_id_t, gss_release_cred>;
using SecurityContext = Handle<gss_ctx_id_t, DeleteContext>;

// A buffer that the library filled.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    OM_uint32 minor = 0;
    gss_release_buffer(&minor, &raw_);
  }
  [[nodiscard]] gss_buffer_t out() { return &raw_; }
  [[nodiscard]] ByteView view() const {
    return {static_cast<const std::uint8_t*>(raw_.value), raw_.length};
  }
  [[nodiscard]] Bytes Copy() const { return {view().begin(), view().end()}; }

 private:
  gss_buffer_desc raw_ = GSS_C_EMPTY_BUFFER;
};

// For calls that only read; the library's type lacks the const.
[[nodiscard]] inline gss_buffer_desc Input(ByteView bytes) {
  return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};
}

}  // namespace funnel::gss
