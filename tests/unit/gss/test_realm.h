// A temporary Kerberos realm for a test program: an MIT KDC on loopback, with all files in a
// temporary folder, removed with the object. Sets KRB5_CONFIG and the like for this process; there
// is one at a time.
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

  // Runs kadmin.local's commands, e.g. "cpw -randkey dns/a@UNIT.TEST"; returns the output.
  std::string Admin(const std::vector<std::string>& commands);
  // Adds principals with random keys of all four enctypes.
  void Add(const std::vector<std::string>& principals);
  // Appends their present keys to the keytab FILE of the folder; returns its path.
  std::string Keytab(const std::string& file, const std::vector<std::string>& principals);

  // The enctypes that clients of this process allow from now on; at first all four.
  void SetClientEnctypes(const std::string& enctypes);
  // Adds lines to [realms], for example a realm whose KDC never answers.
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
