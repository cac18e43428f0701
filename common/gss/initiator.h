// The initiator's half of a handshake: sends one token, takes one (protocol, "Handshake").
//
// Begin() may wait for a KDC: do not call it on the loop. The object may move between threads; only
// one uses it at a time. Call order: Begin -> token() -> Finish -> Export, or Unwrap for a refusal.
#pragma once

#include "common/gss/context.h"

namespace funnel::gss {

class Initiation {
 public:
  // TARGET is the acceptor's principal with its realm; the token contains BINDINGS.
  [[nodiscard]] static Result<Initiation> Begin(Credential ours, const std::string& target,
                                                ByteView bindings);

  [[nodiscard]] const Bytes& token() const { return token_; }
  // Takes the acceptor's token. If it succeeds, the acceptor is proven to be TARGET.
  [[nodiscard]] Result<> Finish(ByteView reply);
  [[nodiscard]] Result<Bytes> Unwrap(ByteView sealed) const {
    return gss::Unwrap(context_, sealed);
  }
  // Ends the context, and returns its key.
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
