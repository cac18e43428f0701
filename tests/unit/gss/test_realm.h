// A throw-away Kerberos realm for a test program: an MIT KDC on loopback, all files in a temporary
// folder, gone with the object. Sets KRB5_CONFIG and the like for this process; one at a time.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace funnel::test {

class TestRealm {
 public:
  struct Options {
    std::string name = "UNIT.TEST";
    std::string ticket_lifetime = "1h";
    std::string enctypes =
        "aes256-cts-hmac-sha384-192 aes128-cts-hmac-sha256-128 aes256-cts-hmac-sha1-96 "
        "aes128-cts-hmac-sha1-96";
  };

  TestRealm() : TestRealm(Options{}) {}
  explicit TestRealm(const Options& options);
  TestRealm(const TestRealm&) = delete;
  TestRealm& operator=(const TestRealm&) = delete;
  ~TestRealm();

  // kadmin.local's commands, e.g. "cpw -randkey dns/a@UNIT.TEST". Its output.
  std::string Admin(const std::vector<std::string>& commands);
  // New principals with random keys of all four enctypes.
  void Add(const std::vector<std::string>& principals);
  // Appends their present keys to the keytab FILE of the folder; yields its path.
  std::string Keytab(const std::string& file, const std::vector<std::string>& principals);

  // What clients of this process allow from now on; all four at first.
  void SetClientEnctypes(const std::string& enctypes);
  // Lines for [realms], e.g. a realm whose KDC never answers.
  void AddClientRealm(const std::string& name, const std::string& kdc_address);
  void StopKdc();
  void StartKdc();

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const std::string& name() const { return options_.name; }
  // "PRIMARY@REALM".
  [[nodiscard]] std::string At(const std::string& primary) const {
    return primary + "@" + options_.name;
  }
  [[nodiscard]] std::string Path(const std::string& file) const { return folder_ + "/" + file; }

 private:
  void WriteClientConfig();
  std::string Run(const std::vector<std::string>& command, const std::string& input);
  [[nodiscard]] bool KdcAnswers() const;

  Options options_;
  std::string folder_;
  int config_version_ = 0;
  std::string client_enctypes_;
  std::string more_realms_;
  int port_ = 0;
  pid_t kdc_ = -1;
};

}  // namespace funnel::test
