// Mistakes in files and their syntax that an administrator can make; each is reported with its file
// and line.
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "tests/unit/config/check/mistakes.h"

namespace funnel::config {
namespace {

// One replaced piece of the example configuration, and all that is reported about it.
struct SyntaxCase {
  const char* name;
  enum { kDns, kLdap } file;
  const char* from;
  std::string to;
  std::string reported;
};

const std::vector<SyntaxCase> kSyntaxCases = {
    {"unknown section", SyntaxCase::kDns, "[security]", "[sekurity]",
     "services.d/dns.ini: [security] is missing\n"
     "services.d/dns.ini:6: unknown section [sekurity]"},
    {"unknown key like one that is known", SyntaxCase::kDns, "peer = hoster",
     "peer = hoster\nlifetme = 5s",
     "services.d/dns.ini:4: unknown key lifetme in [service] (did you mean lifetime?)"},
    {"key of another section", SyntaxCase::kDns, "peer = hoster",
     "peer = hoster\naddress = 127.0.0.1:5",
     "services.d/dns.ini:4: unknown key address in [service] (it belongs into [listen])"},
    {"unknown key, twice", SyntaxCase::kDns, "peer = hoster",
     "peer = hoster\nfrobnicate = 1\nfrobnicate = 2",
     "services.d/dns.ini:4: unknown key frobnicate in [service]\n"
     "services.d/dns.ini:5: unknown key frobnicate in [service]"},
    {"second value of a single key", SyntaxCase::kDns, "peer = hoster",
     "peer = hoster\npeer = other",
     "services.d/dns.ini:4: peer: again (first at line 3; it has one value only)"},
    {"indented line", SyntaxCase::kDns, "peer = hoster", "peer = hoster\n  lifetime = 5s",
     "services.d/dns.ini:4: the line is indented (it would continue the value above it)"},
    {"overlong line", SyntaxCase::kDns, "peer = hoster",
     "peer = hoster\nwire-name = " + std::string(200, 'x'),
     "services.d/dns.ini:4: the line is longer than 198 bytes"},
    {"NUL byte", SyntaxCase::kDns, "peer = hoster",
     std::string("peer = hoster\nlifetime = 5s\0", 28), "services.d/dns.ini:4: NUL byte"},
    {"comment behind a value", SyntaxCase::kLdap, "ldap/*@EXAMPLE.NET",
     "ldap/*@EXAMPLE.NET # all of them",
     "services.d/ldap.ini:7: accept: a comment behind a value begins with ; and not with #"},
    {"comment behind a tab", SyntaxCase::kLdap, "127.0.0.1:389", "127.0.0.1:389\t# loopback",
     "services.d/ldap.ini:4: address: a comment behind a value begins with ; and not with #"},
    {"comment as it should be", SyntaxCase::kLdap, "127.0.0.1:389", "127.0.0.1:389 ; loopback",
     "none"},
    {"double quotes", SyntaxCase::kLdap, "127.0.0.1:389", "\"127.0.0.1:389\"",
     "services.d/ldap.ini:4: address: a value stands without quotes"},
    {"single quotes", SyntaxCase::kLdap, "127.0.0.1:389", "'127.0.0.1:389'",
     "services.d/ldap.ini:4: address: a value stands without quotes"},
    {"typographic quotes", SyntaxCase::kLdap, "127.0.0.1:389", "\u201c127.0.0.1:389\u201d",
     "services.d/ldap.ini:4: address: a value stands without quotes"},
};

TEST_F(MistakesTest, Syntax) {
  for (const SyntaxCase& one : kSyntaxCases) {
    SCOPED_TRACE(one.name);
    dir_.Write("services.d/dns.ini", kListenText);
    dir_.Write("services.d/ldap.ini", kConnectText);
    EXPECT_EQ(one.file == SyntaxCase::kDns ? DnsWith(one.from, one.to) : LdapWith(one.from, one.to),
              one.reported);
  }
}

TEST_F(MistakesTest, NoBreakSpaceInAValue) {
  EXPECT_NE(
      LdapWith("= 127.0.0.1:389", "=\u00a0127.0.0.1:389").find("ldap.ini:4: address: a no-break"),
      std::string::npos);
}

TEST_F(MistakesTest, MissingFile) {
  std::filesystem::remove(dir_.Path("funnel.conf"));
  EXPECT_EQ(dir_.Reported(), "funnel.conf: the file is missing");
}

TEST_F(MistakesTest, OverrideOfNothing) {
  dir_.Write("services.d/web.ini.d/x.ini", Replace(kConnectText, "ldap", "web"));
  EXPECT_EQ(dir_.Reported(), "services.d/web.ini: the file is missing");
}

TEST_F(MistakesTest, DanglingLink) {
  std::filesystem::create_symlink("/nonexistent", dir_.Path("services.d/web.ini"));
  EXPECT_EQ(dir_.Reported(), "services.d/web.ini: cannot be read: No such file or directory");
}

TEST_F(MistakesTest, EmptyFile) {
  EXPECT_EQ(Dns(""),
            "services.d/dns.ini: [service] is missing\n"
            "services.d/dns.ini: one of [listen], [connect], [relay] is missing");
}

TEST_F(MistakesTest, FolderThatIsNone) {
  std::filesystem::remove_all(dir_.Path("peers.d"));
  dir_.Write("peers.d", "a file");
  EXPECT_NE(dir_.Reported().find("peers.d: cannot be listed: Not a directory"), std::string::npos);
}

TEST_F(MistakesTest, BadFileName) {
  dir_.Write("services.d/DNS_1.ini", kConnectText);
  EXPECT_NE(dir_.Reported().find("services.d/DNS_1.ini: bad name DNS_1"), std::string::npos);
}

TEST_F(MistakesTest, EmptySection) {
  EXPECT_EQ(NodeWith("[sctp]\n; nothing yet\n"), "funnel.conf:3: section [sctp] is empty");
}

TEST_F(MistakesTest, MistakesInOverrides) {
  dir_.Write("services.d/dns.ini.d/x.ini", "[service]\n\nlifetime = 5\n");
  EXPECT_EQ(dir_.Reported(),
            "services.d/dns.ini.d/x.ini:3: lifetime: a time with its unit (ms, s, min, h, d) is "
            "expected, not 5");
}

TEST_F(MistakesTest, AllAreCollected) {
  dir_.Write("services.d/ldap.ini", Replace(kConnectText, "127.0.0.1:389", "nowhere"));
  dir_.Write("peers.d/hoster.ini", Replace(kPeerText, "connect", "konnect"));
  dir_.Write("funnel.conf", "[node]\nname = a b\nlog-level = loud\n");
  EXPECT_EQ(
      DnsWith("peer = hoster", "lifetime = 1\nmax-flows = x\npeer = hoster"),
      "funnel.conf:2: name: a node's name, written as a host name is expected, not a b\n"
      "funnel.conf:3: log-level: error, warning, notice, info or debug is expected, not loud\n"
      "peers.d/hoster.ini:4: unknown key konnect in [peer] (did you mean connect?)\n"
      "services.d/dns.ini:3: lifetime: a time with its unit (ms, s, min, h, d) is expected, not 1\n"
      "services.d/dns.ini:4: max-flows: a whole number is expected, not x\n"
      "services.d/ldap.ini:4: address: bad address nowhere: the port is missing (host:port, "
      "[v6]:port)");
}

TEST_F(MistakesTest, FilesOfOtherSystemsEditors) {
  EXPECT_EQ(
      Dns("\xEF\xBB\xBF" + std::string(kListenText)),
      "services.d/dns.ini:1: a byte order mark stands before the first line: save the file as "
      "UTF-8 without it");
  EXPECT_NE(Dns("\xFF\xFE[").find("dns.ini:1: the file is UTF-16"), std::string::npos);
  std::string text(kListenText);
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\r\n");
  EXPECT_EQ(Dns(text), "none");
  std::erase(text, '\n');
  EXPECT_NE(Dns(text).find("dns.ini:1: lines end with a carriage return only"), std::string::npos);
}

}  // namespace
}  // namespace funnel::config
