// The keys of [service] of services.d/NAME.ini about the service's protocol module, whatever it
// carries. A module is configured once, when its edge starts.
#include "common/config/keys/keys.h"
#include "common/config/keys/row_units.h"

namespace funnel::config {
namespace {

constexpr KeyRow kModuleRows[] = {
    {
        .section = "service",
        .key = "module",
        .type = Type::kModule,
        .member = At<&ServiceConfig::module>,
        .help = "The protocol module that knows which messages of a connection may overtake each "
                "other, or how each datagram is to be sent; see funnel-modules(7). A node where it "
                "is not installed does without it. none: this end is to have no module, so neither "
                "end reports that the other has one.",
        .applies = kNotSocks,
        .computed_default = "no module: bytes in order, datagrams as they are",
        .since = "0.2",
        .applied = Applied::kRestart,
    },
    {
        .section = "service",
        .key = "module-option",
        .type = Type::kOption,
        .member = At<&ServiceConfig::module_option>,
        .help = "An option of the module; funnelctl modules lists them.",
        .need = Need::kList,
        .applies = kNotSocks,
        .since = "0.2",
        .applied = Applied::kRestart,
    },
    {
        .section = "service",
        .key = "module-required",
        .type = Type::kBool,
        .member = At<&ServiceConfig::module_required>,
        .help = "Whether the service does not start where its module cannot be loaded.",
        .applies = kNotSocks,
        .since = "0.2",
        .applied = Applied::kRestart,
    },
    {
        .section = "service",
        .key = "module-strict",
        .type = Type::kBool,
        .member = At<&ServiceConfig::module_strict>,
        .help = "Whether a connection that is not of the module's protocol is reset, and a "
                "datagram dropped; otherwise the bytes stay in order, and the datagram is sent as "
                "without a module.",
        .applies = kNotSocks,
        .since = "0.2",
    },
};

}  // namespace

std::span<const KeyRow> ModuleKeys() { return kModuleRows; }

}  // namespace funnel::config
