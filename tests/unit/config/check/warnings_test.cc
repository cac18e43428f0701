#include "common/config/check/warnings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/config/example.h"

namespace funnel::config {
namespace {

bool HasAll(std::uint16_t) { return true; }
bool HasNoMlKem(std::uint16_t number) { return number != 3 && number != 5; }

class WarningsTest : public testing::Test {
 protected:
  // What FindUnread reports, without the folder's path.
  std::string Unread() {
    std::string text = PrintMistakes(FindUnread({dir_.path(), ""}));
    for (std::size_t at; (at = text.find(dir_.path() + '/')) != std::string::npos;)
      text.erase(at, dir_.path().size() + 1);
    return text;
  }
  ExampleDir dir_;
};

TEST_F(WarningsTest, ARightFolderHasNone) {
  std::filesystem::create_directory(dir_.Path("keytabs"));
  EXPECT_EQ(Unread(), "");
  EXPECT_TRUE(FindDoubts(*dir_.Load(), HasAll).empty());
}

TEST_F(WarningsTest, FilesUnderAnotherNameAreReported) {
  dir_.Write("services.d/web.conf", kConnectText);
  dir_.Write("services.d/dns.ini.d/local.conf", "[service]\n");
  dir_.Write("peers.d/branch2", kPeerText);
  dir_.Write("mail.ini", kConnectText);
  EXPECT_EQ(
      Unread(),
      "mail.ini: is not read: such a file belongs into services.d or peers.d\n"
      "peers.d/branch2: is not read: the files here are called NAME.ini, such as branch2.ini\n"
      "services.d/dns.ini.d/local.conf: is not read: what overrides a file is called NAME.ini, "
      "such as local.ini\n"
      "services.d/web.conf: is not read: the files here are called NAME.ini, such as web.ini\n");
}

TEST_F(WarningsTest, FoldersUnderAnotherNameAreReported) {
  dir_.Write("services/web.ini", kConnectText);
  dir_.Write("peer.d/x.ini", kPeerText);
  EXPECT_EQ(Unread(),
            "peer.d: is not read: the folder is called peers.d\n"
            "services: is not read: the folder is called services.d\n");
}

TEST_F(WarningsTest, WhatEditorsAndPackageManagersLeaveIsNot) {
  for (const char* name : {"dns.ini~", ".dns.ini.swp", "dns.ini.rpmnew", "dns.ini.dpkg-old",
                           "dns.ini.bak", "#dns.ini#"})
    dir_.Write("services.d/" + std::string(name), "x");
  EXPECT_EQ(Unread(), "");
}

TEST_F(WarningsTest, APortThatTakesAPrivilegeIsReportedWithItsLine) {
  dir_.Write("funnel.conf", std::string(kNodeText) + "[sctp]\nudp-port = 443\n");
  auto doubts = FindDoubts(*dir_.Load(), HasAll);
  ASSERT_EQ(doubts.size(), 1u);
  EXPECT_EQ(doubts[0].line, 4);
  EXPECT_NE(doubts[0].text.find("below 1024"), std::string::npos);
}

TEST_F(WarningsTest, SuitesThatCannotBeHadAreReportedWithTheirLines) {
  dir_.Write("funnel.conf", std::string(kNodeText) + "peer-suites = 3 2 1\n");
  dir_.Write("services.d/dns.ini.d/local.ini", "[security]\nsuites = 5 3\n");
  dir_.Write("services.d/ldap.ini.d/local.ini", "[security]\nsuites = 2 1\n");
  EXPECT_TRUE(FindDoubts(*dir_.Load(), HasAll).empty());
  const auto doubts = FindDoubts(*dir_.Load(), HasNoMlKem);
  ASSERT_EQ(doubts.size(), 2u);
  EXPECT_EQ(doubts[0].file, dir_.Path("funnel.conf"));
  EXPECT_EQ(doubts[0].line, 3);
  EXPECT_EQ(doubts[0].text,
            "peer-suites: this machine's OpenSSL is older than 3.5 and has no suite 3, which is "
            "left out");
  EXPECT_EQ(doubts[1].line, 2);
  EXPECT_NE(doubts[1].text.find("no suite 5 and 3, and no other is configured"), std::string::npos);
}

TEST_F(WarningsTest, AFileWithKeysIsReportedWithItsLine) {
  dir_.Write("services.d/web.ini.d/local.ini", "[service]\n\nkey-log = 1MiB\n");
  dir_.Write("services.d/web.ini", kConnectText);
  auto doubts = FindDoubts(*dir_.Load(), HasAll);
  ASSERT_EQ(doubts.size(), 1u);
  EXPECT_EQ(doubts[0].line, 3);
  EXPECT_NE(doubts[0].file.find("local.ini"), std::string::npos);
  EXPECT_NE(doubts[0].text.find("key-log"), std::string::npos);
}

TEST_F(WarningsTest, ABacklogThatTheKernelDoesNotGrantIsReported) {
  std::uint32_t most = 0;
  std::ifstream("/proc/sys/net/core/somaxconn") >> most;
  const std::string tcp = Replace(kListenText, "udp", "tcp");
  dir_.Write("services.d/dns.ini", Replace(tcp, "tcp", "tcp\nlisten-backlog = 1"));
  EXPECT_TRUE(FindDoubts(*dir_.Load(), HasAll).empty());
  dir_.Write("services.d/dns.ini", Replace(tcp, "tcp", "tcp\nlisten-backlog = 65535"));
  const auto doubts = FindDoubts(*dir_.Load(), HasAll);
  ASSERT_EQ(doubts.size(), most < 65535 ? 1u : 0u);
  if (doubts.empty()) return;
  EXPECT_EQ(doubts[0].line, 3);
  EXPECT_NE(doubts[0].text.find("grants " + std::to_string(most)), std::string::npos);
}

TEST_F(WarningsTest, ASecretThatIsMissingOrThatOthersReadIsReported) {
  dir_.Write("services.d/ldap.ini",
             Replace(Replace(kConnectText, "tcp", "udp"), "address = 127.0.0.1:389\n",
                     "address = 127.0.0.1:389\ncheck = radius\ncheck-secret-file = " +
                         dir_.Path("secret") + '\n'));
  const auto doubt = [&] {
    const auto doubts = FindDoubts(*dir_.Load(), HasAll);
    return doubts.empty() ? "none" : std::to_string(doubts[0].line) + ": " + doubts[0].text;
  };
  EXPECT_EQ(doubt(), "6: check-secret-file: cannot open " + dir_.Path("secret") +
                         ": No such file or directory");
  dir_.Write("secret", "s3cret\n");
  std::filesystem::permissions(dir_.Path("secret"), std::filesystem::perms{0644});
  EXPECT_EQ(doubt(), "6: check-secret-file: " + dir_.Path("secret") +
                         " can be read or written by everybody: chmod o= " + dir_.Path("secret"));
  std::filesystem::permissions(dir_.Path("secret"), std::filesystem::perms{0600});
  EXPECT_EQ(doubt(), "none");
  dir_.Write("secret", " \n");
  EXPECT_EQ(doubt(), "6: check-secret-file: " + dir_.Path("secret") + " is empty");
}

// An upgrade must not stop a node whose file was valid before.
TEST_F(WarningsTest, WhatWasRightInEarlierVersionsIsReadAndReported) {
  dir_.Write("funnel.conf",
             std::string(kNodeText) + "[sctp]\nengine = userland\ncongestion-unit = 9000B\n");
  const auto loaded = dir_.Load();
  EXPECT_EQ(loaded->node.sctp.engine, Engine::kOwn);
  const auto doubts = FindDoubts(*loaded, HasAll);
  ASSERT_EQ(doubts.size(), 2u);
  EXPECT_EQ(doubts[0].file, dir_.Path("funnel.conf"));
  EXPECT_EQ(doubts[0].line, 4);
  EXPECT_NE(doubts[0].text.find("engine: userland was libusrsctp"), std::string::npos);
  EXPECT_EQ(doubts[1].line, 5);
  EXPECT_NE(doubts[1].text.find("congestion-unit: is ignored"), std::string::npos);
}

TEST_F(WarningsTest, AKeyThatNoVersionHadIsAMistake) {
  dir_.Write("funnel.conf", std::string(kNodeText) + "[sctp]\nengine = usrsctp\n");
  EXPECT_NE(dir_.Reported().find("engine"), std::string::npos);
}

}  // namespace
}  // namespace funnel::config
