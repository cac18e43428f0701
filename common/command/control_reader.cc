#include "common/command/control_reader.h"

namespace funnel::command {

Result<bool> ControlReader::Next(ControlMessage& message) {
  ByteReader in(buffer_);
  const auto type = in.U8();
  const auto fields = in.Block16();
  if (!fields) return false;
  message = TRY(ParseControl(*type, *fields));
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(in.position()));
  return true;
}

}  // namespace funnel::command
