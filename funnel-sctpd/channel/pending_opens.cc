#include "funnel-sctpd/channel/pending_opens.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// authd gives a handshake 10 s; and it may be just starting.
constexpr Duration kAcceptTimeout = 15s;

}  // namespace

bool PendingOpens::HasRoomOn(const Association& association) const {
  const auto& limits = shared_.config.node.sctp;
  return association.half_open < limits.half_open_per_association && size_ < limits.half_open_total;
}

void PendingOpens::AskAuthd(Channel& channel, ByteView body) {
  const std::uint32_t request = next_request_++;
  Begin(channel, {.request = request});

  auto added = questions_.emplace(request, Question{&channel, Bytes(body.begin(), body.end())});
  Send(request, added.first->second);
}

void PendingOpens::AwaitNextHop(Channel& channel) { Begin(channel, {}); }

void PendingOpens::Begin(Channel& channel, Channel::HalfOpen half_open) {
  channel.half_open = half_open;
  ++channel.association()->half_open;
  ++size_;
  UpdateGauge();
  channels_.SetDeadline(channel, kAcceptTimeout);
}

void PendingOpens::Remove(Channel& channel) {
  if (!channel.half_open) return;
  if (channel.half_open->request) questions_.erase(*channel.half_open->request);
  channel.half_open.reset();
  channel.deadline.Clear();
  --channel.association()->half_open;
  --size_;
  UpdateGauge();
}

Channel* PendingOpens::Take(std::uint32_t request) {
  auto found = questions_.find(request);
  if (found == questions_.end()) return nullptr;
  Channel* channel = found->second.channel;
  Remove(*channel);
  return channel;
}

void PendingOpens::OnAuthdUp() {
  for (const auto& [request, question] : questions_) Send(request, question);
}

void PendingOpens::Send(std::uint32_t request, const Question& question) {
  shared_.authd.Send(ipc::Accept{.request = request,
                                 .association = question.channel->association()->id(),
                                 .peer = question.channel->peer,
                                 .open_body = question.open_body});
}

}  // namespace funnel::sctpd
