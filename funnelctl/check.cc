// funnelctl check: all configuration of the node, or that of one service. Mistakes go to stdout,
// one a line, as "FILE:LINE: TEXT", which editors can jump to; --json gives a list of objects.
#include <cstdio>

#include "common/base/text.h"
#include "common/config/load.h"
#include "funnelctl/check_service.h"
#include "funnelctl/command.h"

namespace funnel::ctl {
namespace {

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

std::string Count(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

std::string JsonOf(const config::Mistakes& mistakes) {
  std::string out = "[";
  for (const config::Mistake& mistake : mistakes) {
    if (out.size() > 1) out += ",\n ";
    out += "{\"file\": \"" + JsonEscape(mistake.file) +
           "\", \"line\": " + std::to_string(mistake.line) + ", \"text\": \"" +
           JsonEscape(mistake.text) + "\"}";
  }
  return out + "]\n";
}

int TellMistakes(const config::Options& options, const config::Mistakes& mistakes) {
  if (options.json) {
    Print(JsonOf(mistakes));
  } else {
    Print(config::PrintMistakes(mistakes));
    std::fprintf(stderr, "funnelctl: %s in %s\n",
                 Count(mistakes.size(), "mistake", "mistakes").c_str(), options.config_dir.c_str());
  }
  return kExitFailed;
}

// An image or a tree under construction, with the same paths below it.
config::Options UnderRoot(config::Options options) {
  if (auto root = options.Value("--root")) {
    while (root->ends_with('/')) root->pop_back();
    options.config_dir = *root + options.config_dir;
    if (!options.defaults_dir.empty()) options.defaults_dir = *root + options.defaults_dir;
  }
  return options;
}

}  // namespace

int RunCheck(const config::Options& given) {
  config::Options options = UnderRoot(given);
  auto service = options.Value("--service");
  auto loaded = service ? LoadOneService(options, *service)
                        : config::Load({options.config_dir, options.defaults_dir});
  if (!loaded) return TellMistakes(options, loaded.error());
  if (options.json) {
    Print("[]\n");
  } else if (service) {
    Print(options.config_dir + ": no mistakes in service " + *service + '\n');
  } else {
    Print(options.config_dir + ": no mistakes (node " + loaded->node.name + ", " +
          Count(loaded->peers.size(), "peer", "peers") + ", " +
          Count(loaded->services.size(), "service", "services") + ")\n");
  }
  return kExitOk;
}

}  // namespace funnel::ctl
