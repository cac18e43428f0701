// The keys of one epoch, as the owner hands them to a channel.
#pragma once

#include <memory>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/wire/frame/crypto.h"

namespace funnel::wire {

struct EpochKeys {
  std::unique_ptr<FrameCipher> cipher;
  Bytes confirm;     // 32 bytes, the same at both ends: SHA-256 over OPEN and OPENED (or the REKEY
                     // exchange)
  BootTime expires;  // end of the GSS context; both ends close 60 s after it
};

}  // namespace funnel::wire
