#include "common/module/module_connection.h"

#include <algorithm>
#include <span>

namespace funnel::module {

ModuleConnection::ModuleConnection(const struct funnel_module& module, void* config, funnel_end end)
    : module_(module), end_(end), object_(module.open(config, end), Closer{&module}) {}

std::size_t ModuleConnection::head_max() const {
  return std::min<std::size_t>(module_.head_max, FUNNEL_HEAD_MAX);
}

funnel_verdict ModuleConnection::Read(funnel_end sender, ByteView bytes) {
  funnel_verdict verdict{};
  module_.read(object_.get(), sender, bytes.data(), bytes.size(), &verdict);
  if (verdict.kind == FUNNEL_NEED_MORE && bytes.size() >= head_max())
    verdict.kind = FUNNEL_MISMATCH;
  if (verdict.kind > FUNNEL_MISMATCH || (verdict.kind == FUNNEL_MESSAGE && verdict.length == 0))
    verdict.kind = FUNNEL_MISMATCH;
  if (verdict.order > FUNNEL_BARRIER || verdict.key_count > FUNNEL_KEYS_MAX)
    verdict.order = FUNNEL_BARRIER;
  if (verdict.order == FUNNEL_BARRIER) verdict.key_count = 0;
  for (funnel_key& key : std::span(verdict.keys, verdict.key_count))
    if (key.mode != FUNNEL_SHARED) key.mode = FUNNEL_EXCLUSIVE;
  return verdict;
}

}  // namespace funnel::module
