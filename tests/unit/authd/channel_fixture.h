// A channel's handshake through two whole authds.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "common/ipc/authd_messages.h"
#include "tests/unit/authd/two_nodes.h"

namespace funnel::authd {

using test::TestClient;

class ChannelTest : public test::TwoRunningNodes {
 protected:
  ipc::Opening Open(const std::string& service = "dns") {
    edge_.Send(ipc::Initiate{.request = ++request_, .service = Service(service)});
    return edge_.Receive<ipc::Opening>();
  }
  void SendAccept(const Bytes& open_body, const std::string& peer = "branch") {
    sctpd_.Send(ipc::Accept{.request = ++request_,
                            .association = AssociationId(1),
                            .peer = peer,
                            .open_body = open_body});
  }
  ipc::Accepted Accept(const Bytes& open_body) {
    SendAccept(open_body);
    return sctpd_.Receive<ipc::Accepted>();
  }
  ipc::AcceptRefused Refusal(const Bytes& open_body, const std::string& peer = "branch") {
    SendAccept(open_body, peer);
    return sctpd_.Receive<ipc::AcceptRefused>();
  }
  ipc::Context Complete(std::uint64_t handshake, const Bytes& reply) {
    edge_.Send(ipc::Complete{.request = ++request_, .handshake = handshake, .reply = reply});
    return edge_.Receive<ipc::Context>();
  }
  ipc::Context Redeem(const Secret& claim, const std::string& service = "dns") {
    backend_edge_.Send(
        ipc::Redeem{.request = ++request_, .service = Service(service), .claim = claim.Clone()});
    return backend_edge_.Receive<ipc::Context>();
  }
  // Both ends' contexts of a channel of dns.
  std::pair<ipc::Context, ipc::Context> Establish() {
    const auto opening = Open();
    auto accepted = Accept(opening.open_body);
    auto theirs = Redeem(accepted.claim);
    return {Complete(opening.handshake, accepted.opened_body), std::move(theirs)};
  }
  static void ExpectSameKeys(const ipc::Context& ours, const ipc::Context& theirs) {
    EXPECT_EQ(ours.enctype, theirs.enctype);
    EXPECT_TRUE(std::ranges::equal(ours.key.view(), theirs.key.view()));
    EXPECT_TRUE(std::ranges::equal(ours.exporter.view(), theirs.exporter.view()));
    EXPECT_EQ(ours.confirm, theirs.confirm);
    EXPECT_EQ(ours.confirm.size(), 32u);
  }

  TestClient edge_ = branch_node_->Connect(), backend_edge_ = hoster_node_->Connect(),
             sctpd_ = hoster_node_->Connect();
  std::uint32_t request_ = 0;
};

}  // namespace funnel::authd
