#include "tests/unit/service/two_edges.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "common/seal/frame_cipher.h"

namespace funnel::service {

void TwoEdgesTest::SetUp() {
  folder_ = testing::TempDir() + "/funnel-edges-XXXXXX";
  ASSERT_NE(mkdtemp(folder_.data()), nullptr);
  loop_ = std::move(*event::Loop::Create());
  authd_ = std::make_unique<FakeAuthd>(*loop_, folder_ + "/authd.sock");
  sctpd_ = std::make_unique<FakeSctpd>(*loop_, folder_ + "/sctpd.sock", folder_ + "/dns.sock");
  authd_->Start();
  sctpd_->Start();
}

void TwoEdgesTest::TearDown() { std::filesystem::remove_all(folder_); }

config::ServiceConfig TwoEdgesTest::Service(config::Role role) {
  config::ServiceConfig service;
  service.name = *ServiceName::Parse("dns");
  service.role = role;
  service.peer = "far";
  service.identity = *config::Principal::Parse("dns/near@R");
  service.expect = *config::Principal::Parse("dns/far@R");
  service.retry_min = std::chrono::milliseconds(30);
  service.retry_max = std::chrono::milliseconds(100);
  return service;
}

Edge::Setup TwoEdgesTest::MakeSetup(config::Role role) {
  return {.service = Service(role),
          .sctpd_user = std::to_string(geteuid()),
          .run_dir = folder_,
          .rekey_retry = std::chrono::milliseconds(200),
          .make_cipher = &seal::MakeFrameCipher,
          .trace_queue_bytes = [] { return std::size_t{64 * 1024}; },
          .on_stopped = [this] { ++stopped_; },
          .on_status = [this](const std::string& text) { status_ = text; }};
}

void TwoEdgesTest::Settle() {
  while (*loop_->RunOnce(std::chrono::milliseconds(5))) {
  }
}

}  // namespace funnel::service
