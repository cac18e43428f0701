#include "funnel-authd/peer/peer_links.h"

#include <algorithm>
#include <chrono>
#include <fstream>

#include "common/base/log.h"
#include "common/base/replace_file.h"

namespace funnel::authd {

PeerLink* PeerLinks::LinkOf(ClientId sctpd, AssociationId association) {
  Entry& entry = links_[association];
  // An association's number is given by its sctpd: from another sctpd it names another association.
  if (entry.link && entry.sctpd == sctpd) return entry.link.get();
  if (!entry.link && links_.size() > kMaxLinks) {
    links_.erase(association);
    ++shared_.counters[kBusy];
    return nullptr;
  }
  entry.sctpd = sctpd;
  entry.link = std::make_unique<PeerLink>(shared_, sctpd, association, instance_);
  return entry.link.get();
}

void PeerLinks::On(ClientId sctpd, const ipc::PeerStart& message) {
  if (PeerLink* link = LinkOf(sctpd, message.association)) link->Start(message.peer);
}

void PeerLinks::On(ClientId sctpd, ipc::PeerFrame message) {
  if (PeerLink* link = LinkOf(sctpd, message.association)) link->OnFrame(std::move(message.frame));
}

void PeerLinks::On(ClientId sctpd, const ipc::PeerGone& message) {
  auto found = links_.find(message.association);
  if (found != links_.end() && found->second.sctpd == sctpd) links_.erase(found);
}

void PeerLinks::ClientGone(ClientId client) {
  std::erase_if(links_, [client](const auto& entry) { return entry.second.sctpd == client; });
}

void PeerLinks::Recheck() {
  for (auto& [association, entry] : links_) entry.link->Recheck();
}

const PeerLink* PeerLinks::OfPeer(const std::string& peer) const {
  const PeerLink* best = nullptr;
  for (const auto& [association, entry] : links_) {
    const PeerLink& link = *entry.link;
    if (link.peer() != peer) continue;
    if (best == nullptr || link.state() == PeerLink::State::kVerified) best = &link;
  }
  return best;
}

std::uint64_t NextInstance(const std::string& state_dir) {
  const std::string path = state_dir + "/instance";
  std::uint64_t last = 0;
  std::ifstream(path) >> last;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::uint64_t instance = std::max<std::uint64_t>(
      last + 1, static_cast<std::uint64_t>(
                    std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
  // A crash must not bring an earlier number back, or peers would keep the association from before
  // it. The clock alone gives each start another number only as long as it is not set back.
  if (auto kept = ReplaceFile(path, std::to_string(instance) + "\n"); !kept)
    Log(LogLevel::kWarning, "state-not-kept", kept.error().message);
  return instance;
}

}  // namespace funnel::authd
