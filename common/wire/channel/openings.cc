#include "common/wire/channel/openings.h"

#include <utility>

namespace funnel::wire {
namespace {

// Of a flow that gets no answer this many datagrams bring what opens it; then OPEN_SESSION, which
// is not lost, opens it, and only those that must arrive bring it still.
constexpr int kMaxOpenings = 8;

// At most: DATAGRAM takes no more than the same datagram in an OPENING.
std::size_t SizeOf(const OpeningRecord& opening) {
  constexpr std::size_t kMostOfFields = 2 * 2;
  return kMarkSize + kMaxDatagramHeader + kMaxVarintSize + kMostOfFields +
         opening.info.client.size() + opening.info.local.size() + opening.bytes.size();
}

}  // namespace

bool Openings::Say(Session& session, ByteView datagram, const DatagramTerms& terms,
                   DatagramQueue& queue) {
  Session::Opening& opening = *session.opening;
  const OpeningRecord together{session.id, opening.info, datagram};
  const bool fits = SizeOf(together) <= sealer_.SmallRoom();
  const bool is_reliable = terms.lifetime.count() == 0;
  const bool is_enough = opening.said || opening.sent >= kMaxOpenings;
  if (!fits || !context_.settings.features.Has(Feature::kOpenings) || (is_enough && !is_reliable))
    return SayOpenSession(session, together, fits, terms);

  // What must arrive brings what opens the session until that is known there: the far end keeps
  // only so much of what overtakes OPEN_SESSION.
  if (is_enough && !proof_.IsUnderWay(context_.now)) {
    opening.said = true;
    ++context_.stats.openings_repeated;
    context_.control.Push(OpenSessionRecord{session.id, opening.info},
                          proof_.Ask(session.id, context_.now));
  }
  ++(opening.sent == 0 ? context_.stats.sessions_opened_by_datagram
                       : context_.stats.openings_repeated);
  ++opening.sent;
  context_.stats.datagrams_dropped += queue.Push(together, terms.lifetime, terms.dscp);
  return true;
}

bool Openings::SayOpenSession(Session& session, const OpeningRecord& together, bool fits,
                              const DatagramTerms& terms) {
  Session::Opening& opening = *session.opening;
  if (std::exchange(opening.said, true)) return false;
  ++(opening.sent == 0 ? context_.stats.sessions_opened_by_frame
                       : context_.stats.openings_repeated);

  const OpenSessionRecord alone{session.id, opening.info};
  if (context_.settings.features.Has(Feature::kOpenings)) {
    context_.control.Push(alone);
    return false;
  }

  // Reliably, once. The two go in one frame, so the datagram loses its lifetime.
  const DatagramRecord first{session.id, together.bytes};
  const bool has_room =
      context_.control.size() + SizeOf(together) <= context_.settings.datagram_queue_max;
  const bool goes_along = fits && has_room;
  if (!goes_along) {
    context_.control.Push(alone);
  } else if (terms.dscp != 0) {
    context_.control.Push(alone, MarkRecord{terms.dscp}, first);
  } else {
    context_.control.Push(alone, first);
  }
  session.opening.reset();
  return goes_along;
}

bool Openings::OnPong(const PongRecord& record) {
  const auto id = proof_.OnPong(record);
  if (!id) return false;
  if (Session* session = sessions_.Find(*id)) session->opening.reset();
  return true;
}

}  // namespace funnel::wire
