#include "funnel-tcpd/session_pump.h"

#include <utility>

#include "common/base/log.h"

namespace funnel::tcpd {

using wire::EndCode;

namespace {

constexpr std::size_t kScratchBytes = 32 * 1024;

}  // namespace

SessionPump::SessionPump(SharedState& shared, ChannelPort& port, Backend* backend)
    : shared_(shared),
      port_(port),
      backend_(backend),
      clock_(
          shared.service, [this](SessionId id, SessionClock::Why why) { OnExpired(id, why); },
          AskKernel),
      turn_(shared.loop.AddTurnHook([this] { RunTurn(); })),
      departures_(shared.loop),
      scratch_(shared.module ? kScratchBytes : 0),
      hold_timer_(shared.loop.AddTimer([this] { ReleaseHeld(); })),
      clock_timer_(shared.loop.AddTimer([this] {
        clock_.Run(Now());
        ArmClock();
      })) {}

SessionPump::~SessionPump() { ResetAll(); }

bool SessionPump::Open(Connection& connection) {
  const auto id = port_.OpenSession(connection.info);
  if (!id) {
    shared_.Count(kSessionsNoNumber);
    return false;
  }

  shared_.Count(kSessionsTotal);
  shared_.Count(kSessions);
  Entry& entry = entries_[*id];
  entry.slot = std::move(connection.slot);
  entry.info = std::move(connection.info);
  entry.reader = std::make_unique<Limited>(*this, *id, connection.client);
  (void)StartSession(*id, entry, std::move(connection.fd));
  return true;
}

void SessionPump::OnSessionOpened(SessionId id, const wire::SessionInfo& info) {
  if (shared_.draining && backend_ != nullptr) {
    shared_.Count(kSessionsDrained);
    return port_.ResetSession(id, EndCode::kDraining);
  }

  SessionLimit::Slot slot = shared_.limit.Take();
  if (backend_ == nullptr || !slot) {
    shared_.Count(backend_ == nullptr ? kInternalErrors : kSessionsOverLimit);
    return port_.ResetSession(id, backend_ == nullptr ? EndCode::kProtocol : EndCode::kLimit);
  }

  auto done = [this, id](Result<Dialer::Connected> connected) {
    OnDialed(id, std::move(connected));
  };
  auto dial = backend_->Dial(info, port_.peer(), std::move(done));
  if (!dial) return port_.ResetSession(id, EndCode::kConnectFailed);
  shared_.Count(kSessionsTotal);
  shared_.Count(kSessions);
  Entry& entry = entries_[id];
  entry.slot = std::move(slot);
  entry.info = info;
  entry.dial = *dial;
}

void SessionPump::OnDialed(SessionId id, Result<Dialer::Connected> connected) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  at->second.dial = DialId{};
  if (!connected) return ResetBoth(id, EndCode::kConnectFailed);
  at->second.backend = std::move(connected->backend);
  if (!StartSession(id, at->second, std::move(connected->fd))) return;
  if (at->second.fin) {
    OnFin(id);
  } else {
    port_.Resume(id);
  }
}

bool SessionPump::StartSession(SessionId id, Entry& entry, UniqueFd fd) {
  entry.session = std::make_unique<Session>(static_cast<SessionOwner&>(*this), id, std::move(fd));
  if (shared_.module) {
    const funnel_end end = backend_ == nullptr ? FUNNEL_CLIENT : FUNNEL_SERVER;
    entry.sender = std::make_unique<MessageSender>(port_, id, *shared_.module, end, scratch_);
  }

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
  const std::size_t written = at->second.session->Write(bytes);
  if (written == 0) return 0;
  shared_.Count(kBytesFromChannel, written);
  const TimePoint now = Now();
  CountWritten(at->second, written, now);
  clock_.OnWritten(*at->second.times, now);
  ArmClock();
  if (MessageSender* sender = FindSender(id)) {
    sender->OnDelivered(bytes.first(written));
    (void)Look(*sender);
  }
  return written;
}

void SessionPump::OnFin(SessionId id) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  at->second.fin = true;
  if (!at->second.session) return;
  clock_.OnHalfClosed(*at->second.times, Now());
  ArmClock();
  at->second.session->FinishOutput();
}

void SessionPump::OnSessionReset(SessionId id, EndCode code) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  shared_.Count(kResetsReceived);
  LogFarTimeout(at->second, code);
  // What the far application had sent before it reset its connection is written; it must still
  // leave before the reset.
  if (code == EndCode::kBroken && at->second.session && !at->second.session->over())
    departures_.Add(at->second.session->Detach());
  Drop(id, FarEnd(code));
}

void SessionPump::OnWritable(SessionId id) {
  const auto at = entries_.find(id);
  if (at == entries_.end() || !at->second.session) return;
  Session& session = *at->second.session;
  if (MessageSender* sender = at->second.sender.get()) {
    sender->Drain();
    if (!Look(*sender)) return;
  }
  RequestTurn(session);
}

void SessionPump::ResetAll() {
  while (!entries_.empty()) OnSessionReset(entries_.begin()->first, EndCode::kTruncated);
}

bool SessionPump::Reset(SessionId id) {
  if (!entries_.contains(id)) return false;
  ResetBoth(id, EndCode::kReset);
  return true;
}

MutableByteView SessionPump::PrepareBytes(SessionId session) {
  if (!MayRead(session)) return {};
  MessageSender* sender = FindSender(session);
  return sender ? sender->Prepare() : port_.PrepareBytes(session);
}

void SessionPump::CommitBytes(SessionId session, std::size_t count) {
  shared_.Count(kBytesToChannel, count);
  if (const auto at = entries_.find(session); count > 0 && at != entries_.end()) {
    const TimePoint now = Now();
    clock_.OnRead(*at->second.times, now);
    CountRead(at->second, count, now);
    if (shared_.throttle && at->second.reader)
      shared_.throttle->OnRead(*at->second.reader, count, now);
  }
  MessageSender* sender = FindSender(session);
  if (!sender) return port_.CommitBytes(session, count);
  sender->Commit(count);
  (void)Look(*sender);
}

void SessionPump::SendFin(SessionId session) {
  if (MessageSender* sender = FindSender(session)) sender->Finish();
  port_.SendFin(session);
  if (const auto at = entries_.find(session); at != entries_.end()) {
    at->second.ours_ended_first = !at->second.fin;
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
    Drop(session.id(), ClosedBy(at->second));
}

void SessionPump::OnBroken(Session& session) {
  const SessionId id = session.id();
  if (MessageSender* sender = FindSender(id)) sender->Finish();
  Drop(id, {"reset", OurSide()});
  shared_.Count(kResetsSent);
  port_.FinishAndReset(id);
}

void SessionPump::ResetBoth(SessionId id, EndCode code) {
  Drop(id, OwnEnd(code));
  shared_.Count(kResetsSent);
  port_.ResetSession(id, code);
}

void SessionPump::Drop(SessionId id, const service::AccessEnd& end) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  LogAccess(at->second, end);
  if (at->second.dial != DialId{}) backend_->Cancel(at->second.dial);
  if (at->second.session) {
    at->second.session->Abort();
    swept_.push_back(std::move(at->second.session));
    turn_->Request();
  }
  entries_.erase(at);
  shared_.Counter(kSessions) -= 1;
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
}

}  // namespace funnel::tcpd
