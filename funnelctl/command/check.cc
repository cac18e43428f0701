// funnelctl check: checks all configuration of the node, or that of one service. Mistakes go to
// stdout, one on each line, as "FILE:LINE: TEXT", to which editors can jump, followed by warnings;
// --json prints a list of objects.
#include <algorithm>
#include <cstdio>
#include <iterator>

#include "common/base/text.h"
#include "common/config/check/warnings.h"
#include "common/config/read/load.h"
#include "common/module/module_file.h"
#include "common/seal/key_shares.h"
#include "funnelctl/command.h"
#include "funnelctl/command/check_modules.h"
#include "funnelctl/command/check_service.h"
#include "funnelctl/command/check_users.h"

namespace funnel::ctl {
namespace {

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

std::string Count(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

void AddJson(const config::Mistakes& mistakes, const char* severity, std::string& out) {
  for (const config::Mistake& mistake : mistakes) {
    if (!out.empty()) out += ",\n ";
    out += "{\"file\": \"" + JsonEscape(mistake.file) +
           "\", \"line\": " + std::to_string(mistake.line) + ", \"severity\": \"" + severity +
           "\", \"text\": \"" + JsonEscape(mistake.text) + "\"}";
  }
}

void PrintFindings(const Options& options, const config::Mistakes& mistakes,
                   config::Mistakes warnings) {
  if (options.json) {
    std::string out;
    AddJson(mistakes, "mistake", out);
    AddJson(warnings, "warning", out);
    return Print('[' + out + "]\n");
  }
  for (config::Mistake& warning : warnings) warning.text = "warning: " + warning.text;
  Print(config::PrintMistakes(mistakes) + config::PrintMistakes(warnings));
  if (!mistakes.empty())
    std::fprintf(stderr, "funnelctl: %s in %s\n",
                 Count(mistakes.size(), "mistake", "mistakes").c_str(), options.config_dir.c_str());
}

// For an image or a tree under construction, which has the same paths below ROOT.
Options UnderRoot(Options options) {
  if (auto root = options.Value("--root")) {
    while (root->ends_with('/')) root->pop_back();
    options.config_dir = *root + options.config_dir;
    if (!options.defaults_dir.empty()) options.defaults_dir = *root + options.defaults_dir;
  }
  return options;
}

}  // namespace

int RunCheck(const Options& given) {
  Options options = UnderRoot(given);
  auto service = options.Value("--service");
  const config::LoadOptions folders{options.config_dir, options.defaults_dir};
  auto loaded = service ? LoadOneService(options, *service) : config::Load(folders);
  config::Mistakes mistakes, warnings;
  if (!service) warnings = config::FindUnread(folders);

  if (loaded) {
    std::ranges::copy(config::FindDoubts(*loaded, seal::HasSuite), std::back_inserter(warnings));
    // A starting unit must not wait for a directory service, which may be reached through this very
    // node.
    if (!service) mistakes = FindSharedUsers(*loaded);
    // Users of an image under construction may be those of another machine.
    if (!options.Has("--root")) {
      const auto folder = options.Value("--modules").value_or(module::kModuleFolder);
      const ModuleFindings found = CheckModules(*loaded, folder);
      std::ranges::copy(found.mistakes, std::back_inserter(mistakes));
      std::ranges::copy(found.warnings, std::back_inserter(warnings));
    }
  } else {
    mistakes = std::move(loaded.error());
  }

  PrintFindings(options, mistakes, std::move(warnings));
  if (!mistakes.empty()) return kExitFailed;
  if (options.json) return kExitOk;

  if (service) {
    Print(options.config_dir + ": no mistakes in service " + *service + '\n');
  } else {
    Print(options.config_dir + ": no mistakes (node " + loaded->node.name + ", " +
          Count(loaded->peers.size(), "peer", "peers") + ", " +
          Count(loaded->services.size(), "service", "services") + ")\n");
  }

  return kExitOk;
}

}  // namespace funnel::ctl
