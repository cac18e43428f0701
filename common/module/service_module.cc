#include "common/module/service_module.h"

#include <string_view>

#include "common/base/text.h"

namespace funnel::module {
namespace {

constexpr std::size_t kErrorSize = 256;

bool Knows(const struct funnel_module& module, std::string_view name) {
  for (const funnel_option_row* row = module.options; row != nullptr && row->name != nullptr; ++row)
    if (row->name == name) return true;
  return false;
}

}  // namespace

std::expected<std::unique_ptr<ServiceModule>, WrongOption> ServiceModule::Configure(
    const struct funnel_module& module, const std::vector<std::string>& options) {
  std::vector<std::string> names, values;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const std::size_t equals = options[i].find('=');
    names.push_back(options[i].substr(0, equals));
    values.push_back(equals == std::string::npos ? "" : options[i].substr(equals + 1));
    if (!Knows(module, names.back()))
      return std::unexpected(
          WrongOption{i, "module " + std::string(module.name) + " has no option " + names.back()});
  }

  std::vector<funnel_option> rows;
  for (std::size_t i = 0; i < names.size(); ++i)
    rows.push_back({names[i].c_str(), values[i].c_str()});
  char error[kErrorSize] = "";
  std::size_t wrong = rows.size();
  void* config = module.configure(rows.data(), rows.size(), &wrong, error, sizeof error);
  if (config == nullptr) {
    error[kErrorSize - 1] = '\0';
    return std::unexpected(WrongOption{wrong < rows.size() ? std::optional(wrong) : std::nullopt,
                                       EscapeForLog(error, kErrorSize)});
  }
  return std::unique_ptr<ServiceModule>(new ServiceModule(module, config));
}

}  // namespace funnel::module
