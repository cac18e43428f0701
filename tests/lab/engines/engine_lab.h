// Two engines, of either kind, on two hosts (two_hosts.h), driven in one thread: for tests of what
// engine.h promises, whichever stack keeps it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/engine/settings.h"
#include "tests/lab/engines/two_hosts.h"
#include "tests/unit/sctpd/engine/engine_log.h"

namespace funnel::sctp::test {

using std::chrono::milliseconds;

enum class Kind { kKernel, kOwn };

struct Pairing {
  Kind a, b;
  Carrier carrier;
};
// Which of its host's addresses a kernel engine has; those in our process have all.
enum class Addresses { kIpv4, kIpv6, kBothLinks };
[[nodiscard]] std::string Name(const Pairing& pairing);
// All of them, for INSTANTIATE_TEST_SUITE_P.
[[nodiscard]] std::vector<Pairing> AllPairings();

// One engine on its host, and all that it reported.
class LabEnd : public EngineLog {
 public:
  LabEnd(Host host_in, Kind kind_in) : host(host_in), kind(kind_in) {}

  // The engine's calls, made on its host.
  [[nodiscard]] Result<AssociationId> Connect(const Target& target);
  [[nodiscard]] SendStatus Send(ByteView message, unsigned stream = 0, SendOptions options = {});
  [[nodiscard]] SendStatus Send(std::string_view text, unsigned stream = 0,
                                SendOptions options = {}) {
    return Send(AsBytes(text), stream, options);
  }
  void Shutdown();
  void Abort(std::string_view reason);
  void Stop();  // the engine ends

  [[nodiscard]] const Down& down(std::size_t i = 0) const { return downs.at(i); }
  [[nodiscard]] AssociationId current() const { return ups.back().id; }

  const Host host;
  const Kind kind;
  std::unique_ptr<Engine> engine;
};

class EngineLab : public ::testing::TestWithParam<Pairing> {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Short timers, so that tests of them are quick.
  [[nodiscard]] static Settings Quick();
  // An engine for END; skips the test (IsSkipped) where this machine cannot have it.
  void Start(LabEnd& end, const Settings& settings = Settings(),
             Addresses addresses = Addresses::kIpv4);
  [[nodiscard]] Target TargetOf(const LabEnd& end, bool ipv6 = false) const;
  // Both engines, A having connected to B, and up.
  void Associate(const Settings& settings = Settings(), Addresses addresses = Addresses::kIpv4);
  // Drives both engines until DONE says so; false when PATIENCE ran out.
  [[nodiscard]] bool Run(const std::function<bool()>& done,
                         milliseconds patience = milliseconds(8000));
  void RunFor(milliseconds time);
  // Sends MESSAGE from END, as soon as there is room for it.
  [[nodiscard]] bool SendSoon(LabEnd& end, ByteView message, unsigned stream = 0);

  std::optional<LabEnd> a, b;
  // Run asks what it waits for at least so often; engines are turned when they have something to
  // do.
  milliseconds longest_wait{1000};

 private:
  [[nodiscard]] Result<std::unique_ptr<Engine>> Make(LabEnd& end, const Settings& settings,
                                                     Addresses addresses);
  void Turn(LabEnd& end);
  void Wait(TimePoint until);
};

}  // namespace funnel::sctp::test
