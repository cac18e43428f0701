#pragma once

namespace funnel {

// Funnel's version, as meson.build states it: "0.2.0". In one file alone, so that a new version
// compiles one file again.
extern const char* const kVersion;

}  // namespace funnel
