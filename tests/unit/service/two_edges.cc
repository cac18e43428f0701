#include "tests/unit/service/two_edges.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "common/seal/token_cipher.h"

namespace funnel::service {
namespace {

constexpr std::uint32_t kBudget = 1384;

template <typename List, typename OnMessage>
void AcceptInto(event::Loop& loop, List& list, UniqueFd fd, OnMessage on_message) {
  auto self = std::make_shared<ipc::ControlConnection*>(nullptr);
  auto connection = ipc::ControlConnection::Create(
      loop, ipc::ControlSocket(std::move(fd)),
      {[self, on_message](ByteView packet, UniqueFd passed) {
         on_message(**self, packet, std::move(passed));
       },
       [&list, self](const Error&) {
         std::erase_if(list, [&](const auto& one) { return one.get() == *self; });
       }});
  *self = connection->get();
  list.push_back(std::move(*connection));
}

}  // namespace

UniqueFd ListenAt(const std::string& path) {
  unlink(path.c_str());
  UniqueFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen(fd.get(), 64), 0);
  return fd;
}

FakeAuthd::FakeAuthd(event::Loop& loop, std::string path) : loop_(loop), path_(std::move(path)) {}

void FakeAuthd::Start() {
  listener_ = *ipc::ControlListener::Create(loop_, ListenAt(path_), [this](UniqueFd fd) {
    AcceptInto(loop_, connections_, std::move(fd),
               [this](ipc::ControlConnection& connection, ByteView packet, UniqueFd) {
                 OnMessage(connection, packet);
               });
  });
}

void FakeAuthd::Stop() {
  listener_.reset();
  connections_.clear();
  unlink(path_.c_str());
}

ipc::Context FakeAuthd::MakeContext(std::uint32_t request, wire::Role role, ByteView seed) {
  ipc::Context context;
  context.request = request;
  context.context = ++last_number_;
  context.role = static_cast<std::uint8_t>(role);
  context.enctype = 18;
  Bytes key(32, 0x42);
  std::copy_n(seed.begin(), std::min<std::size_t>(seed.size(), key.size()), key.begin());
  context.subkey = Secret(key);
  bool near = role == wire::Role::kInitiator;
  context.local_principal = near ? "dns/near@R" : "dns/far@R";
  context.peer_principal = near ? "dns/far@R" : "dns/near@R";
  context.expires.since_boot = BootNow().since_boot + life;
  context.confirm = Bytes(32, 7);
  // The same at both ends, another in each epoch.
  exporters_[context.context] = key;
  context.exporter = Secret(key);
  context.reply_token = {9, 9};
  context.features = features.bits();
  return context;
}

void FakeAuthd::AnswerRedeem() {
  for (auto& [connection, request] : std::exchange(held_, {}))
    connection->Send(MakeContext(request, wire::Role::kAcceptor, {}));
}

