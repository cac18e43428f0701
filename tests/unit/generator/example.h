// A configuration folder with services, and the folder that the generator writes to.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "common/config/read/load.h"
#include "common/config/read/service_files.h"
#include "tests/unit/config/example.h"
#include "units/generator/generate.h"

namespace funnel::generator {

class Example {
 public:
  Example() { std::filesystem::create_directories(generated()); }

  [[nodiscard]] config::LoadOptions load() const { return {folder.path(), ""}; }
  [[nodiscard]] std::string generated() const { return folder.Path("generated"); }
  bool Generate() {
    said.clear();
    return generator::Generate(load(), held, generated(), [this](Priority, std::string_view text) {
      said += std::string(text) + '\n';
    });
  }
  // "" if there is none.
  [[nodiscard]] std::string DropIn(const std::string& unit) const {
    std::ifstream in(generated() + '/' + unit + ".d/50-funnel.conf");
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  [[nodiscard]] config::ServiceFile Service(const std::string& name) const {
    for (auto& file : config::LoadServiceFiles(load()))
      if (file.name == name) return std::move(file);
    return {};
  }

  config::ExampleDir folder;
  Held held{folder.Path("held")};
  std::string said;
};

}  // namespace funnel::generator
