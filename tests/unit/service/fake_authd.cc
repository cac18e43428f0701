#include "tests/unit/service/fake_authd.h"

#include <unistd.h>

#include <algorithm>

#include "tests/unit/service/fake_server.h"

namespace funnel::service {

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
  context.key = Secret(key);
  bool near = role == wire::Role::kInitiator;
  context.local_principal = near ? "dns/near@R" : "dns/far@R";
  context.peer_principal = near ? "dns/far@R" : "dns/near@R";
  context.expires.since_boot = BootNow().since_boot + life;
  context.confirm = Bytes(32, 7);
  // It is the same at both ends, and differs for each epoch.
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
  // A rekey's keys differ for each epoch; both sides derive the same.
  auto seed = [](Epoch epoch) { return Bytes(4, static_cast<std::uint8_t>(epoch.value())); };
  static thread_local Epoch rekeying;

  if (auto initiate = ipc::Parse<ipc::Initiate>(packet)) {
    if (initiate->rekey_of != 0) rekeying = initiate->epoch;
    if (fail_with) {
      fail_with->request = initiate->request;
      connection.Send(*fail_with);
      return;
    }

    // A rekey's token contains its bindings.
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

}  // namespace funnel::service
