// All associations of one SCTP port: which association a packet belongs to, who may begin one,
// whose turn it is to send, and when the next timer is due. An idle association costs only its
// memory.
//
// Thread: one. EndpointObserver is called only from OnPacket and OnTimer. Inside these calls
// everything may be called except OnPacket, OnTimer, NextPacket and the destructor.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>

#include "common/base/error.h"
#include "sctp/association/association.h"
#include "sctp/base/ring.h"
#include "sctp/base/timer_heap.h"
#include "sctp/endpoint/strangers.h"
#include "sctp/wire/packet.h"

namespace sctp {

using funnel::AssociationId;
using funnel::Result;

struct EndpointSettings {
  std::uint16_t port = 0;
  AssociationSettings association;
  CookieBox::Settings cookies;
  Strangers::Settings strangers;
  std::size_t max_associations = 4096;
};

class EndpointObserver {
 public:
  virtual ~EndpointObserver() = default;
  // INCOMING: our Connect did not begin it.
  virtual void OnUp(AssociationId association, const Address& peer, bool incoming) = 0;
  // Called once for each that Connect or OnUp named; nothing about it follows.
  virtual void OnDown(AssociationId association, DownReason reason, std::string_view text) = 0;
  virtual void OnMessage(AssociationId association, StreamId stream, std::uint32_t protocol,
                         MutableByteView message) = 0;
  virtual void OnWritable(AssociationId association) = 0;
  // Packets go to PEER from now on; FAILED: because the former path fell silent.
  virtual void OnMoved(AssociationId /*association*/, const Address& /*peer*/, bool /*failed*/) {}
};

// The owner's decisions about peers. Called from OnPacket and Connect; nothing may be called
// inside.
class EndpointPolicy {
 public:
  virtual ~EndpointPolicy() = default;
  enum class Ask { kInit, kCookieEcho, kOther };
  // Whether a packet of no association may be answered now; or for a COOKIE ECHO with the right
  // MAC, whether it may be believed.
  virtual bool MayAsk(const Address& from, Ask ask, TimePoint now) = 0;
  // Whether there may be one more association with that address.
  virtual bool MayAccept(const Address& from) = 0;
  // The largest packet towards PEER, at most AssociationSettings::packet_bytes.
  virtual std::size_t PacketBytes(const Address& peer) const = 0;
};

struct EndpointCounters {
  std::uint64_t packets_malformed = 0;    // too short, a bad checksum, chunks that end beyond it
  std::uint64_t packets_other_port = 0;   // not for our port
  std::uint64_t packets_bad_tag = 0;      // of no association
  std::uint64_t packets_other_place = 0;  // a right tag, from an address that is not the peer's
  std::uint64_t strangers_limited = 0, inits = 0, inits_bad = 0;
  std::uint64_t cookies_forged = 0, cookies_stale = 0, cookies_refused = 0;
  std::uint64_t refused_full = 0;  // beyond EndpointSettings::max_associations
  std::uint64_t restarts = 0, collisions = 0;
  std::uint64_t out_of_the_blue = 0;  // answered with ABORT or SHUTDOWN COMPLETE
  // Of all associations, including those that are over (SenderCounters).
  std::uint64_t retransmitted_chunks = 0, copied_chunks = 0, expired_messages = 0;
};

class Endpoint {
 public:
  // RANDOM and OBSERVER outlive it.
  Endpoint(const EndpointSettings& settings, RandomSource& random, EndpointObserver& observer,
           TimePoint now);
  ~Endpoint();

  // Replaces EndpointSettings::strangers and packet_bytes; it outlives the endpoint.
  void SetPolicy(EndpointPolicy* policy) { policy_ = policy; }

  // Connects from OWN_PORT, which may differ from the port where others begin associations: so
  // peers can distinguish two nodes behind one address. OnUp or OnDown follows. Fails with EISCONN
  // if there is one between these ports and addresses, and with ENOSPC at
  // EndpointSettings::max_associations.
  [[nodiscard]] Result<AssociationId> Connect(const Address& peer, std::uint16_t peer_port,
                                              std::uint16_t own_port, TimePoint now);
  [[nodiscard]] Result<AssociationId> Connect(const Address& peer, std::uint16_t peer_port,
                                              TimePoint now) {
    return Connect(peer, peer_port, settings_.port, now);
  }
  [[nodiscard]] SendStatus Send(AssociationId id, StreamId stream, ByteView message,
                                const SendOptions& options, TimePoint now);
  void Configure(AssociationId id, StreamId stream, const StreamShare& share);
  void Trust(AssociationId id, TimePoint now);
  // All addresses by which the peer may be reached, best first; they replace those that it listed
  // itself. False: there is no such association, or it is not up.
  bool OfferPaths(AssociationId id, const std::vector<Address>& addresses, TimePoint now);
  // Ends it in order: OnDown(kShutdown) follows. Or at once: nothing follows.
  void Shutdown(AssociationId id, TimePoint now);
  void Abort(AssociationId id, std::string_view reason);
  // Called inside OnUp: as Abort, but first the peer learns that the association is up. Otherwise
  // the SCTP of some peers tells nobody the reason (Linux).
  void Refuse(AssociationId id, std::string_view reason);

