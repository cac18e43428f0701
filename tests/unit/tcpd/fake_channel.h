// Two ends of a channel without a wire between them: what one end sends, the other's pump gets in
// the next turn. The window is small, so that a slow reader has its effect soon.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "common/event/loop.h"
#include "funnel-tcpd/channel_port.h"
#include "funnel-tcpd/session_pump.h"

namespace funnel::tcpd {

class FakeChannel final : public ChannelPort {
 public:
  static constexpr std::size_t kPieceBytes = 16 * 1024;
  static constexpr std::size_t kWindowBytes = 64 * 1024;

  explicit FakeChannel(event::Loop& loop)
      : hook_(loop.AddTurnHook([this] { Deliver(); })), piece_(kPieceBytes) {}

  // PUMP gets what PEER sends.
  void Connect(FakeChannel& peer, SessionPump& pump) {
    peer_ = &peer;
    pump_ = &pump;
  }
  // The channel is lost: nothing more arrives at either end.
  void Cut() {
    cut_ = true;
    if (!peer_->cut_) peer_->Cut();
  }

  Peer peer() const override { return other_end; }
  std::optional<SessionId> OpenSession(const wire::SessionInfo& info) override {
    if (opened_ >= session_limit) return std::nullopt;
    const SessionId id(opened_++);
    out_[id].open = info;
    hook_->Request();
    return id;
  }
  MutableByteView PrepareBytes(SessionId id) override {
    Output& out = out_[id];
    const std::size_t room = kWindowBytes - std::min(kWindowBytes, out.bytes.size());
    out.wants_room = room == 0;
    return MutableByteView(piece_).first(std::min(room, kPieceBytes));
  }
  void CommitBytes(SessionId id, std::size_t count) override {
    Output& out = out_[id];
    out.bytes.insert(out.bytes.end(), piece_.begin(),
                     piece_.begin() + static_cast<std::ptrdiff_t>(count));
    hook_->Request();
  }
  std::size_t SendBytes(SessionId id, ByteView bytes) override {
    const MutableByteView room = PrepareBytes(id);
    const std::size_t count = std::min(bytes.size(), room.size());
    std::copy_n(bytes.begin(), count, room.begin());
    CommitBytes(id, count);
    log_[id] += "bytes(" + std::to_string(count) + ") ";
    if (count < bytes.size()) out_[id].wants_room = true;
    return count;
  }
  std::optional<std::uint64_t> SendMessage(SessionId id, ByteView bytes,
                                           const Ordering& ordering) override {
    if (!TakesMessage(id)) return std::nullopt;
    Output& out = out_[id];
    out.bytes.insert(out.bytes.end(), bytes.begin(), bytes.end());
    hook_->Request();
    constexpr const char* kOrders[] = {"free", "ordered", "follows", "after-all"};
    log_[id] += kOrders[static_cast<std::size_t>(ordering.order)];
    if (ordering.order == wire::Order::kFollows) log_[id] += std::to_string(ordering.after);
    log_[id] += '(' + std::to_string(bytes.size()) + (ordering.more ? ")+ " : ") ");
    return messages_[id]++;
  }
  bool TakesMessage(SessionId id) override {
    Output& out = out_[id];
    out.wants_room = out.bytes.size() >= kWindowBytes;
    return !out.wants_room;
  }
  void TraceMessage(SessionId id, std::uint64_t number,
                    const service::MessageLabel& label) override {
    labels_[id] += std::to_string(number) + ": " + label.text +
                   (label.number ? ' ' + std::to_string(*label.number) : "") + '\n';
  }
  // The labels of messages, one on each line: "0: query 17".
  [[nodiscard]] std::string Labels(SessionId id) { return labels_[id]; }
  // What was sent as messages, and bytes after messages: "free(3) follows0(9)+ ordered(1) ".
  [[nodiscard]] std::string Sent(SessionId id) { return log_[id]; }
  void SendFin(SessionId id) override {
    out_[id].fin = true;
    hook_->Request();
  }
  void ResetSession(SessionId id, wire::EndCode code) override {
    out_[id].reset = code;
    hook_->Request();
  }
  void FinishAndReset(SessionId id) override {
    out_[id].reset_behind = wire::EndCode::kBroken;
    hook_->Request();
  }
  void Resume(SessionId id) override {
    peer_->out_[id].blocked = false;
    peer_->hook_->Request();
  }

  std::uint64_t session_limit = 1'000'000;
  Peer other_end = {"hoster", "test/hoster@R"};
  std::map<SessionId, wire::EndCode> resets_received;

 private:
  struct Output {
    std::optional<wire::SessionInfo> open;
    Bytes bytes;
    bool fin = false;
    bool blocked = false;                              // the far pump took less than all
    bool wants_room = false;                           // our pump waits for OnWritable
    std::optional<wire::EndCode> reset, reset_behind;  // at once, after the bytes
  };

  void Deliver() {
    if (cut_) return;
    for (auto at = out_.begin(); at != out_.end();) {
      const SessionId id = at->first;
      Output& out = at->second;
      if (auto info = std::exchange(out.open, std::nullopt))
        peer_->pump_->OnSessionOpened(id, *info);
      if (!out.reset) DeliverBytes(id, out);
      if (out.bytes.empty() && out.reset_behind) out.reset = out.reset_behind;
      if (out.reset) {
        const wire::EndCode code = *out.reset;
        peer_->resets_received[id] = code;
        at = out_.erase(at);
        peer_->pump_->OnSessionReset(id, code);
        continue;
      }
      ++at;
    }
  }
  void DeliverBytes(SessionId id, Output& out) {
    if (out.blocked) return;
    const std::size_t taken = out.bytes.empty() ? 0 : peer_->pump_->OnMessage(id, out.bytes);
    out.blocked = taken < out.bytes.size();
    out.bytes.erase(out.bytes.begin(), out.bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    if (out.bytes.empty() && std::exchange(out.fin, false)) peer_->pump_->OnFin(id);
    if (taken > 0 && std::exchange(out.wants_room, false)) pump_->OnWritable(id);
  }

  FakeChannel* peer_ = nullptr;
  SessionPump* pump_ = nullptr;
  std::unique_ptr<event::TurnHook> hook_;
  Bytes piece_;
  std::map<SessionId, Output> out_;
  std::map<SessionId, std::string> log_, labels_;
  std::map<SessionId, std::uint64_t> messages_;
  std::uint64_t opened_ = 0;
  bool cut_ = false;
};

}  // namespace funnel::tcpd
