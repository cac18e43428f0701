// An edge's side of authd.sock: requests and their answers, over a connection that is made again
// when authd restarts.
//
// Thread: the loop's. Callbacks come from the loop, never from inside the call that asked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "common/event/loop.h"
#include "common/ipc/authd_messages.h"
#include "common/ipc/control_connection.h"

namespace funnel::service {

class AuthdClient {
 public:
  struct Failure {
    ipc::FailureCode code = ipc::FailureCode::kLocal;
    std::string text;
    bool authenticated = false;
    bool authd_lost = false;  // authd ended before it answered; ask again soon
  };
  using Answer = std::variant<Failure, ipc::Opening, ipc::Context, ipc::Announced>;
  using Done = std::function<void(Answer)>;
  using RequestId = std::uint32_t;  // 0 is not used

  struct Callbacks {
    std::function<void(std::uint64_t context, const std::string& reason)> on_revoked;
    // authd has restarted: announce the contexts that live on.
    std::function<void()> on_restarted;
  };

  AuthdClient(event::Loop& loop, std::string path, Callbacks callbacks);

  // Connects, now and after each loss. Requests that were made before wait for it.
  void Start();
  [[nodiscard]] bool connected() const { return connection_ != nullptr; }

  // Sets the message's request number and sends it.
  template <typename Message>
  RequestId Ask(Message message, Done done) {
    message.request = ++last_request_;
    return Enqueue(message.request, ipc::Serialize(message), std::move(done));
  }
  // Its callback will not be called; whatever authd answers is given back. 0 is ignored.
  void Cancel(RequestId request);
  // There is no answer. If authd is gone there is nothing to do: it has forgotten the context.
  void Release(std::uint64_t context);
  // REFUSED_BODY is that of the refusal, if there was one.
  void GiveUpHandshake(std::uint64_t handshake, Bytes refused_body = {});

 private:
  struct Request {
    Secret packet;  // empty after it was sent
    Done done;
  };
  // Sends PACKET now, or when there is a connection.
  RequestId Enqueue(RequestId request, Secret packet, Done done);
  // If authd is gone, it tries again later.
  void Connect();
  // Finds the request that PACKET answers, or passes on what authd says unasked.
  void OnMessage(ByteView packet);
  // Requests that were sent and have no answer fail; those that were not sent wait.
  void OnClosed(const Error& why);
  template <typename Message>
  void OnAnswer(ByteView packet);
  // These three return what nobody waits for any more.
  void GiveBack(const ipc::Opening& opening) { GiveUpHandshake(opening.handshake); }
  void GiveBack(const ipc::Context& context) { Release(context.context); }
  void GiveBack(const ipc::Announced& announced) { Release(announced.context); }
  void OnFailed(const ipc::Failed& failed);

  event::Loop& loop_;
  std::string path_;
  Callbacks callbacks_;
  std::unique_ptr<ipc::ControlConnection> connection_;
  std::unique_ptr<event::Timer> retry_;
  Duration retry_delay_;
  bool was_connected_ = false;
  RequestId last_request_ = 0;
  std::map<RequestId, Request> requests_;
};

}  // namespace funnel::service
