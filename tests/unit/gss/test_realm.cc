#include "tests/unit/gss/test_realm.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "common/base/unique_fd.h"

namespace funnel::test {
namespace {

using namespace std::chrono_literals;

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int FreePort() {
  for (;;) {
    UniqueFd tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(tcp.get(), generic, size) != 0 || ::getsockname(tcp.get(), generic, &size) != 0)
      throw std::runtime_error("no port on loopback");
    UniqueFd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (::bind(udp.get(), generic, size) == 0) return ntohs(address.sin_port);
  }
}

pid_t Spawn(const std::vector<std::string>& command, const std::string& input_path,
            const std::string& output_path) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(::open(input_path.c_str(), O_RDONLY), 0);
  ::dup2(::open(output_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), 1);
  ::dup2(1, 2);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

TestRealm::TestRealm(const Options& options)
    : options_(options), client_enctypes_(options.enctypes), port_(FreePort()) {
  char pattern[] = "/tmp/funnel-realm-XXXXXX";
  if (::mkdtemp(pattern) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
  ::setenv("KRB5_KDC_PROFILE", Path("kdc.conf").c_str(), 1);
  ::setenv("KRB5CCNAME", "MEMORY:", 1);
  ::setenv("KRB5RCACHENAME", ("file2:" + Path("replay")).c_str(), 1);
  std::ostringstream key_types;
  std::istringstream listed(options.enctypes);
  for (std::string one; listed >> one;) key_types << one << ":normal ";
  std::ostringstream kdc;
  kdc << "[kdcdefaults]\n kdc_listen = 127.0.0.1:" << port_
      << "\n kdc_tcp_listen = 127.0.0.1:" << port_ << "\n[realms]\n " << options.name
      << " = {\n database_name = " << Path("principal") << "\n key_stash_file = " << Path("stash")
      << "\n max_life = " << options.ticket_lifetime
      << "\n max_renewable_life = 0\n supported_enctypes = " << key_types.str()
      << "\n }\n[logging]\n kdc = FILE:" << Path("kdc.log") << "\n";
  WriteFile(Path("kdc.conf"), kdc.str());
  WriteClientConfig();
  Run({"kdb5_util", "create", "-s", "-r", options.name, "-P", "only for this test"}, "");
  StartKdc();
}

TestRealm::~TestRealm() {
  StopKdc();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void TestRealm::WriteClientConfig() {
  std::ostringstream text;
  text << "[libdefaults]\n default_realm = " << options_.name
       << "\n dns_lookup_realm = false\n dns_lookup_kdc = false\n rdns = false\n"
          " dns_canonicalize_hostname = false\n kdc_timesync = 0\n permitted_enctypes = "
       << client_enctypes_ << "\n[realms]\n " << options_.name << " = {\n kdc = 127.0.0.1:" << port_
       << "\n }\n"
       << more_realms_;
  // A new name each time: libkrb5 notices a changed file only by its time in whole seconds.
  const std::string path = Path("krb5-" + std::to_string(++config_version_) + ".conf");
  WriteFile(path, text.str());
  ::setenv("KRB5_CONFIG", path.c_str(), 1);
}

std::string TestRealm::Run(const std::vector<std::string>& command, const std::string& input) {
  WriteFile(Path("input"), input);
  std::filesystem::remove(Path("output"));
  const pid_t child = Spawn(command, Path("input"), Path("output"));
  int status = 0;
  ::waitpid(child, &status, 0);
  std::ostringstream output;
  output << std::ifstream(Path("output")).rdbuf();
  if (status != 0) throw std::runtime_error(command[0] + ": " + output.str());
  return output.str();
}

std::string TestRealm::Admin(const std::vector<std::string>& commands) {
  std::string input;
  for (const auto& command : commands) input += command + "\n";
  return Run({"kadmin.local", "-r", options_.name, "-p", At("test")}, input);
}

void TestRealm::Add(const std::vector<std::string>& principals) {
  std::vector<std::string> commands;
  for (const auto& principal : principals)
    commands.push_back("addprinc -randkey \"" + principal + "\"");
  Admin(commands);
}

std::string TestRealm::Keytab(const std::string& file, const std::vector<std::string>& principals) {
  std::vector<std::string> commands;
  for (const auto& principal : principals)
    commands.push_back("ktadd -k " + Path(file) + " -norandkey \"" + principal + "\"");
  Admin(commands);
  return Path(file);
}

void TestRealm::SetClientEnctypes(const std::string& enctypes) {
  client_enctypes_ = enctypes;
  WriteClientConfig();
}

void TestRealm::AddClientRealm(const std::string& name, const std::string& kdc_address) {
  more_realms_ += " " + name + " = {\n kdc = " + kdc_address + "\n }\n";
  WriteClientConfig();
}

bool TestRealm::KdcAnswers() const {
  UniqueFd tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = Loopback(port_);
  return ::connect(tcp.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

void TestRealm::StartKdc() {
  kdc_ = Spawn({"krb5kdc", "-n", "-r", options_.name}, "/dev/null", Path("kdc.out"));
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!KdcAnswers()) {
    if (::waitpid(kdc_, nullptr, WNOHANG) != 0 || std::chrono::steady_clock::now() > deadline) {
      std::ostringstream output;
      output << std::ifstream(Path("kdc.out")).rdbuf();
      throw std::runtime_error("krb5kdc does not come up: " + output.str());
    }
    ::sched_yield();
  }
}

void TestRealm::StopKdc() {
  if (kdc_ < 0) return;
  ::kill(kdc_, SIGKILL);
  ::waitpid(kdc_, nullptr, 0);
  kdc_ = -1;
}

}  // namespace funnel::test
