#include "units/generator/generate.h"

#include "common/config/service_files.h"
#include "units/generator/drop_ins.h"
#include "units/generator/write.h"

namespace funnel::generator {
namespace {

void Tell(const config::ServiceFile& file, bool usable, const Reporter& report) {
  for (const auto& mistake : file.mistakes) report(Priority::kError, mistake.Print());
  if (file.mistakes.empty() || file.name.empty()) return;
  report(Priority::kError, usable ? "service " + file.name +
                                        ": its socket is set up, but its edge does not start "
                                        "before this is put right"
                                  : "service " + file.name +
                                        ": its socket cannot be set up before this is put right");
}

}  // namespace

bool Generate(const config::LoadOptions& options, const std::string& directory,
              const Reporter& report) {
  bool good = true;
  for (const auto& file : config::LoadServiceFiles(options)) {
    std::vector<DropIn> drop_ins = MakeDropIns(file);
    Tell(file, !drop_ins.empty(), report);
    for (const DropIn& drop_in : drop_ins) {
      auto written = WriteDropIn(directory, drop_in);
      if (written) continue;
      report(Priority::kError, written.error().message);
      good = false;
    }
  }
  return good;
}

}  // namespace funnel::generator
