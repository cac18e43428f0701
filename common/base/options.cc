#include "common/base/options.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "common/base/text.h"
#include "common/base/version.h"

namespace funnel {
namespace {

constexpr std::size_t kHelpColumn = 20;
constexpr std::string_view kGap = "  ";

struct ValueOption {
  std::string_view name;
  std::string_view value;  // what it is called in the help
  std::string_view help;
  Result<void> (*set)(Options&, std::string_view);
};

template <std::string Options::* kMember>
Result<void> SetDirectory(Options& options, std::string_view value) {
  if (value.empty()) return Fail("a folder is expected");
  // "/run/x/" and "/run/x" name the same sockets, also in messages.
  while (value.size() > 1 && value.ends_with('/')) value.remove_suffix(1);
  options.*kMember = value;
  return {};
}

Result<void> SetLevel(Options& options, std::string_view value) {
  LogLevel level{};
  if (!ParseLogLevel(value, level))
    return Fail("error, warning, notice, info or debug is expected");
  options.log_level = level;
  return {};
}

constexpr std::array<ValueOption, 5> kValueOptions{{
    {"--config", "DIR", "configuration (default /etc/funnel)", SetDirectory<&Options::config_dir>},
    {"--defaults", "DIR", "the package's configuration below it (default /usr/lib/funnel)",
     SetDirectory<&Options::defaults_dir>},
    {"--run", "DIR", "sockets and counters (default /run/funnel)", SetDirectory<&Options::run_dir>},
    {"--state", "DIR", "what outlives a restart (default /var/lib/funnel)",
     SetDirectory<&Options::state_dir>},
    {"--log-level", "LEVEL", "error, warning, notice, info or debug (default: [node] log-level)",
     SetLevel},
}};

const ValueOption* FindValueOption(std::string_view name) {
  for (const ValueOption& option : kValueOptions) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

// True when WORD is one of the options without a value.
bool TakeFlag(const Usage& usage, std::string_view word, Options& options) {
  if (word == "--help" || word == "-h") return options.help = true;
  if (word == "--version") return options.version = true;
  if (word == "--json" && usage.accepts_json) return options.json = true;
  return false;
}

const OwnOption* FindOwnOption(const Usage& usage, std::string_view name) {
  for (const OwnOption& option : usage.options) {
    if (option.name == name || (!option.short_name.empty() && option.short_name == name))
      return &option;
  }
  return nullptr;
}

// The value of the option at argv[i]: behind `=`, or the next word, over which it moves i.
Result<std::string_view> TakeValue(int argc, const char* const* argv, int& i) {
  std::string_view word = argv[i];
  std::size_t equals = word.find('=');
  if (equals != std::string_view::npos) return word.substr(equals + 1);
  if (i + 1 >= argc) return Fail(std::string(word) + " needs a value");
  return argv[++i];
}

Result<void> TakeOwn(const OwnOption& option, int argc, const char* const* argv, int& i,
                     Options& options) {
  bool has_value = std::string_view(argv[i]).find('=') != std::string_view::npos;
  std::string_view value;
  if (option.value.empty()) {
    if (has_value) return Fail(std::string(option.name) + " takes no value");
  } else {
    value = TRY(TakeValue(argc, argv, i));
  }
  options.own[std::string(option.name)] = value;
  return {};
}

// Takes the option at argv[i]; moves i over its value.
Result<void> TakeOption(const Usage& usage, int argc, const char* const* argv, int& i,
                        Options& options) {
  std::string_view word = argv[i];
  if (TakeFlag(usage, word, options)) return {};
  std::string name(word.substr(0, word.find('=')));
  if (const OwnOption* own = FindOwnOption(usage, name))
    return TakeOwn(*own, argc, argv, i, options);
  const ValueOption* option = FindValueOption(name);
  if (option == nullptr) return Fail("unknown option " + EscapeForLog(name));
  auto set = option->set(options, TRY(TakeValue(argc, argv, i)));
  if (!set) return Fail(name + ": " + set.error().message);
  return {};
}

std::string OwnOptionName(const OwnOption& option) {
  std::string out;
  if (!option.short_name.empty()) out = std::string(option.short_name) + ", ";
  out += option.name;
  if (!option.value.empty()) out += ' ' + std::string(option.value);
  return out;
}

}  // namespace

namespace {

// Relative folders are those of the one where we run; below another root (which is the program's
// own option, and puts itself before them) they are the root's own.
Result<void> MakeAbsolute(Options& options) {
  std::string base;
  if (!options.Has("--root")) {
    std::error_code error;
    base = std::filesystem::current_path(error);
    if (error) return Fail("the folder where we run: " + error.message());
  }

  for (auto member :
       {&Options::config_dir, &Options::defaults_dir, &Options::run_dir, &Options::state_dir}) {
    std::string& path = options.*member;
    if (path.starts_with('/')) continue;
    path = (std::filesystem::path(base + "/") / path).lexically_normal().string();
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  }

  return {};
}

}  // namespace

Result<Options> ParseOptions(const Usage& usage, int argc, const char* const* argv) {
  Options options;
  bool options_over = false;
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (options_over || !word.starts_with('-') || word == "-") {
      options.arguments.emplace_back(word);
    } else if (word == "--") {
      options_over = true;
    } else {
      auto taken = TakeOption(usage, argc, argv, i, options);
      if (!taken) return std::unexpected(taken.error());
    }
  }

