#include "units/generator/write.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "common/base/unique_fd.h"
#include "units/generator/exec_units.h"

namespace funnel::generator {

std::string DropInPath(const std::string& directory, const std::string& unit) {
  if (IsExecUnit(unit)) return directory + '/' + unit;
  return directory + '/' + unit + ".d/" + std::string(kDropInName);
}

std::string ReadDropIn(const std::string& directory, const std::string& unit) {
  std::ifstream in(DropInPath(directory, unit));
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Result<> WriteDropIn(const std::string& directory, const DropIn& drop_in) {
  std::string folder = directory + '/' + drop_in.unit + ".d";
  if (!IsExecUnit(drop_in.unit) && ::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
    return FailErrno(folder);
  std::string path = DropInPath(directory, drop_in.unit);
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return FailErrno(path);
  ssize_t size = ::write(fd.get(), drop_in.text.data(), drop_in.text.size());
  if (size != static_cast<ssize_t>(drop_in.text.size())) return FailErrno(path);
  return {};
}

}  // namespace funnel::generator
