#include "funnel-sctpd/engine/kernel/abort_reason.h"

#include <algorithm>

namespace funnel::sctp {

std::string UserInitiatedReason(ByteView causes) {
  constexpr std::uint16_t kUserInitiatedAbort = 12;
  ByteReader reader(causes);
  auto code = reader.U16(), length = reader.U16();
  if (!length || *code != kUserInitiatedAbort || *length < 4) return {};
  auto text = reader.Take(std::min<std::size_t>(*length - 4u, reader.remaining()));
  return text ? std::string(AsText(*text)) : std::string();
}

}  // namespace funnel::sctp
