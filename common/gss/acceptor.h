// The acceptor's half of a handshake: one call, or a refusal.
#pragma once

#include "common/gss/context.h"

namespace funnel::gss {

class Acceptance {
 public:
  // TOKEN is from a stranger. OURS: the one identity that it must be for, or any of a keytab's
  // (then look at acceptor()). Requires a token that was made with BINDINGS: MIT by itself takes
  // one that was made with none. Waits for no KDC, only for the replay cache's file.
  [[nodiscard]] static Result<Acceptance> Accept(const Credential& ours, ByteView token,
                                                 ByteView bindings);

  [[nodiscard]] const std::string& initiator() const { return names_.initiator; }
  [[nodiscard]] const std::string& acceptor() const { return names_.acceptor; }
  [[nodiscard]] const Bytes& reply() const { return reply_; }
  // For the initiator only: why it is refused. Before Export.
  [[nodiscard]] Result<Bytes> Wrap(ByteView text) const { return gss::Wrap(context_, text); }
  // Ends the context.
  [[nodiscard]] Result<ContextKey> Export() { return ExportKey(std::move(context_)); }

 private:
  SecurityContext context_;
  ContextNames names_;
  Bytes reply_;
};

}  // namespace funnel::gss
