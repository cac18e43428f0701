#include "units/generator/generate.h"

#include <map>

#include "common/config/read/service_files.h"
#include "units/generator/drop_ins.h"
#include "units/generator/write.h"

namespace funnel::generator {
namespace {

using Texts = std::map<std::string, std::string>;  // by unit

void ReportMistakes(const config::ServiceFile& file, bool usable, const Reporter& report) {
  for (const auto& mistake : file.mistakes) report(Priority::kError, mistake.Print());
  if (file.mistakes.empty() || file.name.empty()) return;
  report(Priority::kError, usable ? "service " + file.name +
                                        ": its socket is set up, but its edge does not start "
                                        "before this is put right"
                                  : "service " + file.name +
                                        ": its socket cannot be set up before this is put right");
}

Texts WhatFilesSay(const config::LoadOptions& options, const Reporter& report) {
  Texts texts;
  for (const auto& file : config::LoadServiceFiles(options)) {
    std::vector<DropIn> drop_ins = MakeDropIns(file);
    ReportMistakes(file, !drop_ins.empty(), report);
    for (DropIn& drop_in : drop_ins) texts[drop_in.unit] = std::move(drop_in.text);
  }
  return texts;
}

// The service of a running socket may change (its backend's address); but it must not vanish.
void KeepWhatIsUp(const Held& held, Texts& texts, const Reporter& report) {
  for (const DropIn& kept : held.All()) {
    auto [entry, vanished] = texts.try_emplace(kept.unit, kept.text);
    if (!kept.unit.ends_with(".socket")) continue;
    if (!vanished && entry->second == kept.text) continue;
    entry->second = kept.text;
    report(Priority::kNotice, kept.unit +
                                  " is up and stays as it is; what has changed in its file comes "
                                  "into force by: systemctl restart " +
                                  kept.unit);
  }
}

}  // namespace

bool Generate(const config::LoadOptions& options, const Held& held, const std::string& directory,
              const Reporter& report) {
  Texts texts = WhatFilesSay(options, report);
  KeepWhatIsUp(held, texts, report);
  bool good = true;
  for (const auto& [unit, text] : texts) {
    auto written = WriteDropIn(directory, {unit, text});
    if (written) continue;
    report(Priority::kError, written.error().message);
    good = false;
  }
  return good;
}

}  // namespace funnel::generator
