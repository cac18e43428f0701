// An association of an endpoint, and what the endpoint stores with it.
#pragma once

#include <memory>
#include <optional>

#include "sctp/association/association.h"
#include "sctp/endpoint/observer.h"
#include "sctp/endpoint/rules.h"

namespace sctp {

class SlotTable;

// Between which addresses and ports an association is.
struct SlotPlace {
  Address address;
  std::uint16_t port = 0;  // the peer's
  std::uint16_t own_port = 0;
  bool operator==(const SlotPlace&) const = default;
};
struct PlaceHash {
  std::size_t operator()(const SlotPlace& place) const {
    return std::hash<Address>{}(place.address) * 31 +
           (std::size_t{place.own_port} << 16 | place.port);
  }
};
[[nodiscard]] inline SlotPlace PlaceOf(const Address& from, const CommonHeader& header) {
  return {from, header.source_port, header.destination_port};
}

// Owned by the table. Reports what its association reports, with its id.
struct Slot : AssociationEvents {
  struct Around {
    EndpointObserver& observer;
    const Rules& rules;
    SlotTable& table;
  };
  Slot(const Around& owners, std::uint32_t place_in_table, AssociationId own_id,
       const SlotPlace& where)
      : around(owners), number(place_in_table), id(own_id), place(where) {}

  void OnUp() override { around.observer.OnUp(id, place.address, incoming); }
  void OnDown(DownReason reason, std::string_view text) override {
    around.observer.OnDown(id, reason, text);
  }
  void OnMessage(StreamId stream, std::uint32_t protocol, MutableByteView message) override {
    around.observer.OnMessage(id, stream, protocol, message);
  }
  void OnWritable() override { around.observer.OnWritable(id); }
  void OnMoved(const Address& address, bool failed) override;
  [[nodiscard]] std::size_t PacketBytes(const Address& address) const override {
    return around.rules.PacketBytes(address);
  }

  Around around;
  std::uint32_t number;
  AssociationId id;
  SlotPlace place;
  bool incoming = false;
  bool ready = false;  // it waits for its turn (Turns)
  int train = 0;       // packets sent in its present turn
  // What the endpoint has counted of these.
  std::uint64_t retransmitted_chunks = 0, copied_chunks = 0, expired_messages = 0;
  std::unique_ptr<Association> association;
  // Of a peer that claims to have restarted, while the question is being asked.
  std::optional<Cookie> successor;
};

}  // namespace sctp
