#include "common/service/channel/channel_keeper.h"

#include <cassert>

#include "common/base/log.h"
#include "common/base/random.h"
#include "common/base/text.h"
#include "common/wire/frame/open.h"

namespace funnel::service {
namespace {

using namespace std::chrono_literals;

// From OPEN to OPENED. Both authds may have to ask slow KDCs and DNS in between.
constexpr Duration kOpenTimeout = 15s;

std::string_view StateName(ChannelKeeper::State state) {
  switch (state) {
    case ChannelKeeper::State::kPaused:
      return "paused";
    case ChannelKeeper::State::kAttaching:
      return "attaching";
    case ChannelKeeper::State::kWaiting:
      return "waiting";
    case ChannelKeeper::State::kInitiating:
      return "initiating";
    case ChannelKeeper::State::kOpening:
      return "opening";
    case ChannelKeeper::State::kCompleting:
      return "completing";
    case ChannelKeeper::State::kUp:
      return "up";
  }
  return "?";
}

ChannelId RandomChannelId() { return ChannelId(static_cast<std::uint32_t>(RandomU64())); }

}  // namespace

ChannelKeeper::ChannelKeeper(SharedState& shared, Callbacks callbacks)
    : shared_(shared),
      callbacks_(std::move(callbacks)),
      tracer_(shared.trace, shared.service.name.text()),
      delay_(&RandomUnit) {
  timer_ = shared.loop.AddTimer([this] {
    if (state_ == State::kOpening)
      return FailAttempt(RetryDelay::Cause::kUnproven, "the peer does not answer", false);
    if (link_ != nullptr && budget_) return Initiate();
    Attach();
  });

  clean_up_ = shared.loop.AddTurnHook([this] { dropped_.clear(); });
}

ChannelKeeper::~ChannelKeeper() { DropAttempt(); }

void ChannelKeeper::SetState(State state, std::string_view reason) {
  if (state != state_) {
    std::string line(StateName(state));
    if (!reason.empty()) line.append(": ").append(reason);
    Log(LogLevel::kDebug, "channel-attempt", line,
        {{"SERVICE", shared_.service.name.text()}, {"PEER", shared_.service.peer}});
  }
  state_ = state;
  callbacks_.on_change();
}

bool ChannelKeeper::IsConsistent() const {
  if (stopping_) return true;  // what had begun was given up
  const bool asks = request_ != 0;

  switch (state_) {
    case State::kPaused:
      return !asks && !open_ && control_ == nullptr && channel_ == nullptr;
    case State::kAttaching:
      return !asks && !open_ && control_ != nullptr && link_ != nullptr;
    case State::kWaiting:
      return !asks && !open_ && control_ == nullptr && link_ != nullptr && !budget_;
    case State::kInitiating:
      return asks && !open_ && link_ != nullptr && budget_;
    case State::kOpening:
      return !asks && open_ && open_->handshake != 0 && link_ != nullptr;
    case State::kCompleting:
      return asks && open_ && open_->handshake == 0 && link_ != nullptr;
    case State::kUp:
      return !asks && !open_ && channel_ != nullptr;
  }
  return false;
}

std::string ChannelKeeper::StatusText() const {
  const std::string& peer = shared_.service.peer;
  switch (state_) {
    case State::kPaused:
      return reason_.empty() ? "starts" : "waits before the next try: " + reason_;
    case State::kAttaching:
      return "waits for funnel-sctpd";
    case State::kWaiting:
      return "waits for the association with " + peer;
    case State::kInitiating:
      return shared_.authd.connected() ? "asks for a ticket" : "waits for funnel-authd";
    case State::kOpening:
    case State::kCompleting:
      return "opens a channel to " + peer;
    case State::kUp:
      return "channel to " + peer + " is up";
  }

  return {};
}

void ChannelKeeper::Start() { Attach(); }

void ChannelKeeper::Stop() {
  stopping_ = true;
  timer_->Disarm();
  for (auto& channel : draining_) channel->Close(wire::EndCode::kShutdown, "the service stops");
  if (channel_ != nullptr) return channel_->Close(wire::EndCode::kShutdown, "the service stops");
  DropAttempt();
  DropLink();
}

void ChannelKeeper::Attach() {
  if (stopping_) return;
  auto lost = [this](const std::string& what) {
    FailAttempt(RetryDelay::Cause::kLost, what, false);
  };
  SetState(State::kAttaching, "");
  DropLink();
  auto pair = ipc::ChannelSocketPair::Create();
  if (!pair) return lost(pair.error().message);
  auto link = ChannelLink::Create(shared_.loop, shared_.buffer, std::move(pair->ours), *this);
  if (!link) return lost(link.error().message);

  auto control = ipc::ControlConnection::Connect(
      shared_.loop, shared_.sctpd_path,
      {[this](ByteView packet, UniqueFd) { OnControlMessage(packet); },
       [this, lost](const Error&) {
         if (state_ == State::kAttaching) lost("funnel-sctpd closed the connection");
       }});

  if (!control) return lost(control.error().message);
  control_ = std::move(*control);
  link_ = std::move(*link);
  control_->Send(ipc::Attach{shared_.service.name, shared_.service.peer}, std::move(pair->theirs));
  assert(IsConsistent());
}

void ChannelKeeper::OnControlMessage(ByteView packet) {
  if (state_ != State::kAttaching) return;
  if (ipc::Parse<ipc::Attached>(packet)) {
    control_.reset();
    SetState(State::kWaiting, "funnel-sctpd carries it");
    link_->SendNote({ipc::NoteState::kWaiting, shared_.service.identity.text(),
                     shared_.service.expect.text(), "", false});
    link_->Resume();
    assert(IsConsistent());
    return;
  }

  auto rejected = ipc::Parse<ipc::Rejected>(packet);
  FailAttempt(RetryDelay::Cause::kProven,
              "funnel-sctpd rejects it: " +
                  EscapeForLog(rejected ? rejected->text : rejected.error().message),
              false);
}

void ChannelKeeper::OnFrame(const wire::FrameHeader& header, MutableByteView frame) {
  ByteView body = frame.subspan(wire::kFrameHeaderSize);
  if (!wire::IsLocal(header.type)) tracer_.OnClear(/*outgoing=*/false, header.type, frame.size());
  if (header.type == wire::FrameType::kLinkUp) {
    auto up = ipc::LinkUp::Parse(body);
    if (!up) return shared_.Count(kFramesMalformed);
    budget_ = up->budget;
    if (state_ == State::kWaiting) Initiate();
    return;
  }

  bool answer = state_ == State::kOpening && header.channel == open_->id;
  if (answer && header.type == wire::FrameType::kOpened) return OnOpened(body);
  if (answer && header.type == wire::FrameType::kRefused) return OnRefused(body);
  if (answer && header.type == wire::FrameType::kClosed)
    return FailAttempt(RetryDelay::Cause::kUnproven, "the peer closed the channel", false);
  shared_.Count(kFramesMalformed);
}

void ChannelKeeper::Initiate() {
  if (stopping_) return;
  SetState(State::kInitiating, "the association is up");
  ipc::Initiate initiate;
  initiate.service = shared_.service.name;
  request_ = shared_.authd.Ask(std::move(initiate), [this](AuthdClient::Answer answer) {
    request_ = 0;
    OnInitiated(std::move(answer));
  });
  assert(IsConsistent());
}

void ChannelKeeper::OnInitiated(AuthdClient::Answer answer) {
  if (auto* failure = std::get_if<AuthdClient::Failure>(&answer)) return FailByAuthd(*failure);
  auto* opening = std::get_if<ipc::Opening>(&answer);
  if (opening == nullptr)
    return FailAttempt(RetryDelay::Cause::kProven, "authd gave an answer that does not fit", false);
  open_ = Open{.id = RandomChannelId(), .handshake = opening->handshake};
  SetState(State::kOpening, "");
  timer_->ArmAfter(kOpenTimeout);
  link_->SendNote({ipc::NoteState::kOpening, shared_.service.identity.text(),
                   shared_.service.expect.text(), "", false});
  tracer_.OnClear(/*outgoing=*/true, wire::FrameType::kOpen,
                  wire::kFrameHeaderSize + opening->open_body.size());
  link_->Send(wire::FrameType::kOpen, open_->id, opening->open_body);
  assert(IsConsistent());
}

void ChannelKeeper::OnOpened(ByteView body) {
  SetState(State::kCompleting, "OPENED has come");
  timer_->Disarm();
  // Sealed frames may follow at once; they wait until the keys are here.
  link_->Pause();
  Bytes reply(body.begin(), body.end());
  const std::uint64_t handshake = std::exchange(open_->handshake, 0);
  request_ = shared_.authd.Ask(ipc::Complete{0, handshake, std::move(reply)},
                               [this](AuthdClient::Answer answer) {
                                 request_ = 0;
                                 OnCompleted(std::move(answer));
                               });
  assert(IsConsistent());
}

void ChannelKeeper::OnRefused(ByteView body) {
  timer_->Disarm();
  auto refused = wire::RefusedBody::Parse(body);
  std::string text = refused ? EscapeForLog(refused->text) : "an unreadable refusal";
  shared_.Count(kChannelsRefused);
  open_->refused = true;

  // The acceptor's authd may have sealed a reason for ours; if not, ours may doubt the ticket.
  SetState(State::kCompleting, "REFUSED has come");
  Bytes copy(body.begin(), body.end());
  const std::uint64_t handshake = std::exchange(open_->handshake, 0);
  request_ = shared_.authd.Ask(
      ipc::CompleteRefused{0, handshake, std::move(copy)},
      [this, text](AuthdClient::Answer answer) {
        request_ = 0;
        auto* failure = std::get_if<AuthdClient::Failure>(&answer);
        bool proven = failure != nullptr && failure->authenticated;
        FailAttempt(proven ? RetryDelay::Cause::kProven : RetryDelay::Cause::kUnproven,
                    "refused: " + (proven ? EscapeForLog(failure->text) : text), proven);
      });
  assert(IsConsistent());
}

void ChannelKeeper::OnCompleted(AuthdClient::Answer answer) {
  if (auto* failure = std::get_if<AuthdClient::Failure>(&answer)) return FailByAuthd(*failure);
  auto* context = std::get_if<ipc::Context>(&answer);
  if (context == nullptr)
    return FailAttempt(RetryDelay::Cause::kProven, "authd gave an answer that does not fit", false);
  if (link_ == nullptr || link_->lost()) {
    shared_.authd.Release(context->context);
    return FailAttempt(RetryDelay::Cause::kLost, "funnel-sctpd has gone", false);
  }

  std::uint64_t number = context->context;
  auto channel = EdgeChannel::Create(shared_, std::move(link_),
                                     {wire::Role::kInitiator, open_->id, shared_.service.peer,
                                      budget_.value_or(0), std::move(*context)},
                                     *this);
  if (!channel) {
    shared_.authd.Release(number);
    return FailAttempt(RetryDelay::Cause::kProven, channel.error().message, false);
  }

  channel_ = std::move(*channel);
  open_.reset();
  reason_.clear();
  delay_.OnUp();
  SetState(State::kUp, "");
  assert(IsConsistent());
  channel_->Start();
}

}  // namespace funnel::service
