#include "funnel-sctpd/channel/link_table.h"

#include <utility>

#include "common/wire/frame/open.h"

namespace funnel::sctpd {
namespace {

// How many links a service may have beyond its configured channels.
constexpr std::size_t kSpareLinks = 32;

}  // namespace

bool LinkTable::HasRoomFor(const config::ServiceConfig& service) const {
  const auto attached = of_service_.find(service.name.text());
  return attached == of_service_.end() || attached->second < service.channels + kSpareLinks;
}

void LinkTable::Set(Channel& channel, std::unique_ptr<FrameLink> link) {
  by_link_.emplace(link.get(), &channel);
  channel.link = std::move(link);
  ++of_service_[channel.service];
  shared_.counters[kLinks] = by_link_.size();
}

std::unique_ptr<FrameLink> LinkTable::Take(Channel& channel) {
  by_link_.erase(channel.link.get());
  shared_.counters[kLinks] = by_link_.size();
  if (auto of = of_service_.find(channel.service); --of->second == 0) of_service_.erase(of);

  auto link = std::move(channel.link);
  NoteQueued(channel);
  return link;
}

Channel* LinkTable::Find(const FrameLink* link) const {
  auto found = by_link_.find(link);
  return found == by_link_.end() ? nullptr : found->second;
}

void LinkTable::Announce(Channel& channel, Association& association) {
  channel.Join(association);
  auto budget = static_cast<std::uint32_t>(shared_.engine->MaxUnfragmented(association.id()));
  channel.link->Append(wire::FrameType::kLinkUp, ChannelId(), ipc::LinkUp{budget}.Serialize());
  MarkDirty(channel);
}

void LinkTable::RefuseEdge(Channel& channel, ChannelId id, const std::string& text) {
  channel.id = id;
  wire::RefusedBody body{.code = wire::RefusalCode::kBusy, .text = text};
  channel.link->Append(wire::FrameType::kRefused, id, body.Serialize());
  MarkDirty(channel);
  channel.SetState(ChannelState::kRefused, text);
}

void LinkTable::MarkDirty(Channel& channel) {
  if (channel.dirty) return;
  channel.dirty = true;
  dirty_.push_back(&channel);
  shared_.work();
}

void LinkTable::NoteQueued(Channel& channel) {
  const std::size_t queued = channel.link != nullptr ? channel.link->pending_for_edge_bytes() : 0;
  queued_to_edges_ += queued - std::exchange(channel.queued_to_edge, queued);
}

void LinkTable::UpdateGauges() {
  shared_.counters[kQueuedToEdgesBytes] = queued_to_edges_;
  shared_.counters[kLinks] = by_link_.size();
}

}  // namespace funnel::sctpd
