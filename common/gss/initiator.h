// The initiator's half of a handshake: one token out, one in (protocol, "Handshake").
//
// Begin() may wait for a KDC: off the loop. The object may move between threads; one uses it at a
// time. Call order: Begin -> token() -> Finish -> Export, or Unwrap for a refusal.
#pragma once

#include "common/gss/context.h"

namespace funnel::gss {

class Initiation {
 public:
  // TARGET is the acceptor's principal, realm written out; BINDINGS go into the token.
  [[nodiscard]] static Result<Initiation> Begin(Credential ours, const std::string& target,
                                                ByteView bindings);

  [[nodiscard]] const Bytes& token() const { return token_; }
  // The acceptor's token. After success the acceptor is proven to be TARGET.
  [[nodiscard]] Result<> Finish(ByteView reply);
  [[nodiscard]] Result<Bytes> Unwrap(ByteView sealed) const {
    return gss::Unwrap(context_, sealed);
  }
  // Ends the context.
  [[nodiscard]] Result<ContextKey> Export() { return ExportKey(std::move(context_)); }

  [[nodiscard]] const std::string& target() const { return target_; }

 private:
  Credential ours_;
  Name target_name_;
  std::string target_;
  Bytes bindings_;
  SecurityContext context_;
  Bytes token_;
};

}  // namespace funnel::gss
