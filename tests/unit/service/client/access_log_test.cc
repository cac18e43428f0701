#include "common/service/client/access_log.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/config/temp_dir.h"

namespace funnel::service {
namespace {

using std::chrono::milliseconds;

class AccessLogTest : public ::testing::Test {
 protected:
  AccessLogTest() {
    service_.name = *ServiceName::Parse("mail");
    service_.access_log = config::AccessForm::kJournal;
    record_.client = "192.0.2.1:4242";
    record_.peer = "hoster";
    record_.principal = "mail/hoster@R";
    record_.opened = TimePoint{} + milliseconds(1000);
    record_.ended = record_.opened + milliseconds(1500);
    record_.counts.OnFromClient(7);
    record_.counts.OnToClient(10, record_.opened + milliseconds(20));
    record_.counts.OnToClient(10, record_.opened + milliseconds(90));
    record_.end = {"closed", "client"};
  }
  // The test plays the journal.
  void Listen() {
    journal_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path_.copy(name.sun_path, sizeof name.sun_path - 1);
    ASSERT_EQ(bind(journal_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  }
  [[nodiscard]] std::string Read() {
    std::string out(65536, '\0');
    const ssize_t size = recv(journal_.get(), out.data(), out.size(), 0);
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return out;
  }

  TempDir folder_;
  const std::string path_ = folder_.path() + "/journal";
  UniqueFd journal_;
  config::ServiceConfig service_;
  AccessRecord record_;
  AccessLog log_{/*journal=*/true, path_};
};

TEST_F(AccessLogTest, TheJournalGetsAFieldForEachFact) {
  Listen();
  ASSERT_TRUE(log_.Write(service_, record_));
  const std::string got = Read();
  for (const char* field :
       {"FUNNEL_EVENT=access\n", "FUNNEL_SERVICE=mail\n", "FUNNEL_CLIENT=192.0.2.1:4242\n",
        "FUNNEL_PEER=hoster\n", "FUNNEL_PRINCIPAL=mail/hoster@R\n", "FUNNEL_BYTES_FROM_CLIENT=7\n",
        "FUNNEL_BYTES_TO_CLIENT=20\n", "FUNNEL_LASTED_MS=1500\n", "FUNNEL_FIRST_ANSWER_MS=20\n",
        "FUNNEL_END=closed\n", "FUNNEL_ENDED_BY=client\n", "PRIORITY=6\n", "MESSAGE_ID="})
    EXPECT_NE(got.find(field), std::string::npos) << field << " is not in " << got;
  EXPECT_EQ(got.find("BACKEND"), std::string::npos) << "what is not known has no field";
}

TEST_F(AccessLogTest, OneLineIsOneObject) {
  EXPECT_EQ(AccessJson(service_, record_),
            R"({"event":"access","service":"mail","client":"192.0.2.1:4242","local":null,)"
            R"("peer":"hoster","principal":"mail/hoster@R","backend":null,"bytes_from_client":7,)"
            R"("bytes_to_client":20,"lasted_ms":1500,"first_answer_ms":20,"end":"closed",)"
            R"("ended_by":"client"})");
  record_.counts = {};
  EXPECT_NE(AccessJson(service_, record_).find(R"("first_answer_ms":null)"), std::string::npos);
}

// The far side states the client's address.
TEST_F(AccessLogTest, WhatIsNotPrintableMakesNoFieldOfItsOwn) {
  Listen();
  record_.client = "x\nFUNNEL_PEER=other";
  ASSERT_TRUE(log_.Write(service_, record_));
  EXPECT_EQ(Read().find("\nFUNNEL_PEER=other"), std::string::npos);
}

TEST_F(AccessLogTest, AJournalThatReadsNothingLosesLinesAndIsNotWaitedFor) {
  Listen();
  bool lost = false;
  for (int i = 0; i < 100'000 && !lost; ++i) lost = !log_.Write(service_, record_);
  ASSERT_TRUE(lost);
  // When it reads, it has new lines.
  while (!Read().empty()) continue;
  EXPECT_TRUE(log_.Write(service_, record_));
}

TEST_F(AccessLogTest, WithoutAJournalLinesAreLost) {
  EXPECT_FALSE(log_.Write(service_, record_));
  service_.access_log = config::AccessForm::kNo;
  EXPECT_TRUE(log_.Write(service_, record_)) << "there was none to be written";
}

TEST_F(AccessLogTest, AFullPipeIsNotWaitedFor) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  bool lost = false;
  for (int i = 0; i < 100'000 && !lost; ++i)
    lost = !WriteWithoutWaiting(writer.get(), std::string(100, 'x') + '\n');
  EXPECT_TRUE(lost);
}

}  // namespace
}  // namespace funnel::service
