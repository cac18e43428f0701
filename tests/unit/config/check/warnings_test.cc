#include "common/config/check/warnings.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/config/example.h"

namespace funnel::config {
namespace {

class WarningsTest : public testing::Test {
 protected:
  // What FindUnread tells, with the folder's path cut off.
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
  EXPECT_TRUE(FindDoubts(*dir_.Load()).empty());
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
  auto doubts = FindDoubts(*dir_.Load());
  ASSERT_EQ(doubts.size(), 1u);
  EXPECT_EQ(doubts[0].line, 4);
  EXPECT_NE(doubts[0].text.find("below 1024"), std::string::npos);
}

}  // namespace
}  // namespace funnel::config
