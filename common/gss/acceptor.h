// The acceptor's half of a handshake: one call, which accepts or refuses.
#pragma once

#include "common/gss/context.h"

namespace funnel::gss {

class Acceptance {
 public:
  // TOKEN comes from a stranger. OURS is the identity that it must be for, or any of a keytab's
  // (then look at acceptor()). The token must have been made with BINDINGS: MIT itself also accepts
  // one that was made without any. This waits for no KDC, only for the replay cache's file.
  [[nodiscard]] static Result<Acceptance> Accept(const Credential& ours, ByteView token,
                                                 ByteView bindings);

  [[nodiscard]] const std::string& initiator() const { return names_.initiator; }
  [[nodiscard]] const std::string& acceptor() const { return names_.acceptor; }
  [[nodiscard]] const Bytes& reply() const { return reply_; }
  // Seals the reason of a refusal for the initiator. Call it before Export.
  [[nodiscard]] Result<Bytes> Wrap(ByteView text) const { return gss::Wrap(context_, text); }
  // Ends the context, and returns its key.
  [[nodiscard]] Result<ContextKey> Export() { return ExportKey(std::move(context_)); }

 private:
  SecurityContext context_;
  ContextNames names_;
  Bytes reply_;
};

}  // namespace funnel::gss
