#include "funnel-tcpd/session_pump.h"

#include <utility>

#include "common/base/log.h"

namespace funnel::tcpd {

using wire::EndCode;

SessionPump::SessionPump(SharedState& shared, ChannelPort& port, Backend* backend)
    : shared_(shared),
      port_(port),
      backend_(backend),
      report_(
          shared, port,
          backend == nullptr ? SessionReport::End::kListening : SessionReport::End::kConnecting),
      rates_(shared, port, report_, [this](SessionId id) { OnMayRead(id); }),
      senders_(shared, port, backend == nullptr ? FUNNEL_CLIENT : FUNNEL_SERVER,
               [this](SessionId id) { ResetBoth(id, EndCode::kReset); }),
      starts_(shared, port),
      clock_(
          shared.service, [this](SessionId id, SessionClock::Why why) { OnExpired(id, why); },
          AskKernel),
      turn_(shared.loop.AddTurnHook([this] { RunTurn(); })),
      departures_(shared.loop),
      clock_timer_(shared.loop.AddTimer([this] {
        clock_.Run(Now());
        ArmClock();
      })) {}

SessionPump::~SessionPump() { ResetAll(); }

void SessionPump::OnSessionOpened(SessionId id, const wire::SessionInfo& info) {
  if (shared_.draining && backend_ != nullptr) {
    shared_.Count(kSessionsDrained);
    return port_.ResetSession(id, EndCode::kDraining);
  }

  if (backend_ == nullptr) {
    shared_.Count(kInternalErrors);
    return port_.ResetSession(id, EndCode::kProtocol);
  }

  const ChannelPort::Peer peer = port_.peer();
  SessionLimit::Slot slot = rates_.TakeSlot(peer.principal);
  if (!slot) return port_.ResetSession(id, EndCode::kLimit);

  auto done = [this, id](Result<Dialer::Connected> connected) {
    OnDialed(id, std::move(connected));
  };
  auto dial = backend_->Dial(info, peer, std::move(done));
  if (!dial) return port_.ResetSession(id, EndCode::kConnectFailed);
  Entry& entry = Add(id, info, std::move(slot));
  entry.dial = *dial;
  if (shared_.throttle) entry.reader = rates_.ForPeer(id);
}

SessionPump::Entry& SessionPump::Add(SessionId id, const wire::SessionInfo& info,
                                     SessionLimit::Slot slot) {
  shared_.Count(kSessionsTotal);
  shared_.Count(kSessions);
  Entry& entry = entries_[id];
  entry.facts.info = info;
  entry.slot = std::move(slot);
  return entry;
}

void SessionPump::OnDialed(SessionId id, Result<Dialer::Connected> connected) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  at->second.dial = DialId{};
  if (!connected) return ResetBoth(id, EndCodeOf(at->second, connected.error()));
  at->second.facts.backend = std::move(connected->backend);
  if (at->second.facts.info.target) OnTargetConnected(id, at->second, connected->fd.get());
  if (!StartSession(id, at->second, std::move(connected->fd))) return;
  if (at->second.facts.fin) {
    OnFin(id);
  } else {
    port_.Resume(id);
  }
}

bool SessionPump::StartSession(SessionId id, Entry& entry, UniqueFd fd) {
  entry.session = std::make_unique<Session>(
      static_cast<SessionOwner&>(*this), id, std::move(fd),
      entry.facts.info.flow ? Session::Socket::kUnix : Session::Socket::kInternet);
  entry.sender = senders_.Make(id);
  const auto started = entry.session->Start(shared_.sockets);
  if (started) {
    entry.times = std::make_unique<SessionClock::Times>(id, entry.session->fd());
    clock_.Begin(*entry.times, Now());
    ArmClock();
    return true;
  }
  Log(LogLevel::kError, "session-failed", started.error().message,
      {{"SERVICE", shared_.service.name.text()}});
  shared_.Count(kInternalErrors);
  ResetBoth(id, EndCode::kInternal);
  return false;
}

std::size_t SessionPump::OnMessage(SessionId id, ByteView bytes) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return bytes.size();
  if (!at->second.session) return 0;  // Resume() once connected
  const bool limited = backend_ != nullptr && at->second.reader;
  if (limited && !rates_.MayRead(*at->second.reader)) return 0;
  const auto head = starts_.Take(id, *at->second.session, bytes);
  if (!head) {
    ResetBoth(id, EndCode::kProtocol);
    return bytes.size();
  }
  bytes = bytes.subspan(*head);
  const std::size_t written = at->second.session->Write(bytes);
  if (written == 0) return *head;
  shared_.Count(kBytesFromChannel, written);
  const TimePoint now = Now();
  if (limited) rates_.OnRead(*at->second.reader, written, now);
  report_.CountWritten(at->second.facts, written, now);
  clock_.OnWritten(*at->second.times, now);
  ArmClock();
  if (MessageSender* sender = FindSender(id)) {
    sender->OnDelivered(bytes.first(written));
    (void)senders_.Look(*sender);
  }
  return *head + written;
}

void SessionPump::OnFin(SessionId id) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  at->second.facts.fin = true;
  if (!at->second.session) return;
  clock_.OnHalfClosed(*at->second.times, Now());
  ArmClock();
  at->second.session->FinishOutput();
}

