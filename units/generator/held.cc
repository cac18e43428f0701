#include "units/generator/held.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "units/generator/write.h"

namespace funnel::generator {
namespace {

constexpr std::string_view kFolderSuffix = ".d";

// The units of an instance: "funnel-udpd@dns.socket" and ".service".
std::vector<std::string> UnitsOf(std::string_view socket) {
  std::string stem(socket.substr(0, socket.rfind('.')));
  return {stem + ".socket", stem + ".service"};
}

}  // namespace

Result<> Held::Keep(std::string_view socket, const std::string& generated) const {
  if (::mkdir(directory_.c_str(), 0755) != 0 && errno != EEXIST) return FailErrno(directory_);
  for (const std::string& unit : UnitsOf(socket))
    TRY(WriteDropIn(directory_, {unit, ReadDropIn(generated, unit)}));
  return {};
}

void Held::Drop(std::string_view socket) const {
  for (const std::string& unit : UnitsOf(socket)) {
    ::unlink(DropInPath(directory_, unit).c_str());
    ::rmdir((directory_ + '/' + unit + std::string(kFolderSuffix)).c_str());
  }
}

std::vector<DropIn> Held::All() const {
  std::vector<DropIn> all;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, none)) {
    std::string unit = entry.path().filename();
    if (!unit.ends_with(kFolderSuffix)) continue;
    unit.resize(unit.size() - kFolderSuffix.size());
    std::string text = ReadDropIn(directory_, unit);
    if (!text.empty()) all.push_back({unit, text});
  }
  std::ranges::sort(all, {}, &DropIn::unit);
  return all;
}

}  // namespace funnel::generator
