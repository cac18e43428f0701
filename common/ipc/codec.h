// Turns the messages between Funnel's processes into packets and back.
//
//   +-----------+--------+----------------------------------------+
//   | version 8 | type 8 | fields of the message, in their order  |
//   +-----------+--------+----------------------------------------+
//
// Integers are big-endian. Text: length 16, bytes. Bytes and Secret: length 32, bytes. A list of
// texts: count 16, texts. A packet is exactly as long as its fields: trailing bytes are rejected.
//
// A message is a struct of fields with `static constexpr MessageType kType` and
//   template <typename Self> static auto Fields(Self& self) { return std::tie(self.a, self.b); }
// so that one list of fields gives both parser and serializer. Fields that a later version added
// are in a second list, Later(), and come after the others; they are left out if their values are
// what older nodes assume, which is !NeedsLater(). So messages of older programs are accepted, too.
#pragma once

#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/secret.h"

namespace funnel::ipc {

constexpr std::uint8_t kVersion = 1;
// A Unix SEQPACKET message can have 200 KiB; with 256 KiB sending fails.
constexpr std::size_t kMaxPacketSize = 128 * 1024;
// Names, principals, sentences.
constexpr std::size_t kMaxTextSize = 4096;
// A command's arguments.
constexpr std::size_t kMaxTexts = 16;

enum class MessageType : std::uint8_t {
  // edge -> authd
  kInitiate = 1,
  kComplete = 2,
  kCompleteRefused = 3,
  kRedeem = 4,
  kAcceptRekey = 5,
  kRelease = 6,
  kAnnounce = 7,
  // authd -> edge
  kOpening = 16,
  kContext = 17,
  kFailed = 18,
  kAnnounced = 19,
  kRevoked = 20,
  // sctpd -> authd
  kAccept = 32,
  kDropClaim = 33,
  kPeerStart = 34,
  kPeerGone = 35,
  // both ways
  kPeerFrame = 36,
  // authd -> sctpd
  kAccepted = 48,
  kAcceptRefused = 49,
  kPeerVerified = 50,
  kPeerFailed = 51,
  // edge -> sctpd, and its answers
  kAttach = 64,
  kAttached = 65,
  kRejected = 66,
  // sctpd -> server-side edge
  kAdopt = 67,
  // funnelctl -> authd, sctpd, edges, and the answer
  kCommand = 80,
  kCommandReply = 81,
  // funnelctl -> edges
  kCommandWithSocket = 82,
  // edge -> funnel-run
  kRunAnswer = 96,
  // edge -> funnel-exec
  kExec = 97,
};

// The type of this message; fails on a short packet and on another version. The type may be unknown
// here.
[[nodiscard]] Result<MessageType> TypeOf(ByteView packet);

namespace internal {

// Fields are written into a buffer of the right size, so that no copy of a key is left behind.
class Sizer {
 public:
  void Add(std::size_t bytes) { size_ += bytes; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 2;
};

class PacketWriter {
 public:
  explicit PacketWriter(std::uint8_t* at) : at_(at) {}
  template <int kWidth>
  void Integer(std::uint64_t value) {
    StoreBigEndian<kWidth>(at_, value);
    at_ += kWidth;
  }
  void Append(ByteView bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

 private:
  std::uint8_t* at_;
};

template <typename T>
struct IsStrongId : std::false_type {};
template <typename Tag, typename Rep>
struct IsStrongId<StrongId<Tag, Rep>> : std::true_type {};

// Text that is longer than a field allows is cut: it is for people, and no message may fail for it.
[[nodiscard]] std::string_view FitText(std::string_view text);

using Texts = std::vector<std::string>;
[[nodiscard]] std::size_t SizeOfTexts(const Texts& texts);

template <typename T>
std::size_t SizeOf(const T& field) {
  if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
    return sizeof(T);
  else if constexpr (IsStrongId<T>::value)
    return sizeof(typename T::rep);
  else if constexpr (std::is_same_v<T, BootTime>)
    return 8;
  else if constexpr (std::is_same_v<T, ServiceName>)
    return 2 + field.text().size();
  else if constexpr (std::is_same_v<T, std::string>)
    return 2 + FitText(field).size();
  else if constexpr (std::is_same_v<T, Texts>)
    return SizeOfTexts(field);
  else
    return 4 + field.size();
}

template <typename T>
void Write(PacketWriter& out, const T& field) {
  if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    out.Integer<sizeof(T)>(static_cast<std::uint64_t>(field));
  } else if constexpr (IsStrongId<T>::value) {
    out.Integer<sizeof(typename T::rep)>(field.value());
  } else if constexpr (std::is_same_v<T, BootTime>) {
    out.Integer<8>(static_cast<std::uint64_t>(field.since_boot.count()));
  } else if constexpr (std::is_same_v<T, ServiceName>) {
    out.Integer<2>(field.text().size());
    out.Append(AsBytes(field.text()));
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.Integer<2>(FitText(field).size());
    out.Append(AsBytes(FitText(field)));
  } else if constexpr (std::is_same_v<T, Texts>) {
    out.Integer<2>(field.size());
    for (const std::string& text : field) Write(out, text);
  } else if constexpr (std::is_same_v<T, Secret>) {
    out.Integer<4>(field.size());
    out.Append(field.view());
  } else {
    static_assert(std::is_same_v<T, Bytes>);
    out.Integer<4>(field.size());
    out.Append(field);
  }
}

[[nodiscard]] bool Read(ByteReader& in, bool& field);
[[nodiscard]] bool Read(ByteReader& in, BootTime& field);
[[nodiscard]] bool Read(ByteReader& in, ServiceName& field);
[[nodiscard]] bool Read(ByteReader& in, std::string& field);
[[nodiscard]] bool Read(ByteReader& in, Texts& field);
[[nodiscard]] bool Read(ByteReader& in, Secret& field);
[[nodiscard]] bool Read(ByteReader& in, Bytes& field);

template <typename T>
  requires std::is_unsigned_v<T>
[[nodiscard]] bool Read(ByteReader& in, T& field) {
  auto raw = in.Take(sizeof(T));
  if (raw) field = static_cast<T>(LoadBigEndian<sizeof(T)>(raw->data()));
  return raw.has_value();
}
// The receiver must judge values that have no name.
template <typename T>
  requires std::is_enum_v<T>
[[nodiscard]] bool Read(ByteReader& in, T& field) {
  std::underlying_type_t<T> raw;
  if (!Read(in, raw)) return false;
  field = static_cast<T>(raw);
  return true;
}
template <typename Tag, typename Rep>
[[nodiscard]] bool Read(ByteReader& in, StrongId<Tag, Rep>& field) {
  Rep raw;
  if (!Read(in, raw)) return false;
  field = StrongId<Tag, Rep>(raw);
  return true;
}

[[nodiscard]] Result<ByteReader> BodyOf(ByteView packet, MessageType type);
[[nodiscard]] std::unexpected<Error> Malformed(MessageType type);

}  // namespace internal

template <typename Message>
concept HasLater = requires(Message& message) { Message::Later(message); };

template <typename Message, typename Work>
void ForEachField(const Message& message, Work&& work) {
  auto each = [&](const auto&... field) { (work(field), ...); };
  std::apply(each, Message::Fields(message));
  if constexpr (HasLater<Message>)
    if (message.NeedsLater()) std::apply(each, Message::Later(message));
}

// The packet, in a buffer that is wiped at its end. Fields that are too long for kMaxPacketSize are
// the caller's mistake; sending will fail.
template <typename Message>
[[nodiscard]] Secret Serialize(const Message& message) {
  internal::Sizer sizer;
  ForEachField(message, [&](const auto& field) { sizer.Add(internal::SizeOf(field)); });
  Secret packet(sizer.size());
  internal::PacketWriter out(packet.writable().data());
  out.Integer<1>(kVersion);
  out.Integer<1>(static_cast<std::uint8_t>(Message::kType));
  ForEachField(message, [&](const auto& field) { internal::Write(out, field); });
  return packet;
}

// Parses the message in PACKET, if it is of this type, complete and without trailing bytes.
template <typename Message>
[[nodiscard]] Result<Message> Parse(ByteView packet) {
  ByteReader in = TRY(internal::BodyOf(packet, Message::kType));
  Message message;
  auto read = [&](auto&... field) { return (internal::Read(in, field) && ...); };
  bool whole = std::apply(read, Message::Fields(message));
  if constexpr (HasLater<Message>)
    // Each message has one form only: what may be left out must be left out.
    if (whole && !in.AtEnd())
      whole = std::apply(read, Message::Later(message)) && message.NeedsLater();
  if (!whole || !in.AtEnd()) return internal::Malformed(Message::kType);
  return message;
}

}  // namespace funnel::ipc
