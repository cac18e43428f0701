#include "funnel-tcpd/command/command_starter.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/ipc/control_socket.h"
#include "common/ipc/run_messages.h"

namespace funnel::tcpd {

CommandStarter::CommandStarter(SharedState& shared)
    : shared_(shared),
      timer_(shared.loop.AddTimer([this] { OnTimer(); })),
      hook_(shared.loop.AddTurnHook([this] { DeliverAnswers(); })) {}

Result<DialId> CommandStarter::Add(const wire::SessionInfo& info, const ChannelPort::Peer& peer,
                                   Dialer::Done done) {
  if (!info.flow) return Fail("a session that is no flow of a command");
  const auto [at, is_new] = waiting_.try_emplace(info.flow->command);
  auto& flow = at->second.flows[static_cast<std::size_t>(info.flow->part)];
  if (flow) return Fail("a flow that its command has already");

  const DialId id(++last_id_);
  flow = Flow{id, std::move(done)};
  if (is_new) {
    at->second.user = info.client;
    at->second.until = Now() + shared_.service.connect_timeout;
    if (!timer_->armed()) timer_->Arm(at->second.until);
  }
  if (std::ranges::all_of(at->second.flows, [](const auto& one) { return one.has_value(); }))
    Start(at, peer);
  return id;
}

void CommandStarter::Start(Commands::iterator at, const ChannelPort::Peer& peer) {
  auto ours = Connect(at->second.user, peer);
  if (!ours) {
    shared_.Count(kConnectFailed);
    return GiveUp(at, ours.error().message);
  }

  shared_.Count(kCommandsTotal);
  for (std::size_t i = 0; i < wire::kCommandParts; ++i) {
    Flow& flow = *at->second.flows[i];
    answers_.push_back(
        {flow.id, std::move(flow.done), Dialer::Connected{std::move((*ours)[i]), {}}});
  }
  waiting_.erase(at);
  hook_->Request();
}

Result<ipc::FlowFds> CommandStarter::Connect(const std::string& user,
                                             const ChannelPort::Peer& peer) {
  auto pairs = TRY(ipc::MakeFlowPairs());
  const auto socket = TRY(ipc::ControlSocket::Connect(shared_.exec_socket));
  const ipc::Exec message{.peer = peer.name, .principal = peer.principal, .user = user};
  TRY(ipc::SendFlows(socket.fd(), ipc::Serialize(message).view(), &pairs.theirs));
  return std::move(pairs.ours);
}

void CommandStarter::GiveUp(Commands::iterator at, const std::string& why) {
  Log(LogLevel::kWarning, "command-not-started", why, {{"SERVICE", shared_.service.name.text()}});
  for (auto& flow : at->second.flows)
    if (flow) answers_.push_back({flow->id, std::move(flow->done), Fail(why)});
  waiting_.erase(at);
  hook_->Request();
}

void CommandStarter::Cancel(DialId id) {
  std::erase_if(answers_, [&](const Answer& answer) { return answer.id == id; });
  const auto has = [&](const auto& flow) { return flow && flow->id == id; };
  const auto at = std::ranges::find_if(
      waiting_, [&](const auto& entry) { return std::ranges::any_of(entry.second.flows, has); });
  if (at == waiting_.end()) return;
  std::ranges::find_if(at->second.flows, has)->reset();
  GiveUp(at, "the far side has given it up");
}

void CommandStarter::OnTimer() {
  const TimePoint now = Now();
  TimePoint next = TimePoint::max();
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto current = at++;
    if (current->second.until > now) {
      next = std::min(next, current->second.until);
      continue;
    }
    shared_.Count(kCommandsIncomplete);
    GiveUp(current, "not all of its flows came within connect-timeout");
  }
  if (next != TimePoint::max()) timer_->Arm(next);
}

void CommandStarter::DeliverAnswers() {
  while (!answers_.empty()) {
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    answer.done(std::move(answer.result));
  }
}

}  // namespace funnel::tcpd
