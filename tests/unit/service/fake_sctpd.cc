#include "tests/unit/service/fake_sctpd.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/service/fake_server.h"

namespace funnel::service {
namespace {

constexpr std::uint32_t kBudget = 1384;

}  // namespace

FakeSctpd::FakeSctpd(event::Loop& loop, std::string path, std::string service_path)
    : loop_(loop), path_(std::move(path)), service_path_(std::move(service_path)) {}

void FakeSctpd::Start() {
  listener_ = *ipc::ControlListener::Create(loop_, ListenAt(path_), [this](UniqueFd fd) {
    AcceptInto(loop_, connections_, std::move(fd),
               [this](ipc::ControlConnection& connection, ByteView packet, UniqueFd passed) {
                 OnAttach(connection, packet, std::move(passed));
               });
  });
}

void FakeSctpd::Stop() {
  listener_.reset();
  connections_.clear();
  relays_.clear();
  service_.reset();
  unlink(path_.c_str());
}

void FakeSctpd::DropAssociation(ipc::LinkEndCode code) {
  ipc::LinkEnd end{code, "no answer"};
  for (auto& relay : relays_)
    for (End* one : {&relay->near, &relay->far})
      if (one->fd) Send(*one, wire::FrameType::kLinkEnd, ChannelId(), end.Serialize());
  relays_.clear();
}

void FakeSctpd::SendRaw(ByteView bytes) {
  for (auto& relay : relays_)
    EXPECT_EQ(send(relay->near.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT),
              static_cast<ssize_t>(bytes.size()));
}

void FakeSctpd::OnAttach(ipc::ControlConnection& connection, ByteView packet, UniqueFd fd) {
  ASSERT_TRUE(ipc::Parse<ipc::Attach>(packet));
  ++attaches;
  if (reject) {
    connection.Send(ipc::Rejected{*reject});
    return;
  }
  connection.Send(ipc::Attached{});
  relays_.push_back(std::make_unique<Relay>());
  Relay& relay = *relays_.back();
  relay.near.fd = std::move(fd);
  Watch(relay, relay.near, true);
  if (link_up)
    Send(relay.near, wire::FrameType::kLinkUp, ChannelId(), ipc::LinkUp{kBudget}.Serialize());
}

void FakeSctpd::Watch(Relay& relay, End& end, bool is_near) {
  end.watch = *loop_.AddIo(end.fd.get(), EPOLLIN, [this, &relay, &end, is_near](std::uint32_t) {
    Flush(end);
    Read(relay, end, is_near);
  });
}

void FakeSctpd::Read(Relay& relay, End& end, bool is_near) {
  End& other = is_near ? relay.far : relay.near;
  auto status = end.reader.Drain(end.fd.get(), buffer_, [&](MutableByteView frame) {
    auto header = *wire::FrameHeader::Parse(frame);
    (is_near ? from_near : from_far).push_back(header.type);
    if (header.type == wire::FrameType::kNote) {
      if (is_near) notes.push_back(*ipc::Note::Parse(frame.subspan(wire::kFrameHeaderSize)));
    } else if (!is_near || FromNear(relay, frame)) {
      if (is_near && tamper) tamper(frame);
      if (other.fd) other.writer.Append(frame);
    }
    return true;
  });

  if (other.fd) Flush(other);
  if (status && *status != ipc::FrameReader::Status::kClosed) return;
  // As sctpd does for an edge that has gone without CLOSED; a clean end has sent its own before.
  if (other.fd) {
    Send(other, wire::FrameType::kClosed, ChannelId(1),
         wire::ClosedBody{wire::ClosedCode::kAborted}.Serialize());
    ipc::LinkEnd over;
    Send(other, wire::FrameType::kLinkEnd, ChannelId(), over.Serialize());
  }
  loop_.Defer([this, gone = &relay] {
    std::erase_if(relays_, [gone](const auto& one) { return one.get() == gone; });
  });
}

bool FakeSctpd::FromNear(Relay& relay, ByteView frame) {
  auto header = *wire::FrameHeader::Parse(frame);
  if (header.type != wire::FrameType::kOpen) return true;
  ++opens;
  if (swallow_open) return false;
  if (refuse) {
    Send(relay.near, wire::FrameType::kRefused, header.channel, refuse->Serialize());
  } else {
    Adopt(relay, header);
  }
  return false;
}

void FakeSctpd::Adopt(Relay& relay, const wire::FrameHeader& header) {
  if (service_ == nullptr)
    service_ = *ipc::ControlConnection::Connect(
        loop_, service_path_,
        {[](ByteView, UniqueFd) {}, [this](const Error&) { service_.reset(); }});
  auto pair = ipc::ChannelSocketPair::Create();
  ASSERT_TRUE(pair);
  relay.far.fd = std::move(pair->ours);
  Watch(relay, relay.far, false);
  ipc::Adopt adopt{*ServiceName::Parse("dns"), "near", Secret(std::size_t{32}),
                   header.channel.value(), kBudget};
  service_->Send(adopt, std::move(pair->theirs));
  Send(relay.near, wire::FrameType::kOpened, header.channel, Bytes{4, 5, 6});
}

void FakeSctpd::Send(End& end, wire::FrameType type, ChannelId id, ByteView body) {
  end.writer.Append(wire::MakeFrame({.type = type, .channel = id}, body));
  Flush(end);
}

void FakeSctpd::Flush(End& end) {
  auto drained = end.writer.Flush(end.fd.get());
  if (end.watch != nullptr)
    end.watch->SetEvents(drained && !*drained ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

}  // namespace funnel::service
