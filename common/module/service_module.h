// A service's module: loaded, and configured with the service's options. An edge has one for its
// life.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "modules/module.h"

namespace funnel::module {

// An option that the module does not accept.
struct WrongOption {
  std::optional<std::size_t> index;  // which one; nullopt: their combination
  std::string reason;
};

class ServiceModule {
 public:
  // OPTIONS are NAME=VALUE. MODULE is loaded, and stays so.
  [[nodiscard]] static std::expected<std::unique_ptr<ServiceModule>, WrongOption> Configure(
      const struct funnel_module& module, const std::vector<std::string>& options);
  ~ServiceModule() { module_.release(config_); }
  ServiceModule(const ServiceModule&) = delete;
  ServiceModule& operator=(const ServiceModule&) = delete;

  [[nodiscard]] const struct funnel_module& module() const { return module_; }
  [[nodiscard]] void* config() const { return config_; }

 private:
  ServiceModule(const struct funnel_module& module, void* config)
      : module_(module), config_(config) {}

  const struct funnel_module& module_;
  void* const config_;
};

}  // namespace funnel::module
