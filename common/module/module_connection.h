// A module's object for one connection: opened, asked, closed. An answer that no module may give
// counts as a mismatch, so that nobody else has to check. Owned by a Conversation.
#pragma once

#include <memory>

#include "common/base/bytes.h"
#include "modules/module.h"

namespace funnel::module {

class ModuleConnection {
 public:
  // MODULE, and CONFIG with which it was configured, outlive this. END says which application is at
  // this edge.
  ModuleConnection(const struct funnel_module& module, void* config, funnel_end end);

  // False: the module has no memory for it; nothing else may be called.
  [[nodiscard]] bool is_open() const { return object_ != nullptr; }
  // Asks about BYTES, at least one, which SENDER has sent.
  [[nodiscard]] funnel_verdict Read(funnel_end sender, ByteView bytes);
  [[nodiscard]] std::size_t head_max() const;
  [[nodiscard]] funnel_end end() const { return end_; }
  [[nodiscard]] funnel_end far_end() const {
    return end_ == FUNNEL_CLIENT ? FUNNEL_SERVER : FUNNEL_CLIENT;
  }

 private:
  struct Closer {
    const struct funnel_module* module;
    void operator()(void* object) const { module->close(object); }
  };

  const struct funnel_module& module_;
  const funnel_end end_;
  std::unique_ptr<void, Closer> object_;
};

}  // namespace funnel::module