  if (options.help || options.version) return options;
  TRY(MakeAbsolute(options));
  if (options.arguments.size() < usage.min_arguments) {
    return Fail("missing argument: " + std::string(usage.arguments));
  }
  if (options.arguments.size() > usage.max_arguments) {
    return Fail("unexpected argument " + EscapeForLog(options.arguments[usage.max_arguments]));
  }
  return options;
}

std::optional<std::string> Options::Value(std::string_view name) const {
  auto found = own.find(name);
  if (found == own.end()) return std::nullopt;
  return found->second;
}

const char* FirstArgument(int argc, const char* const* argv, std::span<const OwnOption> own) {
  auto has_value = [own](std::string_view word) {
    if (FindValueOption(word) != nullptr) return true;
    return std::any_of(own.begin(), own.end(), [word](const OwnOption& option) {
      return !option.value.empty() && (option.name == word || option.short_name == word);
    });
  };

  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (!word.starts_with('-') || word == "-") return argv[i];
    if (word == "--") return i + 1 < argc ? argv[i + 1] : nullptr;
    if (has_value(word)) ++i;
  }

  return nullptr;
}

std::string HelpText(const Usage& usage) {
  std::string out = "Usage: " + std::string(usage.program) + " [OPTION ...]";
  if (!usage.arguments.empty()) out += ' ' + std::string(usage.arguments);
  out += '\n' + std::string(usage.description) + "\n\nOptions:\n";
  auto add = [&out](std::string name, std::string_view help) {
    name.resize(std::max(kHelpColumn, name.size() + kGap.size()), ' ');
    out += std::string(kGap) + name + std::string(help) + '\n';
  };

  for (const OwnOption& option : usage.options) add(OwnOptionName(option), option.help);
  for (const ValueOption& option : kValueOptions) {
    add(std::string(option.name) + ' ' + std::string(option.value), option.help);
  }
  if (usage.accepts_json) add("--json", "machine-readable output");
  add("--help", "this text");
  add("--version", "version of Funnel");
  if (!usage.epilogue.empty()) out += '\n' + std::string(usage.epilogue) + '\n';
  return out;
}

std::expected<Options, int> ParseOptionsOrAnswer(const Usage& usage, int argc,
                                                 const char* const* argv) {
  auto options = ParseOptions(usage, argc, argv);
  std::string program(usage.program);
  if (!options) {
    std::fprintf(stderr, "%s: %s\nTry %s --help.\n", program.c_str(),
                 options.error().message.c_str(), program.c_str());
    return std::unexpected(kExitUsage);
  }

  if (options->help) {
    std::fputs(HelpText(usage).c_str(), stdout);
    return std::unexpected(0);
  }

  if (options->version) {
    std::printf("%s %s\n", program.c_str(), kVersion);
    return std::unexpected(0);
  }
  return *std::move(options);
}

}  // namespace funnel