void FakeAuthd::OnMessage(ipc::ControlConnection& connection, ByteView packet) {
  auto type = *ipc::TypeOf(packet);
  ++seen[type];
  // A rekey's keys differ by epoch; both sides derive the same.
  auto seed = [](Epoch epoch) { return Bytes(4, static_cast<std::uint8_t>(epoch.value())); };
  static thread_local Epoch rekeying;
  if (auto initiate = ipc::Parse<ipc::Initiate>(packet)) {
    if (initiate->rekey_of != 0) rekeying = initiate->epoch;
    if (fail_with) {
      fail_with->request = initiate->request;
      connection.Send(*fail_with);
      return;
    }
    // A rekey's token stands for its bindings.
    const bool rekey = initiate->rekey_of != 0;
    connection.Send(ipc::Opening{initiate->request, ++last_number_,
                                 rekey ? exporters_[initiate->rekey_of] : Bytes{1, 2, 3}});
  } else if (auto complete = ipc::Parse<ipc::Complete>(packet)) {
    bool rekey = complete->reply == Bytes{9, 9};
    if (rekey && fail_completes) {
      connection.Send(
          ipc::Failed{complete->request, ipc::FailureCode::kUnknown, "no such handshake", false});
      return;
    }
    connection.Send(
        MakeContext(complete->request, wire::Role::kInitiator, rekey ? seed(rekeying) : Bytes{}));
  } else if (auto redeem = ipc::Parse<ipc::Redeem>(packet)) {
    held_.emplace_back(&connection, redeem->request);
    if (!hold_redeem) AnswerRedeem();
  } else if (auto rekey = ipc::Parse<ipc::AcceptRekey>(packet)) {
    if (exporters_[rekey->context] != rekey->token) {
      connection.Send(ipc::Failed{rekey->request, ipc::FailureCode::kProtocol,
                                  "the bindings do not match", false});
      return;
    }
    if (rekey_answer) {
      rekey_answer->request = rekey->request;
      connection.Send(*rekey_answer);
      return;
    }
    connection.Send(MakeContext(rekey->request, wire::Role::kAcceptor, seed(rekey->epoch)));
  } else if (auto refused = ipc::Parse<ipc::CompleteRefused>(packet)) {
    refused_bodies.push_back(refused->refused_body);
    ipc::Failed failed = refused_answer.value_or(ipc::Failed{});
    failed.request = refused->request;
    connection.Send(failed);
  } else if (auto announce = ipc::Parse<ipc::Announce>(packet)) {
    if (announce_answer) {
      announce_answer->request = announce->request;
      connection.Send(*announce_answer);
    } else {
      exporters_[++last_number_] =
          Bytes(announce->exporter.view().begin(), announce->exporter.view().end());
      connection.Send(ipc::Announced{announce->request, last_number_});
    }
  } else if (auto release = ipc::Parse<ipc::Release>(packet)) {
    released.push_back(release->context);
  }
}

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
  // As sctpd does for an edge that has gone without CLOSED; that of a clean end went before.
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

void TwoEdgesTest::SetUp() {
  folder_ = testing::TempDir() + "/funnel-edges-XXXXXX";
  ASSERT_NE(mkdtemp(folder_.data()), nullptr);
  loop_ = std::move(*event::Loop::Create());
  authd_ = std::make_unique<FakeAuthd>(*loop_, folder_ + "/authd.sock");
  sctpd_ = std::make_unique<FakeSctpd>(*loop_, folder_ + "/sctpd.sock", folder_ + "/dns.sock");
  authd_->Start();
  sctpd_->Start();
}

void TwoEdgesTest::TearDown() { std::filesystem::remove_all(folder_); }

config::ServiceConfig TwoEdgesTest::Service(config::Role role) {
  config::ServiceConfig service;
  service.name = *ServiceName::Parse("dns");
  service.role = role;
  service.peer = "far";
  service.identity = *config::Principal::Parse("dns/near@R");
  service.expect = *config::Principal::Parse("dns/far@R");
  service.retry_min = std::chrono::milliseconds(30);
  service.retry_max = std::chrono::milliseconds(100);
  return service;
}

Edge::Setup TwoEdgesTest::Setup(config::Role role) {
  return {.service = Service(role),
          .sctpd_user = std::to_string(geteuid()),
          .run_dir = folder_,
          .rekey_retry = std::chrono::milliseconds(200),
          .make_cipher =
              [](std::uint16_t enctype, ByteView key, wire::Role our_role) {
                return seal::MakeTokenCipher(*seal::EnctypeFromNumber(enctype), key, our_role);
              },
          .trace_queue_bytes = [] { return std::size_t{64 * 1024}; },
          .on_stopped = [this] { ++stopped_; },
          .on_status = [this](const std::string& text) { status_ = text; }};
}

void TwoEdgesTest::Settle() {
  while (*loop_->RunOnce(std::chrono::milliseconds(5))) {
  }
}

}  // namespace funnel::service