  // PACKET may be changed in place.
  void OnPacket(const Address& from, MutableByteView packet, Checksum checksum, TimePoint now);
  struct Departure {
    Address to;
    std::size_t size = 0;
    // The association that sends it; 0: an answer to a stranger.
    AssociationId association{};
    // It tests whether a packet of its size arrives: IP must not fragment it ("don't fragment"), as
    // it may fragment all others.
    bool must_stay_whole = false;
  };
  // Writes the next packet into BUFFER of at least AssociationSettings::packet_bytes. Call it until
  // it has none; those of one association follow each other as long as its train lasts.
  [[nodiscard]] std::optional<Departure> NextPacket(MutableByteView buffer, TimePoint now);
  // Whether there may be one.
  [[nodiscard]] bool HasPackets() const { return !ready_.empty() || !replies_.empty(); }
  [[nodiscard]] TimePoint NextTimer() const { return timers_.time(); }
  void OnTimer(TimePoint now);

  // nullptr: it is unknown, or no longer known.
  [[nodiscard]] const Association* Find(AssociationId id) const;
  [[nodiscard]] const EndpointCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t associations() const { return by_id_.size(); }

 private:
  struct Slot;
  struct Place {
    Address address;
    std::uint16_t port = 0;  // the peer's
    std::uint16_t own_port = 0;
    bool operator==(const Place&) const = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const {
      return std::hash<Address>{}(place.address) * 31 +
             (std::size_t{place.own_port} << 16 | place.port);
    }
  };
  struct Reply {
    Address to;
    Bytes packet;
  };

  Slot& AddSlot(const Place& place);
  Association::Identity NewIdentity(const Place& place);
  [[nodiscard]] std::size_t PacketBytes(const Address& peer) const;
  [[nodiscard]] AssociationSettings SettingsFor(const Address& peer) const;
  // Whether a packet of no association may be handled; counts it otherwise.
  [[nodiscard]] bool Admit(const Address& from, EndpointPolicy::Ask ask, TimePoint now);
  [[nodiscard]] static Place PlaceOf(const Address& from, const CommonHeader& header) {
    return {from, header.source_port, header.destination_port};
  }
  [[nodiscard]] Slot* FindSlot(AssociationId id) const;
  // The association in that place. One that is over, and has only its last packet to send, has no
  // place.
  [[nodiscard]] Slot* FindPlace(const Place& place) const;
  // Puts SLOT into the queue of those that NextPacket looks at.
  void Touch(Slot& slot);
  void Remove(Slot& slot);
  // Gives an association that still begins another tag and TSN.
  void Renew(Slot& slot);
  // Adds what SLOT has counted since the last time to the endpoint's counters.
  void Count(Slot& slot);
  // Makes PEER the address under which SLOT is found.
  void Rekey(Slot& slot, const Address& peer);
  // SLOT has nothing more to send: sets its timer, or removes it.
  void Settle(Slot& slot, TimePoint now);

  void OnInit(const Address& from, const PacketView& packet, const ChunkView& chunk, TimePoint now);
  // An INIT of a peer that has an association in SLOT already: makes COOKIE fit that. False: that
  // INIT was given another answer.
  [[nodiscard]] bool FitToPresent(Slot& slot, const CommonHeader& header,
                                  const std::vector<Host>& hosts, Cookie& cookie, TimePoint now);
  void RefuseInit(const Address& from, const CommonHeader& header, CauseCode cause,
                  ByteView value = {});
  void OnCookieEcho(const Address& from, const PacketView& packet, const ChunkView& chunk,
                    TimePoint now);
  // COOKIE is valid: it is a new association, a restart, a collision or a duplicate.
  void UseCookie(const Place& place, const Cookie& cookie, const PacketView& packet, TimePoint now);
  // The peer has really restarted: begins the association that its cookie describes.
  void Succeed(Slot& slot, TimePoint now);
  void Restart(Slot& slot, const Cookie& cookie, const PacketView& packet, TimePoint now);
  void Accept(const Place& place, const Cookie& cookie, const PacketView& packet, TimePoint now);
  void OnReflected(const Address& from, const PacketView& packet, const ChunkView& chunk,
                   TimePoint now);
  void OutOfTheBlue(const Address& from, const PacketView& packet, const ChunkView& first,
                    TimePoint now);
  template <typename Write>
  void ReplyWith(const Address& to, const CommonHeader& header, Write write);

  EndpointSettings settings_;
  RandomSource& random_;
  EndpointObserver& observer_;
  EndpointPolicy* policy_ = nullptr;
  CookieBox cookies_;
  Strangers strangers_;
  BufferPool buffers_;
  EndpointCounters counters_;

  std::vector<std::unique_ptr<Slot>> slots_;  // by number, which timers and ready lists use
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::uint32_t, std::uint32_t> by_tag_;  // by our own tags
  std::unordered_map<Place, std::uint32_t, PlaceHash> by_place_;
  std::unordered_map<AssociationId, std::uint32_t> by_id_;
  std::uint64_t next_id_ = 1;
  TimerHeap timers_;
  Ring<std::uint32_t> ready_;
  std::deque<Reply> replies_;
};

}  // namespace sctp
