// Both sides of a service in one loop: clients -> acceptor -> pump = channel = pump -> dialer ->
// backend. Tests play the clients and the backend.
#pragma once

#include <gtest/gtest.h>

#include "common/service/client/peer_limits.h"
#include "funnel-tcpd/accept/acceptor.h"
#include "tests/unit/tcpd/fake_channel.h"
#include "tests/unit/tcpd/loop_fixture.h"

namespace funnel::tcpd {

class TunnelTest : public LoopTest {
 protected:
  void SetUp() override {
    service_.name = *ServiceName::Parse("test");
    service_.protocol = config::Protocol::kTcp;
    service_.connect_address = {
        *config::Backend::Parse(BoundAddress(backend_listener_.get()).text())};
  }

  // Call it after the test has changed service_.
  void Start() {
    client_shared_.emplace(SharedState{*loop_, *sockets_, client_counters_, service_,
                                       SessionLimit(service_.max_sessions)});
    server_shared_.emplace(SharedState{*loop_, *sockets_, server_counters_, service_,
                                       SessionLimit(service_.max_sessions)});
    client_shared_->throttle = std::make_unique<Throttle>(
        *loop_, client_shared_->clients.rates(),
        [this] { return service::ClientRates(client_shared_->service); });
    server_shared_->throttle = std::make_unique<Throttle>(*loop_, server_shared_->peers, [this] {
      return service::PeerRates(server_shared_->service);
    });
    if (module_ != nullptr) {
      client_shared_->module = *module::ServiceModule::Configure(*module_, {});
      server_shared_->module = *module::ServiceModule::Configure(*module_, {});
    }

    dialer_.emplace(*server_shared_);
    backend_.emplace(*server_shared_, *dialer_,
                     service::ClientPolicy(service_, nullptr, own_addresses_));
    client_pump_.emplace(*client_shared_, client_channel_, nullptr);
    server_pump_.emplace(*server_shared_, server_channel_, &*backend_);

    client_channel_.Connect(server_channel_, *client_pump_);
    server_channel_.Connect(client_channel_, *server_pump_);
    acceptor_.emplace(*client_shared_, [this](Connection connection) {
      if (!client_pump_->Open(connection)) refused_.push_back(std::move(connection));
    });

    UniqueFd listener = Listen("127.0.0.1");
    client_address_ = BoundAddress(listener.get());
    ASSERT_TRUE(acceptor_->Add(std::move(listener)));
  }

  // Connects a client, and the backend's end of its session.
  void ConnectBoth() {
    client_ = ConnectTo(client_address_);
    backend_end_ = AcceptAtBackend();
  }
  [[nodiscard]] bool ReadsText(UniqueFd& fd, Reader& reader, const std::string& text) {
    return Until([&] {
             reader.Poll(fd.get());
             return reader.text.size() >= text.size();
           }) &&
           reader.text == text;
  }
  [[nodiscard]] std::uint64_t AtClient(CounterIndex index) {
    return client_counters_[std::size_t{service::kCommonCounters} + index].value();
  }
  [[nodiscard]] std::uint64_t AtServer(CounterIndex index) {
    return server_counters_[std::size_t{service::kCommonCounters} + index].value();
  }

  std::unique_ptr<event::EpollSet> sockets_ = *event::EpollSet::Create(*loop_);
  metrics::CounterFile client_counters_ =
      metrics::CounterFile::InMemory(service::WholeTable(kCounters));
  metrics::CounterFile server_counters_ =
      metrics::CounterFile::InMemory(service::WholeTable(kCounters));
  config::ServiceConfig service_;
  const struct funnel_module* module_ = nullptr;
  std::vector<SocketAddress> own_addresses_;
  FakeChannel client_channel_{*loop_}, server_channel_{*loop_};
  std::optional<SharedState> client_shared_, server_shared_;
  std::optional<Dialer> dialer_;
  std::optional<Backend> backend_;
  std::optional<SessionPump> client_pump_, server_pump_;
  std::optional<Acceptor> acceptor_;
  std::vector<Connection> refused_;
  UniqueFd client_, backend_end_;
  Reader at_client_, at_backend_;
};

}  // namespace funnel::tcpd
