#include "tests/unit/wire/simulation/simulation.h"

#include "tests/unit/wire/simulation/sim_end.h"

namespace funnel::wire::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMaxGenerations = 4;
constexpr int kMaxKindSteps = 20'000;

}  // namespace

Simulation::Simulation(std::uint64_t seed) : seed_(seed), random_(seed * 2 + 1) { DrawWeather(); }
Simulation::~Simulation() = default;

Simulation::End& Simulation::Other(End& end) { return &end == a_.get() ? *b_ : *a_; }

void Simulation::DrawWeather() {
  auto sometimes = [this](double odds, double most) {
    return Chance(random_, odds) ? most * static_cast<double>(Below(random_, 1000)) / 1000 : 0;
  };
  weather_.lose_expirable = sometimes(0.6, 0.4);
  weather_.duplicate = sometimes(0.5, 0.2);
  weather_.replay = sometimes(0.5, 0.2);
  weather_.alter = sometimes(0.5, 0.2);
  weather_.late = sometimes(0.5, 0.1);
  weather_.lose_reliable = sometimes(0.1, 0.02);
  weather_.crash = sometimes(0.2, 0.02);
  weather_.reset = sometimes(0.3, 0.1);
  weather_.close = sometimes(0.2, 0.01);
  weather_.jump = sometimes(0.1, 0.01);
  weather_.slow_reader = sometimes(0.5, 0.5);
  weather_.full_sink = sometimes(0.4, 0.8);
  weather_.rekey_fails = sometimes(0.3, 0.5);
  weather_.most_delay_ms = static_cast<int>(1 + Below(random_, Chance(random_, 0.2) ? 2000 : 60));
  weather_.steps = static_cast<int>(20 + Below(random_, 200));
  weather_.sessions = static_cast<int>(1 + Below(random_, Chance(random_, 0.1) ? 200 : 12));

  settings_.packet_budget = 300 + Below(random_, 1200);
  settings_.bulk_frame = Chance(random_, 0.2) ? 1 : 2000 + Below(random_, 20'000);
  if (Chance(random_, 0.4)) settings_.lifetime = milliseconds(1 + Below(random_, 3000));
  if (Chance(random_, 0.3)) settings_.rekey_after_frames = 5 + Below(random_, 200);
  settings_.rekey_retry = seconds(1);
  if (Chance(random_, 0.3)) settings_.session_queue_max = 1000 + Below(random_, 50'000);
  if (Chance(random_, 0.2)) settings_.channel_queue_max = 2000 + Below(random_, 50'000);
  if (Chance(random_, 0.2)) settings_.datagram_queue_max = 1000 + Below(random_, 100'000);
  if (Chance(random_, 0.2)) settings_.max_sessions = 1 + Below(random_, 20);
  if (Chance(random_, 0.6)) settings_.features = {Feature::kDatagrams, Feature::kOpenings};
}

void Simulation::NewGeneration() {
  ++generation_;
  const std::uint64_t most_bytes = Chance(random_, 0.1) ? 1'500'000 : 60'000;
  for (auto* slot : {&a_, &b_}) {
    auto end = std::make_unique<End>();
    end->role = slot == &a_ ? Role::kInitiator : Role::kAcceptor;
    end->party = std::make_unique<Party>(end->role, seed_ * 100 + generation_, most_bytes, random_);
    end->channel = std::make_unique<Channel>(
        end->role, ChannelId(static_cast<std::uint32_t>(generation_)), settings_,
        KeysOf(seed_, generation_, Epoch(0), end->role, boot_), *end->party, now_, boot_);
    // What was on its way to the former end arrives at the new one.
    if (*slot) end->flights = std::move((*slot)->flights);
    *slot = std::move(end);
  }
  a_->party->Attach(a_->channel.get(), b_->party.get());
  b_->party->Attach(b_->channel.get(), a_->party.get());
}

std::string Simulation::FirstFailure() const {
  if (!failure_.empty()) return failure_;
  if (!a_->party->failure.empty()) return a_->party->failure;
  return b_->party->failure;
}

std::string Simulation::Run() {
  NewGeneration();
  for (int step = 0; step < weather_.steps && FirstFailure().empty(); ++step) {
    HostileStep();
    if (GenerationIsOver() && FirstFailure().empty()) {
      if (generation_ == kMaxGenerations) break;
      NewGeneration();
    }
  }
  if (!FirstFailure().empty()) return FirstFailure();
  kind_ = true;
  if (GenerationIsOver()) NewGeneration();
  for (int step = 0; FirstFailure().empty(); ++step) {
    if (!KindStep()) return FirstFailure();
    if (step == kMaxKindSteps) return "nothing goes on although the network is kind";
  }
  return FirstFailure();
}

bool Simulation::GenerationIsOver() const { return a_->party->ended && b_->party->ended; }

void Simulation::Advance(Duration time) {
  now_ += time;
  boot_.since_boot += time;
  for (End* end : {a_.get(), b_.get()}) {
    for (int i = 0; i < 20 && !end->party->ended; ++i) {
      const auto due = end->channel->NextTimer();
      if (!due || *due > now_) break;
      end->channel->OnTimer(now_, boot_);
    }
  }
}

void Simulation::HostileStep() {
  Advance(milliseconds(Below(random_, 20)));
  if (Chance(random_, weather_.jump)) Advance(seconds(Below(random_, 4000)));

  if (static_cast<int>(a_->party->flows.size()) < weather_.sessions && Chance(random_, 0.4))
    a_->party->Open();
  for (End* end : {a_.get(), b_.get()}) {
    if (end->party->ended) continue;
    for (int i = 0; i < 3; ++i) end->party->SendSome();
    if (Chance(random_, weather_.slow_reader)) end->party->ReadSome();
    if (Chance(random_, weather_.reset)) end->party->ResetSome();
    if (Chance(random_, weather_.crash)) Crash(*end);
    if (Chance(random_, weather_.close) && !end->party->ended) {
      // As the owner does: live sessions are over for it.
      end->party->closed_by_us = true;
      end->channel->Close(EndCode::kShutdown, "going down");
    }
  }

  for (End* end : {a_.get(), b_.get()}) {
    Answer(*end);
    Move(*end);
    Deliver(*end);
    CheckEnd(*end);
    CheckBounds(*end);
  }
}

// From now on nothing is lost any more, every reader reads, everybody sends what is left.
bool Simulation::KindStep() {
  Advance(milliseconds(10));
  for (End* end : {a_.get(), b_.get()}) {
    if (end->party->ended) continue;
    end->party->ReadAll();
    end->party->SendAll();
  }

  for (End* end : {a_.get(), b_.get()}) {
    Answer(*end);
    Move(*end);
    Deliver(*end);
    CheckEnd(*end);
    CheckBounds(*end);
  }

  if (GenerationIsOver()) return false;
  // One end waits for what CLOSED may have overtaken.
  if (a_->link_down || b_->link_down) return true;
  // A frame that was taken away shows by timeouts at the latest, unless it delayed nothing and the
  // channel is idle.
  if (a_->tampered || b_->tampered) {
    Advance(seconds(1));
    if (++idle_seconds_ < 300) return true;
    if (!a_->party->AllOver() || !b_->party->AllOver()) Fail("a taken frame was never noticed");
    return false;
  }

  if (!a_->party->AllOver() || !b_->party->AllOver()) return true;
  if (!a_->flights.empty() || !b_->flights.empty() || a_->channel->WantsFlush() ||
      b_->channel->WantsFlush())
    return true;

  for (End* end : {a_.get(), b_.get()}) {
    if (end->channel->session_count() != 0)
      Fail(std::to_string(end->channel->session_count()) + " sessions are left over at the " +
           (end == a_.get() ? "initiator" : "acceptor"));
    if (end->channel->queued_bytes() != 0) Fail("queued bytes are left over");
    if (end->channel->undelivered_bytes() != 0) Fail("undelivered bytes are left over");
  }
  return false;
}

}  // namespace funnel::wire::sim