void SessionPump::OnSessionReset(SessionId id, EndCode code) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  shared_.Count(kResetsReceived);
  report_.LogFarTimeout(at->second.facts, code);
  RefuseClient(id, at->second, code);
  // What the far application had sent before it reset its connection is written; it must still
  // leave before the reset. In a Unix socket it is at its reader's already.
  if (code == EndCode::kBroken && at->second.session && !at->second.session->over() &&
      !at->second.facts.info.flow)
    departures_.Add(at->second.session->Detach());
  Drop(id, report_.FarEnd(code));
}

void SessionPump::OnWritable(SessionId id) {
  const auto at = entries_.find(id);
  if (at == entries_.end() || !at->second.session) return;
  Session& session = *at->second.session;
  if (!starts_.Flush(id)) return;
  if (MessageSender* sender = at->second.sender.get()) {
    sender->Drain();
    if (!senders_.Look(*sender)) return;
  }
  RequestTurn(session);
}

MutableByteView SessionPump::PrepareBytes(SessionId session) {
  if (shared_.service.client_byte_rate_bytes > 0) {
    const auto at = entries_.find(session);
    if (at != entries_.end() && at->second.reader && !rates_.MayRead(*at->second.reader)) return {};
  }
  if (!starts_.Flush(session)) return {};
  MessageSender* sender = FindSender(session);
  return sender ? sender->Prepare() : port_.PrepareBytes(session);
}

void SessionPump::CommitBytes(SessionId session, std::size_t count) {
  shared_.Count(kBytesToChannel, count);
  if (const auto at = entries_.find(session); count > 0 && at != entries_.end()) {
    const TimePoint now = Now();
    clock_.OnRead(*at->second.times, now);
    report_.CountRead(at->second.facts, count, now);
    if (backend_ == nullptr && at->second.reader) rates_.OnRead(*at->second.reader, count, now);
  }
  MessageSender* sender = FindSender(session);
  if (!sender) return port_.CommitBytes(session, count);
  sender->Commit(count);
  (void)senders_.Look(*sender);
}

void SessionPump::SendFin(SessionId session) {
  if (MessageSender* sender = FindSender(session)) sender->Finish();
  port_.SendFin(session);
  if (const auto at = entries_.find(session); at != entries_.end()) {
    at->second.facts.ours_ended_first = !at->second.facts.fin;
    clock_.OnHalfClosed(*at->second.times, Now());
    ArmClock();
  }
}

void SessionPump::Resume(SessionId session) { port_.Resume(session); }

void SessionPump::RequestTurn(Session& session) {
  if (std::exchange(session.queued, true)) return;
  ready_.push_back(session.id());
  turn_->Request();
}

void SessionPump::OnOutputBlocked() { shared_.Count(kOutputBlocked); }

void SessionPump::OnFinished(Session& session) {
  if (const auto at = entries_.find(session.id()); at != entries_.end())
    Drop(session.id(), report_.ClosedBy(at->second.facts));
}

void SessionPump::OnBroken(Session& session) {
  const SessionId id = session.id();
  if (MessageSender* sender = FindSender(id)) sender->Finish();
  Drop(id, {"reset", report_.OurSide()});
  shared_.Count(kResetsSent);
  port_.FinishAndReset(id);
}

void SessionPump::ResetBoth(SessionId id, EndCode code) {
  if (const auto at = entries_.find(id); at != entries_.end()) RefuseClient(id, at->second, code);
  Drop(id, report_.OwnEnd(code));
  shared_.Count(kResetsSent);
  port_.ResetSession(id, code);
}

void SessionPump::Drop(SessionId id, const service::AccessEnd& end) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  report_.LogAccess(at->second.facts, end);
  if (at->second.dial != DialId{}) backend_->Cancel(at->second.dial);
  if (at->second.session) {
    at->second.session->Abort();
    swept_.push_back(std::move(at->second.session));
    turn_->Request();
  }
  starts_.Forget(id);
  entries_.erase(at);
  shared_.Counter(kSessions) -= 1;
}

void SessionPump::OnExpired(SessionId id, SessionClock::Why why) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  ResetBoth(id, report_.CountTimeout(at->second.facts, why));
}

void SessionPump::OnMayRead(SessionId id) {
  const auto at = entries_.find(id);
  if (at == entries_.end() || !at->second.session) return;
  if (backend_ == nullptr) return RequestTurn(*at->second.session);
  resumed_.push_back(id);
  turn_->Request();
}

MessageSender* SessionPump::FindSender(SessionId id) {
  if (!shared_.module) return nullptr;
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : at->second.sender.get();
}

void SessionPump::RunTurn() {
  swept_.clear();
  for (const SessionId id : std::exchange(ready_, {})) {
    const auto at = entries_.find(id);
    if (at == entries_.end() || !at->second.session) continue;
    Session& session = *at->second.session;
    session.queued = false;
    session.Read();
  }
  for (const SessionId id : std::exchange(resumed_, {}))
    if (entries_.contains(id)) port_.Resume(id);
}

}  // namespace funnel::tcpd
