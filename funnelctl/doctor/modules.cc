// Whether both ends of each channel have the same protocol module, as they have told each other.
#include "funnelctl/doctor/checks.h"
#include "funnelctl/words.h"

namespace funnel::ctl::doctor {

Findings CheckModules(const Context& context) {
  Findings out;
  for (const metrics::CounterFileEntry& entry : context.view.counters) {
    if (!entry.snapshot || !entry.snapshot->alive) continue;
    const auto count = static_cast<std::int64_t>(entry.snapshot->Value("channels_modules_differ"));
    if (count <= 0) continue;
    out.push_back(Warning(Shown(entry.file) + ": " +
                              Counted(count, "channel has", "channels have") +
                              " another protocol module at the other end, or none at one end",
                          "funnelctl channels says which, and what it costs; give the service the "
                          "same module at both nodes, or module = none where it is to "
                          "have none"));
  }
  if (out.empty()) out.push_back(Ok("no service is known to have different modules at its ends"));
  return out;
}

}  // namespace funnel::ctl::doctor
