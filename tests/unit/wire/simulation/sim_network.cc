// What happens to frames between the ends, and to the ends themselves.
#include <algorithm>

#include "common/wire/frame/frame.h"
#include "common/wire/session/credit.h"
#include "common/wire/session/shared_buffer.h"
#include "tests/unit/wire/simulation/sim_end.h"

namespace funnel::wire::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Authd's part of a rekey.
void Simulation::Answer(End& end) {
  Party& party = *end.party;
  if (party.ended) return;
  const bool fails = Chance(random_, kind_ ? 0 : weather_.rekey_fails);

  if (party.rekey_due && Chance(random_, 0.5)) {
    const std::string token = "token " + std::to_string(party.rekey_due->value());
    party.rekey_due.reset();
    fails ? end.channel->RekeyFailed() : end.channel->StartRekey(AsBytes(token));
  }

  if (party.rekey_token && Chance(random_, 0.5)) {
    const Epoch next = *party.rekey_token;
    party.rekey_token.reset();
    const std::string token = "token " + std::to_string(next.value());
    if (fails)
      end.channel->RekeyFailed();
    else if (end.role == Role::kAcceptor)
      end.channel->AnswerRekey(AsBytes(token), KeysOf(seed_, generation_, next, end.role, boot_));
    else
      end.channel->InstallEpoch(KeysOf(seed_, generation_, next, end.role, boot_));
  }
}

// Flushes, and puts what came out on its way.
void Simulation::Move(End& end) {
  if (end.link_down) return;
  end.sink.room = !kind_ && Chance(random_, weather_.full_sink) ? Below(random_, 4) : 1000;

  const Flushed flushed = end.channel->Flush(end.sink, now_, boot_);
  // If the channel does not ask for another flush, an owner makes none.
  if (flushed == Flushed::kAll && end.channel->WantsFlush()) Fail("something is left unsaid");

  for (; !end.sink.fresh.empty(); end.sink.fresh.pop_front()) {
    Bytes frame = std::move(end.sink.fresh.front());
    const bool reliable = FrameHeader::Parse(frame)->lifetime_ms == 0;
    Flight flight{now_, {}, std::nullopt, generation_, end.role};
    if (reliable) {
      flight.reliable = end.landed.size();
      end.landed.push_back(false);
    }

    flight.frame = frame;
    if (history_.size() < kMaxHistory)
      history_.push_back(flight);
    else
      history_[Below(random_, kMaxHistory)] = flight;

    if (!kind_ && reliable && Chance(random_, weather_.lose_reliable)) {
      end.tampered = true;
      continue;
    }
    if (!kind_ && !reliable && Chance(random_, weather_.lose_expirable)) continue;

    std::uint64_t delay = kind_ ? 5 : Below(random_, static_cast<unsigned>(weather_.most_delay_ms));
    if (!kind_ && Chance(random_, weather_.late)) delay += Below(random_, 3000);

    if (!kind_ && Chance(random_, weather_.duplicate)) {
      end.flights.push_back(flight);
      end.flights.back().arrives = now_ + milliseconds(Below(random_, 100));
    }

    if (!kind_ && Chance(random_, weather_.alter)) {
      const std::size_t at = Below(random_, frame.size());
      Flight altered = flight;
      altered.frame[at] ^= static_cast<std::uint8_t>(1 + Below(random_, 255));
      if (Chance(random_, 0.2)) altered.frame.resize(Below(random_, frame.size()));
      // Nothing depends on the clear header's lifetime, so such a frame is as good as the original.
      if (altered.frame.size() < frame.size() || at < 8 || at >= kFrameHeaderSize)
        altered.reliable.reset();
      end.flights.push_back(std::move(altered));
    }

    flight.arrives = now_ + milliseconds(delay);
    end.flights.push_back(std::move(flight));
  }
  if (!kind_ && !history_.empty() && Chance(random_, weather_.replay))
    end.flights.push_back(history_[Below(random_, history_.size())]);
}

void Simulation::Deliver(End& from) {
  std::vector<Flight> due;
  std::erase_if(from.flights, [&](Flight& flight) {
    if (flight.arrives > now_) return false;
    due.push_back(std::move(flight));
    return true;
  });
  if (!kind_ && Chance(random_, 0.5)) std::shuffle(due.begin(), due.end(), random_);
  for (Flight& flight : due) Land(from, std::move(flight));
}

void Simulation::Land(End& from, Flight flight) {
  End& to = Other(from);
  // A replay may come from either end; only one in the right direction arrives.
  if (flight.reliable && flight.generation == generation_ && flight.sender == from.role)
    from.landed[*flight.reliable] = true;
  if (to.party->ended) return;
  to.channel->OnSealed(flight.frame, now_, boot_);
}

// The process dies. Some time later its peer notices the broken link; the next generation begins
// then.
void Simulation::Crash(End& end) {
  if (end.party->ended) return;
  end.party->ended = true;
  end.checked = true;
  for (auto& [id, flow] : end.party->flows) flow.over = true;
  end.link_down = true;
  BringDown(Other(end), Chance(random_, 0.5));
}

void Simulation::BringDown(End& end, bool abrupt) {
  if (end.link_down) return;
  end.link_down = true;
  if (!end.party->ended) end.channel->OnLinkClosed(abrupt, now_);
}

// An end that is over sends CLOSED, which may overtake what is on its way.
void Simulation::CheckEnd(End& end) {
  if (!end.party->ended || end.checked) return;
  end.checked = true;
  End& other = Other(end);
  // The peer declared a clean end, so none of its reliable frames may be missing.
  if (end.party->ended_clean && !end.party->closed_by_us &&
      end.party->end_text != "the security context's life is over" &&
      !std::all_of(other.landed.begin(), other.landed.end(), [](bool l) { return l; }))
    Fail("a clean end although something is missing");
  if (!other.tampered && !end.tampered && end.channel->stats().violations > 0)
    Fail("an honest peer was accused: " + end.party->end_text);
  BringDown(other, /*abrupt=*/!end.party->ended_clean);
  end.link_down = true;
}

void Simulation::CheckBounds(End& end) {
  const Channel& channel = *end.channel;
  // One message and one datagram may exceed the limits.
  if (channel.queued_bytes() > settings_.channel_queue_max + settings_.datagram_queue_max + 150'000)
    Fail("too much is queued");
  const std::uint64_t pool = std::max(settings_.channel_window_max, kInitialChannelCredit);
  if (channel.undelivered_bytes() > pool + channel.session_count() * kReservedShare)
    Fail("too much is undelivered");
  if (channel.session_count() > settings_.max_sessions + 1024) Fail("too many sessions");
}

}  // namespace funnel::wire::sim
