// The links of channels: whose each is, how many a service has, how much waits in them for edges,
// and which have something to write at the end of the turn. Owned by the ChannelTable.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "funnel-sctpd/channel/channel.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

class LinkTable {
 public:
  explicit LinkTable(SharedState& shared) : shared_(shared) {}

  // Whether SERVICE may have one more. An edge that restarts may overlap with its predecessor; a
  // faulty edge must not use up our descriptors.
  [[nodiscard]] bool HasRoomFor(const config::ServiceConfig& service) const;
  // Gives LINK to CHANNEL, which has none and whose service is known.
  void Set(Channel& channel, std::unique_ptr<FrameLink> link);
  // Takes the link from CHANNEL, which has one.
  [[nodiscard]] std::unique_ptr<FrameLink> Take(Channel& channel);
  // nullptr: it belongs to no channel, or no longer to one.
  [[nodiscard]] Channel* Find(const FrameLink* link) const;

  // Reports to the link that its association is up.
  void Announce(Channel& channel, Association& association);
  // Sends the edge a REFUSED of ours, for channel ID; it may open again.
  void RefuseEdge(Channel& channel, ChannelId id, const std::string& text);

  // Something was appended to CHANNEL's link, or it may be written to again.
  void MarkDirty(Channel& channel);
  // Writes to all that are marked. ON_BROKEN is called for each whose far end is gone; it may take
  // the link from its channel.
  template <typename OnBroken>
  void Flush(OnBroken&& on_broken) {
    for (Channel* channel : dirty_) {
      channel->dirty = false;
      if (channel->link != nullptr && !channel->ending && !channel->link->Flush())
        on_broken(*channel);
      NoteQueued(*channel);
    }
    dirty_.clear();
  }

  void UpdateGauges();

 private:
  // Updates the sum of what waits for edges, from CHANNEL's link.
  void NoteQueued(Channel& channel);

  SharedState& shared_;
  std::unordered_map<const FrameLink*, Channel*> by_link_;
  std::map<std::string, std::size_t> of_service_;
  std::vector<Channel*> dirty_;
  std::size_t queued_to_edges_ = 0;
};

}  // namespace funnel::sctpd
