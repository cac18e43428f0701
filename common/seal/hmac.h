// HMAC (RFC 2104) under one key that signs many messages: the two padded blocks are hashed once,
// and each message starts from a copy of that state.
#pragma once

#include <memory>

#include "common/base/bytes.h"
#include "common/seal/enctype.h"

namespace funnel::seal {

class Hmac {
 public:
  virtual ~Hmac() = default;
  // PREFIX is hashed in front of every message.
  [[nodiscard]] static std::unique_ptr<Hmac> Make(EnctypeTraits::Hash hash, ByteView key,
                                                  ByteView prefix = {});

  // The first OUT.size() bytes of the MAC; at most the hash's size. Allocates nothing.
  virtual void Sign(ByteView message, MutableByteView out) const = 0;
};

}  // namespace funnel::seal
