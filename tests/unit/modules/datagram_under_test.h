// What the module with which a test program is linked says about a datagram.
#pragma once

#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "modules/module.h"

namespace funnel::module {

inline funnel_datagram ReadDatagram(funnel_end sender, ByteView bytes) {
  char error[256] = "";
  std::size_t wrong = 0;
  void* config = ::funnel_module.configure(nullptr, 0, &wrong, error, sizeof error);
  funnel_datagram verdict{};
  ::funnel_module.datagram(config, sender, bytes.data(), bytes.size(), &verdict);
  ::funnel_module.release(config);
  return verdict;
}

// "": the datagram was not recognised.
inline std::string LabelOf(funnel_end sender, ByteView bytes) {
  const funnel_datagram verdict = ReadDatagram(sender, bytes);
  return verdict.label != nullptr ? verdict.label : "";
}

inline std::string KeyOf(funnel_end sender, ByteView bytes) {
  const funnel_datagram verdict = ReadDatagram(sender, bytes);
  return std::string(AsText(ByteView(verdict.resend_key, verdict.resend_key_size)));
}

// Whether no beginning of BYTES but all of it is recognised.
inline bool IsRecognisedOnlyWhole(funnel_end sender, ByteView bytes) {
  for (std::size_t size = 0; size < bytes.size(); ++size)
    if (!LabelOf(sender, bytes.first(size)).empty()) return false;
  return !LabelOf(sender, bytes).empty();
}

}  // namespace funnel::module
